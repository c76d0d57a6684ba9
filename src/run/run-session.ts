import {type RunClaims, type RunContext, recordIn} from '../engine/context.ts';
import {firstOf} from '../engine/limit.ts';
import type {Operator} from '../engine/operator.ts';
import {runChangedElsewhere} from '../engine/problems.ts';
import {watchTime} from '../engine/process-stop.ts';
import {reverseRun} from '../engine/reverse.ts';
import {runForward} from '../engine/run.ts';
import type {RunOutcome} from '../engine/run-outcome.ts';
import type {Forecaster} from '../forecast/forecast.ts';
import type {Journal, Lock} from '../journal/contract.ts';
import {createJournal, openJournal} from '../journal/file-journal.ts';
import {acquireLock} from '../journal/lock.ts';
import {holderText} from '../journal/lock-holder.ts';
import type {Redactor} from '../journal/redactor.ts';
import {SharedJournal} from '../journal/shared-journal.ts';
import type {SharedLog} from '../journal/shared-log.ts';
import type {ApprovalDesk} from '../model/approval.ts';
import type {FactOf} from '../model/journal.ts';
import {doVisitorsWait} from '../model/outage.ts';
import {SwitcharooError} from '../model/problem.ts';
import type {Progress} from '../model/progress.ts';
import {type Channels, noChannels} from '../notify/notifier.ts';
import {appendFirst} from './append-first.ts';
import {journalingLoss} from './claim-loss.ts';
import {
  fullDiskText,
  makeFirstReserve,
  refuseWithoutRoom,
  removeReserveOf,
  reserveLeft,
  secureReserve,
  withReserve,
} from './disk-room.ts';
import {askedOf, firstEntry} from './first-entry.ts';
import {forecastInRun} from './forecasts.ts';
import type {Host, StopSignals} from './host.ts';
import {journalOptions, newWatch, type Watch} from './journal-options.ts';
import type {OpenedWorld} from './open-world.ts';
import {asOutcome} from './outcome.ts';
import {earlierFigures, scopeOf} from './past-runs.ts';
import {redactedOperator} from './redacted-operator.ts';
import {noticesOfRun, type RunNotices} from './run-notices.ts';
import {noTraces, type RunTraces} from './run-traces.ts';

/** A run that this process works on: its journal is open, and this process holds its lock. */
export interface RunSession {
  readonly context: RunContext;
  readonly journal: Journal;
  readonly lock: Lock;
  readonly redactor: Redactor;
  readonly notices: RunNotices;
  /** Makes the reserve whole again. Throws when the disk has no room: then a run may only be reversed. */
  secure(): void;
  /** Aborted when it is released. */
  readonly closed: AbortSignal;
  /** Closes the journal and gives the lock back. */
  release(): void;
  /** Tells another host that took the run over that this process acts no more. */
  leave(): Promise<void>;
}

export interface SessionRequest {
  readonly host: Host;
  readonly opened: OpenedWorld;
  readonly signals: StopSignals;
  readonly operator: Operator;
  /** Its name. */
  readonly run: string;
  /** Until then the cutover must be accepted. */
  readonly decideBy?: Date;
  readonly isDecideByOfWindow?: boolean;
  /** Why it may cut over although the window of the inventory is closed. */
  readonly outsideWindow?: string;
  /** How long an outage may last; without it, what the runbook says. */
  readonly longestOutageMs?: number;
  /** Runs beside which a person lets it work. */
  readonly besides?: readonly string[];
  /** The hold on its systems, when they can be claimed. */
  readonly claims?: RunClaims;
  /** Where other people approve. */
  readonly approvals?: ApprovalDesk | undefined;
  /** How long it takes, by earlier runs. */
  readonly forecaster?: Forecaster | undefined;
  /** Whom it tells what happens. */
  readonly channels?: Channels;
  readonly traces?: RunTraces;
  /** It goes on although the shared journal cannot be reached. */
  readonly alone?: boolean;
  /** Asked right before its journal begins, or goes on: throws when it must not. */
  readonly mayBegin?: (() => Promise<void>) | undefined;
  /** Asked right before its outage begins. */
  readonly mayBeginOutage?: RunContext['mayBeginOutage'];
  /** The unit of a fleet that it moves. */
  readonly fleet?: FactOf<'run-started'>['fleet'];
  /** What other hosts see of its journal; absent where it stays on this host. */
  readonly log?: SharedLog | undefined;
}

interface NewRun {
  /** Digest of the approved plan. */
  readonly plan: string;
  readonly rehearsal: boolean;
  /**
   * Throws if the run must not begin. Called while the lock is held: another run may have started during the
   * approval.
   */
  readonly mayBegin?: () => void;
}

/** Takes the lock and begins the journal of a new run. */
export function beginRun(
  request: SessionRequest,
  {plan, rehearsal, mayBegin = () => {}}: NewRun,
): RunSession {
  const {host, run} = request;
  const entries = request.opened.runbook.entries.length;
  const {lock} = lockFor(request);
  const watch = newWatch();
  try {
    mayBegin();
    // Made before the folder: what cannot be said of a run leaves none behind.
    const first = firstEntry(request, plan, rehearsal);
    refuseWithoutRoom(host, run, entries);
    makeFirstReserve(host, run, entries);
    const options = journalOptions(request, lock, watch);
    const journal = sharedIn(request, createJournal(host.state.journalOf(run), options), watch);
    appendFirst(host, journal, first);
    return sessionWith(request, {journal, lock, watch, isNew: true});
  } catch (error) {
    lock.release();
    throw error;
  }
}

function sharedIn({log}: SessionRequest, journal: Journal, watch: Watch): Journal {
  log?.whenLost((error) => watch.broken.abort(error));
  return log ? new SharedJournal(journal, log) : journal;
}

/**
 * Takes the lock and opens the journal of a run that began earlier. Throws if another process continued it since
 * `planned` was read. `accepted`: the differences of runbook and inventory since it began.
 */
export function continueRun(
  request: SessionRequest,
  accepted: readonly string[],
  planned?: Progress,
): RunSession {
  const {host, run} = request;
  const {lock, tookOverFrom} = lockFor(request);
  const watch = newWatch();
  try {
    const options = journalOptions(request, lock, watch);
    const journal = sharedIn(request, openJournal(host.state.journalOf(run), options), watch);
    const since = planned ? journal.entries.slice(planned.seq + 1) : [];
    if (since.some(({kind}) => kind !== 'tail-cut')) {
      journal.close();
      throw new SwitcharooError(runChangedElsewhere(run));
    }
    const session = sessionWith(request, {journal, lock, watch, isNew: false});
    const {record} = session.context;
    const {operator} = host;
    if (tookOverFrom) {
      const from = `${holderText(tookOverFrom)}, whose process is gone`;
      record.add({kind: 'lock-taken-over', from, operator});
    }
    const {carried: time} = request.opened.world.clock;
    record.add({
      kind: 'run-resumed',
      operator,
      accepted: [...accepted],
      ...askedOf(request),
      ...(time ? {time} : {}),
      ...(request.alone ? {alone: true} : {}),
    });
    return session;
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Runs the entries that are not done yet. `until`: a checkpoint or an entry to end at. */
export const forward = (session: RunSession, until?: string): Promise<RunOutcome> =>
  outcomeOf(session, () => {
    session.secure();
    return journalingLoss(session.context, () => runForward(session.context, until));
  });

/** The problem of an outcome is printed, and may quote what a server said. */
const outcomeOf = async (
  {lock, redactor}: RunSession,
  work: () => Promise<RunOutcome>,
): Promise<RunOutcome> => redactor.value(await asOutcome(async () => work(), lock));

/** Reverses to a checkpoint (`null`: the start), by the plan with this digest. */
export const reverse = (
  session: RunSession,
  to: string | null,
  planDigest: string,
): Promise<RunOutcome> =>
  outcomeOf(session, async () => {
    const {context} = session;
    const reversal = await journalingLoss(context, () => reverseRun(context, to, planDigest));
    if (reversal.kind === 'paused') {
      context.record.add({kind: 'run-paused', problem: reversal.problem});
    }
    return reversal;
  });

function lockFor({host, opened, run}: SessionRequest) {
  const {state, operator} = host;
  const request = {
    folder: state.locks,
    scope: scopeOf(opened.runbook.head.name, opened.inventory.name, opened.targetNames),
    run,
    operator,
    now: () => opened.world.clock.now(),
    disk: state.disk,
    machine: state.machine,
  };
  return withReserve(host, run, () => acquireLock(request));
}

interface Opened extends Pick<RunSession, 'journal' | 'lock'> {
  readonly watch: Watch;
  /** The run begins with this process. */
  readonly isNew: boolean;
}

/**
 * Without its journal a run may not act any more. Whatever it waits for then ends at once: another lane of a group, an
 * action in flight, a question.
 */
function sessionWith(
  {host, run, opened, signals, operator, claims, log, ...about}: SessionRequest,
  {journal, lock, watch, isNew}: Opened,
): RunSession {
  const {world, inventory, runbook, redactor} = opened;
  const {approvals, forecaster, mayBeginOutage, channels = noChannels, traces = noTraces} = about;
  const [broken, full] = [watch.broken.signal, new AbortController()];
  const entries = runbook.entries.length;
  const notices = noticesOfRun({
    ...{redactor, channels, journal, isNew, stateFolder: host.state.path, observe: world.observe},
    ...{traces, doVisitorsWait: () => doVisitorsWait(record.progress)},
    add: (fact) => record.add(fact),
  });
  const record = recordIn(journal, notices.observe);
  let [goesForward, isNoting] = [false, false]; // what is left of the reserve is for the reversal
  watch.onReserveUsed = () => {
    if (goesForward && record.progress.reversingTo === undefined) {
      full.abort(fullDiskText(host, entries));
    }
    if (!isNoting) {
      isNoting = true;
      record.add({kind: 'reserve-given-back', leftBytes: reserveLeft(host, run)});
      isNoting = false;
    }
  };
  const closed = new AbortController();
  const unwatch = watchTime({...world, record});
  const stopping = firstOf(signals.stopping, broken, full.signal);
  const aborting = firstOf(world.aborting, broken);
  return {
    ...{journal, lock, redactor, notices, closed: closed.signal},
    context: {
      ...world,
      operator: redactedOperator(operator, redactor),
      ...{inventory, claims, approvals, mayBeginOutage},
      earlier: earlierFigures(host, world.runbook.head.name, inventory.name),
      ...(forecaster ? {forecast: forecastInRun(forecaster, world, {journal, record})} : {}),
      ...{stopping: stopping.signal, aborting: aborting.signal, record},
    },
    secure: () => {
      goesForward = true;
      const bytes = secureReserve(host, run, entries);
      if (bytes !== null) {
        record.add({kind: 'reserve-filled', bytes});
      }
    },
    leave: async () => log?.leave(),
    release: () => {
      closed.abort();
      removeReserveOf(host, record.progress, lock);
      unwatch();
      stopping.release();
      aborting.release();
      journal.close();
      lock.release();
    },
  };
}
