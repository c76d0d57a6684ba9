import type {ClosedTime} from '../inventory/window.ts';
import {doVisitorsWait} from '../model/outage.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import {appliedEntries, type Progress} from '../model/progress.ts';
import type {UnitStatus} from '../model/unit-status.ts';
import type {Host} from '../run/host.ts';
import {progressToShow} from '../run/past-runs.ts';
import type {UnitRow} from './rows.ts';
import {runEndedInOutage, runLeftByHand, runReversed, runReversing} from './run-problems.ts';
import {journalMissing} from './take-over-problems.ts';
import {isOutsideWindow} from './windows.ts';

/** What is written of a unit when a runner has nothing more to do with it. */
export interface UnitState {
  readonly status: Extract<UnitStatus, 'waiting' | 'done' | 'failed' | 'offered'>;
  readonly problem: Problem | null;
  readonly changes: number;
  readonly inOutage: boolean;
  /** Its run has no journal, and will have none: it may begin in any folder. */
  readonly neverBegan?: boolean;
  /** Its window is closed: it waits for these times, and no longer continues because a person said so. */
  readonly closed?: readonly ClosedTime[] | undefined;
  /** Its journal is that of another run than the one that was reserved. */
  readonly run?: string;
}

/** Of a unit without a journal: another attempt may begin it. */
export const notBegun: UnitState = {
  status: 'waiting',
  problem: null,
  changes: 0,
  inOutage: false,
};

/** The journal of a run in this folder; `undefined` when it never began. Throws when it is damaged. */
export const begunRun = (host: Pick<Host, 'state'>, run: string | null): Progress | undefined =>
  run !== null && host.state.runs().includes(run) ? progressToShow(host, run) : undefined;

/** As far as its runner has reported. */
export const hasBegun = ({changes, inOutage, phase}: UnitRow): boolean =>
  changes > 0 || inOutage || phase !== null;

/**
 * The journal of a unit in this folder; `undefined` when it never began.
 *
 * @throws SwitcharooError when it is damaged, and when it is not here although its runner reported that it began: the
 * folder may be an old copy.
 */
export function journalHere(host: Pick<Host, 'state'>, row: UnitRow): Progress | undefined {
  const {unit, run} = row;
  const progress = begunRun(host, run);
  if (run !== null && !progress && hasBegun(row)) {
    throw new SwitcharooError(journalMissing(unit, run, host.state.path));
  }
  return progress;
}

/**
 * The state of a run that no process works on. In an outage or a reversal it does not continue by itself: it waits
 * for a person. `waiting`: it may continue where it is.
 */
export function stateOfRun(progress: Progress): UnitState {
  const {outcome, run, problem = null} = progress;
  const facts = {changes: appliedEntries(progress).length, inOutage: doVisitorsWait(progress)};
  switch (outcome) {
    case 'done':
      return {...facts, status: 'done', problem: null, changes: 0};
    case 'reversed':
      return {...facts, status: 'failed', problem: runReversed(run.run)};
    case 'reversing':
    case 'reverse-failed':
      return {...facts, status: 'offered', problem: problem ?? runReversing(run.run)};
    case 'paused':
    case 'running':
      if (progress.reversingTo) {
        return {...facts, status: 'offered', problem: problem ?? runReversing(run.run)};
      }
      if (outcome === 'paused' && !problem) {
        // At a checkpoint that a person has named: no runner names one.
        return {...facts, status: 'offered', problem: runLeftByHand(run.run)};
      }
      if (facts.inOutage) {
        return {...facts, status: 'offered', problem: problem ?? runEndedInOutage(run.run)};
      }
      return problem && !ownPauses.has(problem.code)
        ? {...facts, status: 'offered', problem}
        : {...facts, status: 'waiting', problem: isOutsideWindow(problem) ? problem : null};
  }
}

/**
 * Whether its run went into an outage, or was reversed further, after its row was last written: who ordered that the
 * unit continues had not seen that.
 */
export const isOrderOutdated = (
  {byPerson, changes, inOutage}: Pick<UnitRow, 'byPerson' | 'changes' | 'inOutage'>,
  state: UnitState,
): boolean =>
  byPerson &&
  ((state.inOutage && !inOutage) ||
    (state.status === 'failed' && (inOutage || changes > state.changes)));

/** A run that its fleet has paused continues by itself. */
const ownPauses: ReadonlySet<string> = new Set([
  'fleet-held',
  'fleet-runner-stops',
  'fleet-wave-stopped',
  'outside-window',
]);
