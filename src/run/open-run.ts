import type {Observe} from '../engine/events.ts';
import type {Operator} from '../engine/operator.ts';
import {newRunName} from '../journal/state-folder.ts';
import type {FactOf} from '../model/journal.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import type {Progress} from '../model/progress.ts';
import {
  changesSinceStart,
  refuseBesideWorker,
  refuseWhileElsewhere,
  runsBesides,
} from './guards.ts';
import {type Host, type StopSignals, thisHost} from './host.ts';
import {MachineClock} from './machine-clock.ts';
import {type OpenedWorld, openWorld} from './open-world.ts';
import {operatorWith, rehearsalOperator} from './operators.ts';
import {progressIn} from './past-runs.ts';
import {Run} from './run.ts';
import {refuseUnsafe} from './verify.ts';

/** How a run is approved, answered, watched and ended. All of it is optional. */
export interface RunOptions {
  /** The folder of the journals and locks; without it, `.switcharoo` in the working directory. */
  readonly stateFolder?: string | undefined;
  /** Approves every plan, and answers every confirmation with yes; outside the lab not the point of no return. */
  readonly yes?: boolean | undefined;
  /** By entry: who did by hand what it asks for, or said yes to it, with a note. */
  readonly answers?: Readonly<Record<string, string>> | undefined;
  /** The digest of the plan that was approved beforehand. Another plan is refused. */
  readonly planDigest?: string | undefined;
  /** What to do when an entry fails, without asking. */
  readonly onFailure?: 'stop' | 'reverse' | undefined;
  /** If the cutover is not accepted by then, the run pauses and offers the reversal. */
  readonly decideBy?: Date | undefined;
  /**
   * An outage that lasts longer, in ms, is ended: the run is reversed to before it, or somebody is asked once the new
   * side may have writes of its own. Without it, what the runbook says.
   */
  readonly longestOutageMs?: number | undefined;
  /** Runs beside which a person lets it start: with a damaged journal, or with a claim on the environment. */
  readonly besides?: readonly string[] | undefined;
  /** Why it may cut over although the window of the inventory is closed. */
  readonly outsideWindow?: string | undefined;
  /** Goes on without the shared journal, which cannot be reached: no other host sees what happens. */
  readonly alone?: boolean | undefined;
  /** A checkpoint or an entry to end at. */
  readonly until?: string | undefined;
  /** Answers what the options above do not. Without one, the run pauses at such a question. */
  readonly operator?: Operator | undefined;
  /** In a rehearsal: decides when an entry fails. Without it, the rehearsal pauses. */
  readonly whenFailed?: Operator['decide'] | undefined;
  /** In a rehearsal: who answers and decides everything, as in a run. */
  readonly drilled?: Operator | undefined;
  /** The approval of the plan approves its point of no return too: nothing else is in the plan. */
  readonly planCoversNoReturn?: boolean | undefined;
  /** Receives every event of the run. Secrets are masked. */
  readonly observe?: Observe | undefined;
  /** Called once, when the lock is taken and the journal is open, before the first entry. */
  readonly onBegin?: ((run: Run) => void) | undefined;
  /** Asked right before the journal begins, or goes on, when everything else is ready: throws when it must not. */
  readonly mayBegin?: (() => Promise<void>) | undefined;
  /**
   * Asked right before the outage begins, when nothing of it has: why it must not, and the run pauses before it. Until
   * it answers the run waits.
   */
  readonly mayBeginOutage?: ((signal: AbortSignal) => Promise<Problem | undefined>) | undefined;
  /** What ends the run early. */
  readonly signals?: StopSignals | undefined;
}

export interface RunRequest extends RunOptions {
  /** The name of the run, if it was reserved beforehand. */
  readonly name?: string | undefined;
  /** A file, or the name of one in `runbooks/`. */
  readonly runbook: string;
  /** A file, or the name of one in `inventories/`. */
  readonly inventory: string;
  /** Parameters of the runbook, beside those of the inventory. */
  readonly params?: Readonly<Record<string, unknown>> | undefined;
  /** Target of the runbook to target of the inventory, where their names differ. */
  readonly targets?: Readonly<Record<string, string>> | undefined;
  /** The target of the inventory in which the journal is shared; without it, what the inventory says. */
  readonly store?: string | undefined;
  /** In the lab only: nothing is asked, every answer is yes. */
  readonly rehearsal?: boolean | undefined;
  /** The unit of a fleet that it moves: its journal tells a fleet that has lost its PostgreSQL. */
  readonly fleet?: FactOf<'run-started'>['fleet'];
}

export interface ReopenRequest extends RunOptions {
  /** The name of the run. */
  readonly run: string;
  /** Continue although the runbook or the inventory changed. */
  readonly acceptChanges?: boolean | undefined;
  /** Where they are on this machine, if not where the run found them. */
  readonly runbook?: string | undefined;
  readonly inventory?: string | undefined;
}

/**
 * Opens a new run: reads the runbook and the inventory, and checks the settings of every target. Connects to nothing
 * and
 * changes nothing. Close it in any case.
 *
 * @throws SwitcharooError when the runbook, the inventory or a parameter is not valid.
 */
export async function openRun(
  request: RunRequest,
  host: Host = thisHost(request.stateFolder),
): Promise<Run> {
  const {name = reserveRunName()} = request;
  const {runbook, inventory, params = {}, targets, store, rehearsal = false} = request;
  const signals = request.signals ?? neverStopped();
  const worldRequest = {runbook, inventory, params, targetNames: targets, store, run: name};
  const {observe = ignore} = request;
  const opened = await openWorld(host, worldRequest, signals.aborting, observe);
  return closedOnError(opened, async () => {
    if (opened.inventory.protected) {
      const {world} = opened;
      const verifyCommand = `verify ${runbook} -i ${inventory}`;
      await refuseUnsafe(world.runbook, world.params, verifyCommand);
    }
    const {fleet} = request;
    return runWith(request, {
      ...{host, opened, signals, name, rehearsal},
      ...(fleet ? {fleet} : {}),
    });
  });
}

/**
 * Opens a run that began earlier, to continue or to reverse it. Changes nothing. Close it in any case.
 *
 * @throws SwitcharooError when another process works on it, or when the runbook or the inventory changed since.
 */
export async function reopenRun(
  request: ReopenRequest,
  host: Host = thisHost(request.stateFolder),
): Promise<Run> {
  const progress = progressIn(host, request.run);
  refuseBesideWorker(host, progress);
  const {alone = false} = request;
  refuseWhileElsewhere({host, alone}, progress, new MachineClock(progress.last).now());
  const {run: started} = progress;
  const signals = request.signals ?? neverStopped();
  const worldRequest = {
    runbook: request.runbook ?? started.runbook.file,
    inventory: request.inventory ?? started.inventory.file,
    params: {},
    journaledParams: started.params,
    targetNames: started.targets,
    store: started.store,
    storePlace: started.storePlace,
    run: started.run,
    lastEntry: progress.last,
  };
  const {observe = ignore, acceptChanges = false} = request;
  const opened = await openWorld(host, worldRequest, signals.aborting, observe);
  return closedOnError(opened, () => {
    const accepted = changesSinceStart(progress, opened, acceptChanges);
    const {run: name, rehearsal} = started;
    return runWith(request, {
      host,
      opened,
      signals,
      name,
      rehearsal,
      earlier: {progress, accepted},
    });
  });
}

/** For a run that begins later. */
export const reserveRunName = (): string => newRunName(new Date());

interface Parts {
  readonly host: Host;
  readonly opened: OpenedWorld;
  readonly signals: StopSignals;
  readonly name: string;
  readonly rehearsal: boolean;
  readonly fleet?: NonNullable<RunRequest['fleet']>;
  readonly earlier?: {readonly progress: Progress; readonly accepted: readonly string[]};
}

function runWith(options: RunOptions, {name, rehearsal, earlier, ...parts}: Parts): Run {
  const {inventory} = parts.opened;
  if (rehearsal && !inventory.lab) {
    throw new SwitcharooError(rehearsalOutsideLab(inventory.name));
  }
  const {yes = false, planDigest, onFailure, decideBy, until, planCoversNoReturn = false} = options;
  const {longestOutageMs, answers = {}} = options;
  const given = {
    yes,
    answers,
    lab: inventory.lab,
    planCoversNoReturn,
    ...(onFailure ? {onFailure} : {}),
  };
  const operator = rehearsal
    ? (options.drilled ?? rehearsalOperator(options.whenFailed))
    : operatorWith(given, options.operator);
  return new Run({
    session: {
      ...parts,
      operator,
      run: name,
      ...(decideBy ? {decideBy} : {}),
      ...(options.alone ? {alone: true} : {}),
      ...(options.outsideWindow === undefined ? {} : {outsideWindow: options.outsideWindow}),
      ...(longestOutageMs === undefined ? {} : {longestOutageMs}),
      mayBegin: options.mayBegin,
      mayBeginOutage: options.mayBeginOutage,
      ...(options.besides ? {besides: runsBesides(parts.host, options.besides)} : {}),
    },
    approver: {
      operator,
      canAsk: (options.drilled ?? options.operator) !== undefined,
      yes,
      rehearsal,
      drill: rehearsal && options.drilled !== undefined,
      ...(planDigest === undefined ? {} : {planDigest}),
    },
    ...(earlier ? {earlier} : {}),
    ...(until === undefined ? {} : {until}),
    ...(options.onBegin ? {onBegin: options.onBegin} : {}),
  });
}

async function closedOnError<Result>(
  opened: OpenedWorld,
  work: () => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    await opened.close();
    throw error;
  }
}

const neverStopped = (): StopSignals => ({
  stopping: new AbortController().signal,
  aborting: new AbortController().signal,
});

const ignore = () => {};

const rehearsalOutsideLab = (inventory: string): Problem => ({
  code: 'rehearsal-outside-lab',
  message: `${inventory} is not the lab, and a rehearsal asks nobody.`,
  hint: 'Rehearse with the inventory lab, or run the runbook without rehearsal.',
});
