import {existsSync} from 'node:fs';
import type {EngineEvent} from '../engine/events.ts';
import {doVisitorsWait} from '../model/outage.ts';
import type {Plan} from '../model/plan.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import {appliedEntries, type Progress} from '../model/progress.ts';
import type {Host} from '../run/host.ts';
import {obstaclesIn} from '../run/obstacles.ts';
import {
  openRun,
  type ReopenRequest,
  type RunOptions,
  type RunRequest,
  reopenRun,
} from '../run/open-run.ts';
import {approvedOperator} from '../run/operators.ts';
import type {RunResult} from '../run/outcome.ts';
import type {Run} from '../run/run.ts';
import {unitChanged} from './engine-problems.ts';
import {outageWatch} from './phase-reports.ts';
import type {UnitWork} from './rows.ts';
import type {UnitPhase} from './unit-claims.ts';
import {notBegun, stateOfRun, type UnitState} from './unit-state.ts';
import {closedTimesOf, isOutsideWindow} from './windows.ts';

interface UnitRun {
  /** The name that was reserved for it. */
  readonly run: string;
  readonly work: UnitWork;
  /** For its journal. */
  readonly unit: NonNullable<RunRequest['fleet']>;
  /** Of a run that began before. */
  readonly earlier: Progress | undefined;
  /** Who started the wave: the plan was approved with it. */
  readonly startedBy: string;
  /** Whether it is still this runner's, and may begin now: asked once it is planned, and right before its journal. */
  readonly mayBegin: () => Promise<boolean>;
  readonly mayBeginOutage: NonNullable<RunOptions['mayBeginOutage']>;
  readonly signals: RunOptions['signals'];
  /** Its state when a store has a run of it that PostgreSQL did not know. */
  readonly sharedElsewhere: () => Promise<UnitState | undefined>;
  /** Where it is now. */
  readonly report: (now: UnitPhase) => void;
}

/**
 * Runs a unit, or continues it from where its journal is, as `run` and `resume` do: forward, or in reverse when a
 * reversal was interrupted. Asks nobody.
 */
export async function runUnit(host: Host, unit: UnitRun): Promise<UnitState> {
  let run: Run | undefined;
  try {
    run = await openedRun(host, unit, () => run);
    const reversingTo = run.progress?.reversingTo;
    if (reversingTo) {
      const reversal = await run.planReversal(reversingTo.to);
      return (await unit.mayBegin())
        ? stateAfter(run, await run.reverse(reversal))
        : asBefore(unit);
    }
    const forgotten =
      unit.earlier || run.inventory.store === undefined ? undefined : await unit.sharedElsewhere();
    if (forgotten) {
      return forgotten;
    }
    const plan = await run.plan();
    const [obstacle = changedSinceStart(unit, plan)] = obstaclesIn(plan);
    if (obstacle) {
      return endedBy(run, unit.earlier, obstacle);
    }
    if (!(await unit.mayBegin())) {
      return asBefore(unit);
    }
    return stateAfter(run, await run.forward(plan));
  } catch (error) {
    return error instanceof BeginsNotNow
      ? asBefore(unit)
      : endedBy(run, unit.earlier, problemOf(error));
  } finally {
    await run?.close();
  }
}

/** The fleet was held, its wave stopped, or somebody else has it. */
class BeginsNotNow extends Error {}

const asBefore = ({earlier}: UnitRun): UnitState =>
  earlier ? stateOfRun(earlier) : {...notBegun, neverBegan: true};

function openedRun(host: Host, unit: UnitRun, current: () => Run | undefined): Promise<Run> {
  const {run: name, work, earlier, signals} = unit;
  const {digests: _, names: _names, isLab: _lab, closed: _closed, ...request} = work;
  const outage = outageWatch();
  const mayBeginOutage: UnitRun['mayBeginOutage'] = async (stopping) => {
    const refused = await unit.mayBeginOutage(stopping);
    if (!refused) {
      outage.claimed();
    }
    return refused;
  };
  const options: RunOptions = {
    operator: approvedOperator({
      by: `fleet start by ${unit.startedBy}`,
      isLab: () => current()?.inventory.lab ?? false,
      isInOutage: () => {
        const progress = current()?.progress;
        return progress !== undefined && doVisitorsWait(progress);
      },
    }),
    mayBegin: async () => {
      if (!(await unit.mayBegin())) {
        throw new BeginsNotNow();
      }
    },
    mayBeginOutage,
    signals,
    observe: observer(unit, outage, current),
  };
  if (earlier) {
    const {answers} = work;
    const reopened: ReopenRequest = {
      ...{...options, run: name, ...movedFiles(earlier, work)},
      ...(answers ? {answers} : {}),
    };
    return reopenRun(reopened, host);
  }
  return openRun({...options, ...request, name, fleet: unit.unit}, host);
}

/** A run of another host may have its files elsewhere. */
const movedFiles = (
  {run}: Progress,
  {runbook, inventory}: UnitWork,
): Pick<ReopenRequest, 'runbook' | 'inventory'> => ({
  ...(existsSync(run.runbook.file) ? {} : {runbook}),
  ...(existsSync(run.inventory.file) ? {} : {inventory}),
});

/** A run that began has its own digests, and `resume` compares them. */
function changedSinceStart({work: {digests}, earlier}: UnitRun, plan: Plan): Problem | undefined {
  const changed = [
    ...(plan.runbook.digest === digests.runbook ? [] : [plan.runbook.name]),
    ...(plan.inventory.digest === digests.inventory ? [] : [plan.inventory.name]),
  ];
  return earlier || changed.length === 0 ? undefined : unitChanged(changed);
}

/** Where the run is, whenever its journal says something else than before. */
function observer(
  {report}: UnitRun,
  outage: ReturnType<typeof outageWatch>,
  current: () => Run | undefined,
) {
  let last = '';
  return (event: EngineEvent): void => {
    const progress = current()?.progress;
    if (event.kind !== 'journaled' || !progress) {
      return;
    }
    const {entry} = event;
    const phase =
      'entry' in entry && entry.entry !== null
        ? (progress.entries.get(entry.entry)?.phase ?? '')
        : '';
    const inOutage = outage.isIn(doVisitorsWait(progress));
    const changes = appliedEntries(progress).length;
    const now = `${phase} ${inOutage} ${changes > 0}`;
    if (phase !== '' && now !== last) {
      last = now;
      report({phase, inOutage, changes});
    }
  };
}

function stateAfter(run: Run, result: RunResult): UnitState {
  const {progress} = run;
  switch (result.kind) {
    case 'done':
      return {status: 'done', problem: null, changes: 0, inOutage: false};
    case 'reversed': {
      const state = endedBy(run, progress, result.problem);
      return progress && progress.outcome === 'reversed' ? {...state, status: 'failed'} : state;
    }
    case 'paused':
    case 'reverse-failed':
      return endedBy(run, progress, result.problem);
    case 'reached':
    case 'declined':
      return endedBy(run, progress, undefined);
  }
}

/** By its journal; by the problem alone when it never began, and nothing is changed. */
function endedBy(
  run: Run | undefined,
  earlier: Progress | undefined,
  problem: Problem | undefined,
): UnitState {
  const progress = run?.progress ?? earlier;
  const closed = run && closedTimesOf(problem, run.inventory, run.now());
  if (!progress) {
    const nothing = {changes: 0, inOutage: false, neverBegan: true, closed} as const;
    return {...nothing, status: closed ? 'waiting' : 'failed', problem: problem ?? null};
  }
  const state = stateOfRun(progress);
  const isOwn = state.status === 'waiting' && progress.outcome === 'paused';
  if (isOwn && closed) {
    return {...state, closed, problem: problem ?? null};
  }
  const isSame = problem?.code === progress.problem?.code && !isOutsideWindow(problem);
  if ((isOwn && (problem === undefined || isSame)) || state.status === 'done') {
    return state;
  }
  // A run that changed nothing leaves nothing to a person but its problem.
  const status = appliedEntries(progress).length === 0 ? 'failed' : 'offered';
  return {...state, status, problem: problem ?? state.problem};
}

/** What became of a unit, in the words of an error. */
export const problemOf = (error: unknown): Problem =>
  error instanceof SwitcharooError
    ? error.problem
    : {
        code: 'internal-error',
        message: error instanceof Error ? error.message : String(error),
        hint: 'Run the unit alone with "run" to see more, and report the error.',
      };
