import {statSync} from 'node:fs';
import type {EarlierFigures} from '../engine/context.ts';
import type {ReadChain} from '../journal/chain.ts';
import {holderOf} from '../journal/lock.ts';
import {type Holder, isDead} from '../journal/lock-holder.ts';
import {journalBytes, readJournal, verifyJournal} from '../journal/read-journal.ts';
import type {StateFolder} from '../journal/state-folder.ts';
import {expectedTimes} from '../model/expected-time.ts';
import type {JournalEntry} from '../model/journal.ts';
import {type Problem, problemsIn} from '../model/problem.ts';
import {appliedEntries, type Progress, progressOf} from '../model/progress.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import {
  type EarlierRun,
  type Outage,
  outageOf,
  type ReportOptions,
  type RunReport,
  reportOf,
} from '../report/index.ts';
import type {Host} from './host.ts';
import {KeptFolds} from './kept-folds.ts';
import {forecastBefore} from './kept-forecast.ts';
import {measuredIn} from './measurements.ts';

// What is read of the journals of other runs. This file loads nothing that acts.

type Past = Pick<Host, 'state'>;

/** What a lock is for: one runbook with one inventory. */
export const scopeOf = (
  runbook: string,
  inventory: string,
  targetNames: Readonly<Record<string, string>> = {},
): string => [`${runbook}@${inventory}`, ...Object.values(targetNames)].join('.');

/** The fold of a run's journal, read and verified. */
export function progressIn({state}: Past, run: string): Progress {
  return foldOf(run, readJournal(state.journalOf(run), state.disk));
}

function foldOf(run: string, {entries}: Pick<ReadChain, 'entries'>): Progress {
  const progress = progressOf(entries);
  if (!progress) {
    throw new Error(`${run} has no first entry`);
  }
  return progress;
}

/** The outage of a run, as its journal tells it; `undefined` when its runbook declares none. */
export function outageIn({state}: Past, {run}: Progress): Outage | undefined {
  const {outage} = run.runbook;
  return outage && outageOf(readJournal(state.journalOf(run.run)).entries, outage);
}

/** As `progressIn`; `undefined` when the journal is damaged. */
export function readableProgress(host: Past, run: string): Progress | undefined {
  try {
    return progressToShow(host, run);
  } catch {
    return undefined;
  }
}

/** By journal: its fold, and the file that it was made of. A command may ask several times for all runs of a folder. */
const folds = new Map<string, {readonly file: string; readonly progress: Progress}>();

/** By state folder, in a command that only shows what it reads. */
const keptFolds = new Map<StateFolder, KeptFolds>();

/** From now on the runs of this folder are shown by their kept folds. For commands that act on no run. */
export function recallFolds({state}: Past): void {
  if (!keptFolds.has(state)) {
    keptFolds.set(state, KeptFolds.of(state));
  }
}

/** Keeps the folds that were made, for the next command. */
export const keepFolds = ({state}: Past): void => keptFolds.get(state)?.save();

/** As `progressIn`, of a journal that may have been read already. */
export function progressToShow({state}: Past, run: string): Progress {
  const path = state.journalOf(run);
  const file = fileIn(path);
  const earlier = folds.get(path);
  if (earlier?.file === file) {
    return earlier.progress;
  }
  const bytes = journalBytes(path);
  const fold = () => foldOf(run, verifyJournal(path, bytes));
  const progress = keptFolds.get(state)?.foldOf(bytes, fold) ?? fold();
  // One that grew meanwhile is read again the next time.
  folds.set(path, {file, progress});
  return progress;
}

function fileIn(path: string): string {
  const stat = statSync(path, {bigint: true, throwIfNoEntry: false});
  return stat ? `${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeNs}` : 'none';
}

/** A run whose journal cannot be read, and why. */
interface DamagedRun {
  readonly run: string;
  readonly problem: Problem;
}

/** What they changed is not known. A journal without any entry is of a run that changed nothing. */
export const damagedRuns = ({state}: Past): readonly DamagedRun[] =>
  state.runs().flatMap((run) => {
    try {
      progressToShow({state}, run);
      return [];
    } catch (error) {
      const [problem] = problemsIn(error);
      return problem && problem.code !== 'journal-empty' ? [{run, problem}] : [];
    }
  });

/** The last comparable run that is done: its durations are what to expect. */
export function earlierReport(host: Past, runbook: string, except: string): RunReport | undefined {
  const {state} = host;
  const earlier = state.runs().find((name) => {
    const progress = name === except ? undefined : readableProgress(host, name);
    return progress?.run.runbook.name === runbook && progress.outcome === 'done';
  });
  return earlier === undefined
    ? undefined
    : reportOf(readJournal(state.journalOf(earlier)).entries);
}

/** The report of a run, with the durations of the last comparable one. */
export function reportWithEarlier(
  host: Past,
  entries: readonly JournalEntry[],
  about: Omit<ReportOptions, 'head' | 'earlier'> & {
    readonly runbook: string;
    readonly run: string;
    readonly head: string | undefined;
  },
): RunReport {
  const {runbook, run, head, ...measured} = about;
  const earlier = earlierReport(host, runbook, run);
  return reportOf(entries, {
    ...measured,
    ...forecastBefore(host.state, run),
    ...(head === undefined ? {} : {head}),
    ...(earlier ? {earlier} : {}),
  });
}

/**
 * How long the last run of this runbook took: on the same inventory if there was one, else in a rehearsal. `null` when
 * there is none.
 */
export function earlierRunOf(host: Past, runbook: string, inventory: string): EarlierRun | null {
  const done = host.state.runs().flatMap((name) => {
    const {run, outcome} = readableProgress(host, name) ?? {};
    return run?.runbook.name === runbook && outcome === 'done' ? [run] : [];
  });
  const earlier =
    done.find((run) => run.inventory.name === inventory && !run.rehearsal) ??
    done.find(({rehearsal}) => rehearsal);
  if (earlier === undefined) {
    return null;
  }
  const {entries} = readJournal(host.state.journalOf(earlier.run));
  const window = earlier.runbook.outage;
  return {
    run: earlier.run,
    inventory: earlier.inventory.name,
    rehearsal: earlier.rehearsal,
    machineMs: reportOf(entries).machineMs,
    ...(window ? {outageMs: outageOf(entries, window).totalMs} : {}),
  };
}

/** The same with the network's share, where it is a rehearsal that measured how far away its targets were. */
export function withNetworkShare(
  {state}: Past,
  runbook: AnyRunbook,
  earlier: EarlierRun | null,
): EarlierRun | null {
  const {distances, hold} = earlier?.rehearsal ? measuredIn(state, earlier.run) : {};
  if (!earlier || !distances) {
    return earlier;
  }
  const times = expectedTimes(runbook, distances);
  const spent = {outage: earlier.outageMs, hold: hold?.ms};
  const expected = Object.fromEntries(
    (['outage', 'hold'] as const).flatMap((name) => {
      const [ms, time] = [spent[name], times[name]];
      return ms === undefined || !time ? [] : [[name, {ms, networkMs: time.networkMs}]];
    }),
  );
  return {...earlier, expected};
}

/** The same run, with how long each entry took. */
export function earlierFigures(
  host: Past,
  runbook: string,
  inventory: string,
): EarlierFigures | null {
  const earlier = earlierRunOf(host, runbook, inventory);
  if (!earlier) {
    return null;
  }
  const {entries} = reportOf(readJournal(host.state.journalOf(earlier.run)).entries);
  return {...earlier, durationMs: new Map(entries.map(({id, durationMs}) => [id, durationMs]))};
}

/** A run that was reversed to a checkpoint can go forward from there again. */
export const isOver = ({outcome, checkpoints}: Progress): boolean =>
  outcome === 'done' || (outcome === 'reversed' && checkpoints.length === 0);

/** Whether a run has changes that `reverse` can put back, whatever its targets answer. A rehearsal's lab is gone. */
export const mayReverse = (progress: Progress): boolean =>
  !(progress.run.rehearsal && progress.outcome === 'done') &&
  !progress.passedPointOfNoReturn &&
  appliedEntries(progress).length > 0;

/** Runs that are not over and have changes in place, newest first. A rehearsal's lab is gone. */
export const openRuns = (host: Past): readonly Progress[] =>
  host.state.runs().flatMap((name) => {
    const progress = readableProgress(host, name);
    const isOpen =
      progress &&
      !progress.run.rehearsal &&
      !isOver(progress) &&
      appliedEntries(progress).length > 0;
    return isOpen ? [progress] : [];
  });

/** A command that was run once, as `switcharoo task` does: it can be neither resumed nor reversed. */
export const isCommand = ({entries, outcome, passedPointOfNoReturn}: Progress): boolean =>
  entries.size === 1 && outcome === 'done' && passedPointOfNoReturn;

/** The process that works on this run now, as far as this host can tell. */
export function workerOn(host: Past, progress: Progress): Holder | undefined {
  const holder = holderOfRun(host, progress);
  return holder && !isDead(holder, host.state.machine) ? holder : undefined;
}

/** The process that holds the lock of this run. */
export function holderOfRun({state}: Past, {run}: Progress): Holder | undefined {
  const scope = scopeOf(run.runbook.name, run.inventory.name, run.targets);
  const holder = holderOf(state.locks, scope, state.disk);
  // A damaged lock does not name its run: it may be this one.
  return holder?.run === run.run || holder?.unreadable !== undefined ? holder : undefined;
}
