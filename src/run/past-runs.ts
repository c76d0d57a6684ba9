import type {App} from '../cli/app.ts';
import {readJournal} from '../journal/file-journal.ts';
import {type Holder, holderOf, isDead} from '../journal/lock.ts';
import {appliedEntries, type Progress, progressOf} from '../model/progress.ts';
import {type RunReport, reportOf} from '../report/index.ts';

// What is read of runs that are over, or not changedByRun: a look back loads nothing that acts.

/** What is locked: one runbook with one inventory. */
export const scopeOf = (
  runbook: string,
  inventory: string,
  cast: Readonly<Record<string, string>> = {},
): string => [`${runbook}@${inventory}`, ...Object.values(cast)].join('.');

/** The fold of a run's journal, read and verified. */
export function progressIn(app: App, run: string): Progress {
  const progress = progressOf(readJournal(app.state.journalOf(run)).entries);
  if (!progress) {
    throw new Error(`${run} has no first entry`);
  }
  return progress;
}

/** The last comparable run that came to its end: its durations are what to expect. */
export function earlierReport(app: App, runbook: string, besides: string): RunReport | undefined {
  const earlier = app.state.runs().find((name) => {
    const progress = name === besides ? undefined : readableProgress(app, name);
    return progress?.run.runbook.name === runbook && progress.outcome === 'done';
  });
  return earlier === undefined
    ? undefined
    : reportOf(readJournal(app.state.journalOf(earlier)).entries);
}

/** Where another run stands. A damaged journal of it is its own affair. */
export function readableProgress(app: App, run: string): Progress | undefined {
  try {
    return progressOf(readJournal(app.state.journalOf(run)).entries);
  } catch {
    return undefined;
  }
}

/** One that went back to a checkpoint can go forward from there again. */
export const isOver = ({outcome, checkpoints}: Progress): boolean =>
  outcome === 'done' || (outcome === 'reversed' && checkpoints.length === 0);

/** Runs that are not at their end and have changed something, newest first. A rehearsal's lab is gone with it. */
export const openRuns = (app: App): readonly Progress[] =>
  app.state.runs().flatMap((name) => {
    const progress = readableProgress(app, name);
    const isOpen =
      progress &&
      !progress.run.rehearsal &&
      !isOver(progress) &&
      appliedEntries(progress).length > 0;
    return isOpen ? [progress] : [];
  });

/** A command that was run once, as `switcharoo task` does: nothing of it can be taken further, or back. */
export const isCommand = ({entries, outcome, passedPointOfNoReturn}: Progress): boolean =>
  entries.size === 1 && outcome === 'done' && passedPointOfNoReturn;

/** Who is at work on this run now, as far as can be told. */
export function workerOn(app: App, progress: Progress): Holder | undefined {
  const holder = holderOfRun(app, progress);
  return holder && !isDead(holder) ? holder : undefined;
}

/** Who holds the lock of this run. */
export function holderOfRun(app: App, {run}: Progress): Holder | undefined {
  const holder = holderOf(app.state.locks, scopeOf(run.runbook.name, run.inventory.name, run.cast));
  // Nobody can tell which run a lock is for that does not name its holder.
  return holder?.run === run.run || holder?.unreadable !== undefined ? holder : undefined;
}
