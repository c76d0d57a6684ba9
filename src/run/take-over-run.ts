import type {Clock} from '../engine/clock.ts';
import {arrivesWithinMs} from '../engine/cut-off.ts';
import type {Journal} from '../journal/contract.ts';
import {openJournal} from '../journal/file-journal.ts';
import {installJournal} from '../journal/install-journal.ts';
import {acquireLock} from '../journal/lock.ts';
import {reopenSharedLog} from '../journal/open-shared-log.ts';
import {Redactor} from '../journal/redactor.ts';
import {SharedJournal} from '../journal/shared-journal.ts';
import {leftKeyOf} from '../journal/shared-log.ts';
import {withinMs} from '../journal/time-limit.ts';
import type {InFlight} from '../model/in-flight.ts';
import type {FactOf, JournalEntry} from '../model/journal.ts';
import {elapsedMs, type Moment, shifted} from '../model/moment.ts';
import type {ObjectStore} from '../model/object-store.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import type {Progress} from '../model/progress.ts';
import {placeOf} from '../model/take-over-words.ts';
import {earlierHolder, operatorText, unfinishedTakeOver} from './earlier-holder.ts';
import {refuseBesideWorker} from './guards.ts';
import type {Host} from './host.ts';
import {knownCaller} from './known-caller.ts';
import {MachineClock} from './machine-clock.ts';
import {addIdentity} from './operator-identity.ts';
import {progressIn, scopeOf} from './past-runs.ts';
import {type SharedRun, sharedRunIn} from './shared-run.ts';
import {isOvertaken, unfinishedBecause, unknownBecause} from './take-over-problems.ts';
import {joinedText, textHere, unsharedPart} from './unshared-part.ts';

interface TakingOver {
  readonly host: Host;
  readonly store: ObjectStore;
  readonly shared: SharedRun;
  /** A person says that nothing of the earlier holder is under way. */
  readonly isSure: boolean;
  /** Called when the run is taken over: the process of the earlier holder loses what else it has. */
  readonly whenTaken: (taken: SharedRun) => Promise<void>;
  /** How long it still waits, each second. */
  readonly waiting: (leftMs: number) => void;
  /** The command that repeats it. */
  readonly again?: string;
  /** A clock that says this time now; without it, that of this machine. */
  readonly clockAt?: (now: Date) => Clock;
}

/**
 * Takes a run over from another host: from then on that host does nothing more. Resolves once none of its actions can
 * be under way. The run is paused where it was, and its journal is here.
 *
 * @throws SwitcharooError `run-is-here` when this host can go on anyway; `lock-lost` when somebody else was faster;
 * `take-over-unfinished` when it failed after the run was taken over, or may have been.
 */
export async function takeOverRun(taking: TakingOver, signal: AbortSignal): Promise<void> {
  const {host, shared} = taking;
  const {run} = shared.progress.run;
  refuseBesideWorker(host, shared.progress);
  refuseOwn(taking);
  const {runbook, inventory, targets} = shared.progress.run;
  const {clockAt = MachineClock.at} = taking;
  const clock = clockAt(shifted(shared.progress.lastAt, shared.lastSharedMs));
  const {lock} = acquireLock({
    ...{folder: host.state.locks, run, operator: host.operator, now: () => clock.now()},
    scope: scopeOf(runbook.name, inventory.name, targets),
    ...{disk: host.state.disk, machine: host.state.machine},
  });
  try {
    const options = {
      ...{lock, redactor: new Redactor(), disk: host.state.disk, now: () => clock.now()},
      monotonic: () => stampOf(clock),
    };
    const open = () => openJournal(host.state.journalOf(run), options);
    const {journal, shared: taken} = await fence(taking, {open, clock}, signal);
    try {
      await finish(taking, taken, {journal, clock}, signal);
    } catch (error) {
      throw unfinishedBecause(error, taking, signal);
    } finally {
      journal.close();
    }
  } finally {
    lock.release();
  }
}

interface Taken {
  readonly journal: SharedJournal;
  readonly clock: Clock;
}

async function finish(
  taking: TakingOver,
  taken: SharedRun,
  {journal, clock}: Taken,
  signal: AbortSignal,
): Promise<void> {
  await taking.whenTaken(taken);
  const asked = knownCaller(taking.store, clock, signal);
  asked.catch(() => {}); // awaited below: an outage waits for both at once
  const because = await earlierEnd(taking, taken, {journal, clock}, signal);
  const caller = await asked;
  if (caller) {
    addIdentity(taken.progress, caller, (fact) => journal.append(fact));
  }
  journal.append({kind: 'earlier-holder-stopped', because});
  await journal.shared(signal);
}

interface Fencing {
  readonly open: () => Journal;
  readonly clock: Clock;
}

/** The host that adds the next entry owns the run. The holder may add some meanwhile. */
async function fence(
  taking: TakingOver,
  {open, clock}: Fencing,
  signal: AbortSignal,
): Promise<{readonly journal: SharedJournal; readonly shared: SharedRun}> {
  const {store} = taking;
  const {run} = taking.shared.progress.run;
  for (let tries = 1; ; tries += 1) {
    const shared = tries === 1 ? taking.shared : await sharedRunIn(store, run, signal);
    refuseChanged(taking.shared, shared);
    try {
      return {journal: await writtenJournal(taking, shared, {open, clock}, signal), shared};
    } catch (error) {
      // Its entries are to be read first.
      if (!isOvertaken(error) || tries === mostTries) {
        throw error;
      }
    }
  }
}

/** The journal here, once the store has the take-over. */
async function writtenJournal(
  taking: TakingOver,
  shared: SharedRun,
  {open, clock}: Fencing,
  signal: AbortSignal,
): Promise<SharedJournal> {
  const {host, store} = taking;
  const {run} = shared.progress.run;
  // A store that does not answer leaves this host as it is: it may have to go on alone.
  const log = await reopenSharedLog({store, run, clock}, shared.entries, signal);
  const taken = factOf(host, shared, clock);
  const isInstalled = install(host, shared, {...taken, ...momentOf(clock)});
  const journal = new SharedJournal(open(), log);
  try {
    if (!isInstalled) {
      journal.append(taken);
    }
    await journal.shared(signal);
    return journal;
  } catch (error) {
    journal.close();
    throw isOvertaken(error) ? error : unknownBecause(error, taking, signal);
  }
}

/** The person who typed the name has not seen it. */
function refuseChanged(shown: SharedRun, now: SharedRun): void {
  const added = now.entries.slice(shown.entries.length);
  if (added.some(({kind}) => decisive.has(kind))) {
    throw new SwitcharooError(changedMeanwhile(now.progress));
  }
}

const decisive = new Set<JournalEntry['kind']>([
  'lock-taken-over',
  'run-resumed',
  'reverse-started',
  'point-of-no-return-passed',
]);

const factOf = (host: Host, shared: SharedRun, clock: Clock): FactOf<'lock-taken-over'> => ({
  kind: 'lock-taken-over',
  from: earlierHolder(shared),
  operator: host.operator,
  notBeforeUtc: shifted(clock.now(), shared.waitMs).toISOString(),
});

const momentOf = (clock: Clock): Moment => ({
  atUtc: clock.now().toISOString(),
  monotonic: stampOf(clock),
});

const stampOf = (clock: Clock) => ({mark: clock.mark, ms: Math.round(clock.monotonic())});

/**
 * Puts the journal of the store here, with the take-over: gives whether it did. Where the journal here goes on from
 * that of the store, it stays, since the store was away. What differs is kept beside.
 */
function install(
  host: Host,
  shared: SharedRun,
  taken: FactOf<'lock-taken-over'> & Moment,
): boolean {
  const {run} = shared.progress.run;
  if (textHere(host, run).startsWith(shared.text)) {
    return false;
  }
  const part = unsharedPart(host, run, shared);
  const text = joinedText(shared, part?.isStillTrue ? part : undefined, taken);
  installJournal(host.state.journalOf(run), text, host.state.disk);
  return true;
}

const mostTries = 50;

/** Waits until no action of the earlier holder can be under way. Gives how that is known. */
async function earlierEnd(
  {store, isSure, waiting}: TakingOver,
  {progress, inFlight}: SharedRun,
  {journal, clock}: Taken,
  signal: AbortSignal,
): Promise<string> {
  const taken = journal.entries.findLast((fact) => fact.kind === 'lock-taken-over');
  const untilUtc = taken?.notBeforeUtc;
  if (untilUtc === undefined || untilUtc <= (taken?.atUtc ?? '')) {
    return noneInFlight(inFlight);
  }
  if (isSure) {
    return 'the operator who took the run over is sure that none of its actions is in flight';
  }
  let endMs = clock.monotonic() + elapsedMs(clock.now(), new Date(untilUtc));
  let because = 'the time limit of its actions has passed';
  // It was stopped where the first of the take-overs began that were not finished.
  const left = leftKeyOf(progress.run.run, unfinishedTakeOver(journal.entries)?.seq ?? 0);
  for (;;) {
    const time = {clock, ms: everyMs * 3, signal};
    const report = await withinMs(time, (limited) => store.added(left, limited)).catch(() => null);
    if (report !== null) {
      // A call that it has given up may still be on its way.
      endMs = Math.min(endMs, clock.monotonic() + arrivesWithinMs - report.ageMs);
      because = 'it reported that it has stopped';
    }
    const leftMs = endMs - clock.monotonic();
    if (leftMs <= 0) {
      return because;
    }
    signal.throwIfAborted();
    waiting(leftMs);
    await clock.sleep(Math.min(everyMs, leftMs), signal);
  }
}

function noneInFlight(inFlight: readonly InFlight[]): string {
  const byHand = inFlight
    .filter(({limitMs}) => limitMs === undefined)
    .map(({does, target}) => `"${does}" on ${target}`);
  return byHand.length === 0
    ? 'none of its actions was in flight'
    : `none of its actions was in flight, as far as is known: somebody may have been doing ${byHand.join(', ')} by hand`;
}

const everyMs = 1_000;

/** What is here may be more than what is shared: the store was away. */
function refuseOwn({host, shared}: TakingOver): void {
  const {progress, text, entries} = shared;
  const {operator} = progress;
  const {run} = progress.run;
  const here = textHere(host, run);
  const isOwn = operator.host === host.operator.host && operator.user === host.operator.user;
  // A take-over from here may not have reached the store.
  const {handedOverTo, notBefore} = here === '' ? {} : (progressIn(host, run) as Partial<Progress>);
  const mayGoOn = handedOverTo === undefined && notBefore === undefined;
  if (here.startsWith(text) && isOwn && mayGoOn && !unfinishedTakeOver(entries)) {
    throw new SwitcharooError(runIsHere(run));
  }
}

const changedMeanwhile = (progress: Progress): Problem => ({
  code: 'lock-lost',
  message: `${progress.run.run} was continued by ${operatorText(progress)} after its state was shown here. It was not taken over.`,
  hint: {
    text: 'Look at its state, and repeat the command',
    command: `take-over ${progress.run.run} -i ${placeOf(progress.run).inventory}`,
  },
});

const runIsHere = (run: string): Problem => ({
  code: 'run-is-here',
  message: `${run} is on this host already, and no other host has continued it since.`,
  hint: {text: 'Continue it with', command: `resume ${run}`},
});
