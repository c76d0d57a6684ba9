import {type App, nextFor, tellProblems} from '../cli/app.ts';
import type {Signals} from '../cli/signals.ts';
import {type RunContext, recordIn} from '../engine/context.ts';
import {printsOf, runbookDigest} from '../engine/digests.ts';
import type {Operator} from '../engine/operator.ts';
import {runMovedOn} from '../engine/problems.ts';
import {reverseRun} from '../engine/reverse.ts';
import {type RunOutcome, runForward} from '../engine/run.ts';
import type {Journal, Lock} from '../journal/contract.ts';
import {createJournal, openJournal} from '../journal/file-journal.ts';
import {acquireLock, holderText} from '../journal/lock.ts';
import type {FactOf} from '../model/journal.ts';
import {SwitcharooError} from '../model/problem.ts';
import {appliedEntries, type Progress} from '../model/progress.ts';
import {standingTexts} from '../report/index.ts';
import {version} from '../version.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';
import type {Opened} from './open-world.ts';
import {scopeOf} from './past-runs.ts';

/** A run that this process holds: its journal is open and its lock is ours. */
export interface Held {
  readonly context: RunContext;
  readonly journal: Journal;
  release(): void;
}

export interface Holding {
  readonly app: App;
  readonly opened: Opened;
  readonly signals: Signals;
  readonly operator: Operator;
  readonly run: string;
  /** `--decide-by`: until then the cutover must be accepted. */
  readonly decideBy?: Date;
}

export {scopeOf};

/** Takes the lock and begins the journal of a new run, if `mayBegin` still does not throw. */
export function beginRun(
  holding: Holding,
  plan: string,
  rehearsal: boolean,
  mayBegin: () => void = () => {},
): Held {
  const {app, run} = holding;
  const {lock} = lockFor(holding);
  try {
    // Asked again under the lock: people take their time to approve, and somebody may have been quicker.
    mayBegin();
    const journal = createJournal(app.state.journalOf(run), around(holding, lock));
    journal.append(firstEntry(holding, plan, rehearsal));
    return held(holding, journal, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Takes the lock and opens the journal of a run that began earlier, and that nobody took further since `planned` was read. */
export function takeUpRun(holding: Holding, accepted: readonly string[], planned?: Progress): Held {
  const {app, run} = holding;
  const {lock, tookOverFrom} = lockFor(holding);
  try {
    const journal = openJournal(app.state.journalOf(run), around(holding, lock));
    const since = planned ? journal.entries.slice(planned.seq + 1) : [];
    if (since.some(({kind}) => kind !== 'tail-cut')) {
      journal.close();
      throw new SwitcharooError(runMovedOn(run));
    }
    const taken = held(holding, journal, lock);
    if (tookOverFrom) {
      const from = `${holderText(tookOverFrom)}, whose process is gone`;
      taken.context.record.add({kind: 'lock-taken-over', from, operator: app.operator});
    }
    taken.context.record.add({
      kind: 'run-resumed',
      operator: app.operator,
      accepted: [...accepted],
      ...decideByOf(holding.decideBy),
    });
    return taken;
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Goes forward, and turns what the journal or the lock refuses into an outcome: what stands must be told all the same. */
export async function goForward({context}: Held, until?: string): Promise<RunOutcome> {
  return asOutcome(() => runForward(context, until));
}

/** `planned` gives the digest of the plan by which it goes back. */
export async function goBack(
  {context}: Held,
  to: string | null,
  planned: () => Promise<string>,
): Promise<RunOutcome> {
  return asOutcome(async () => {
    const reversal = await reverseRun(context, to, await planned());
    if (reversal.kind === 'held') {
      context.record.add({kind: 'run-paused', problem: reversal.problem});
    }
    return reversal.kind === 'reversed'
      ? {kind: 'reached', place: to ?? 'the very start'}
      : reversal;
  });
}

async function asOutcome(work: () => Promise<RunOutcome>): Promise<RunOutcome> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SwitcharooError) {
      return {kind: 'held', problem: error.problem};
    }
    throw error;
  }
}

/** The state of the world as an exit code (design, section 7). */
export function exitCodeFor({context}: Held, outcome: RunOutcome): ExitCode {
  const stands = appliedEntries(context.record.progress).length > 0;
  switch (outcome.kind) {
    case 'done':
    case 'reached':
      return exitCodes.done;
    case 'held':
      return stands ? exitCodes.halfWay : exitCodes.blocked;
    case 'reversed':
      return stands ? exitCodes.halfWay : exitCodes.reversed;
    case 'reverse-failed':
      return exitCodes.reverseFailed;
  }
}

/** Says how it ended, if it did not end well: what happened, what stands, and what to type next. In JSON the report says what the journal says. */
export function tellOutcome(app: App, {context}: Held, outcome: RunOutcome): void {
  const {progress} = context.record;
  // A full disk, or a lock that was lost, is in no journal, and so in no report.
  const isReported = app.json && (outcome.kind !== 'held' || progress.outcome === 'held');
  if (isReported || outcome.kind === 'done' || outcome.kind === 'reached') {
    return;
  }
  tellProblems(app, [outcome.problem], {
    stands: standingTexts(progress),
    next: nextFor(app, progress),
    reversalFailed: outcome.kind === 'reverse-failed',
  });
}

function lockFor({app, opened, run}: Holding) {
  return acquireLock({
    folder: app.state.locks,
    scope: scopeOf(opened.runbook.head.name, opened.inventory.name, opened.cast),
    run,
    operator: app.operator,
    now: () => opened.world.clock.now(),
    disk: app.state.disk,
    machine: app.state.machine,
  });
}

const around = ({app, opened: {redactor, world}}: Holding, lock: Lock) => ({
  now: () => world.clock.now(),
  lock,
  redactor,
  disk: app.state.disk,
});

function held({opened, signals, operator}: Holding, journal: Journal, lock: Lock): Held {
  const {world, inventory} = opened;
  return {
    journal,
    context: {
      ...world,
      operator,
      inventory,
      stopping: signals.stopping,
      record: recordIn(journal, world.observe),
    },
    release: () => {
      journal.close();
      lock.release();
    },
  };
}

function firstEntry(
  {app, opened, run, decideBy}: Holding,
  plan: string,
  rehearsal: boolean,
): FactOf<'run-started'> {
  const {runbook, inventory, file, world, cast} = opened;
  return {
    kind: 'run-started',
    run,
    runbook: {
      name: runbook.head.name,
      file,
      digest: runbookDigest(runbook),
      entries: [...printsOf(runbook)],
      ...outageOf(runbook.head),
    },
    inventory: {
      name: inventory.name,
      file: inventory.file,
      digest: inventory.digest,
      protected: inventory.protected,
    },
    // Zod has made them from JSON.
    params: JSON.parse(JSON.stringify(world.params ?? null)),
    ...(cast ? {cast: {...cast}} : {}),
    plan,
    operator: app.operator,
    versions: {switcharoo: version, node: process.versions.node},
    rehearsal,
    ...decideByOf(decideBy),
  };
}

const outageOf = ({outage}: Opened['runbook']['head']) =>
  outage ? {outage: {from: [...outage.from], until: [...outage.until]}} : {};

const decideByOf = (decideBy: Date | undefined) =>
  decideBy === undefined ? {} : {decideByUtc: decideBy.toISOString()};
