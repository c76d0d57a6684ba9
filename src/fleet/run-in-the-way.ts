import {type Problem, SwitcharooError} from '../model/problem.ts';
import {appliedEntries, type Progress} from '../model/progress.ts';
import {isOver} from '../run/past-runs.ts';
import type {UnitRow} from './rows.ts';
import {
  runAlreadyDone,
  runAlreadyStarted,
  runOfOther,
  runStartedElsewhere,
} from './run-problems.ts';
import {notBegun, stateOfRun, type UnitState} from './unit-state.ts';

/** The unit does not begin: a person decides about a run of it that PostgreSQL does not know. */
export class RunInTheWay extends SwitcharooError {
  readonly state: UnitState;

  constructor(state: StateInTheWay) {
    super(state.problem);
    this.state = state;
  }
}

type StateInTheWay = UnitState & {readonly problem: Problem};
type Row = Pick<UnitRow, 'work' | 'byPerson'>;

/**
 * The first of these runs that keeps the unit from beginning. A unit whose run was reversed to its start, or changed
 * nothing, may begin again. One with another runbook or inventory may have been of another service: a person who
 * resumes the unit has said so.
 */
export function inTheWay(runs: readonly Progress[], {work, byPerson}: Row): Progress | undefined {
  const all = runs.filter((run) => isInPlace(run) && !isOfGoneLab(run, work));
  return all.find((run) => !isOfOther(run, work)) ?? (byPerson ? undefined : all[0]);
}

const isInPlace = (progress: Progress): boolean =>
  progress.outcome === 'done' || (!isOver(progress) && appliedEntries(progress).length > 0);

/** Each lab has the same name, and only one of them is up. */
const isOfGoneLab = (progress: Progress, work: Row['work']): boolean =>
  work.isLab === true &&
  !isOfOther(progress, work) &&
  progress.run.inventory.digest !== work.digests.inventory;

/** A row of an earlier release has no names. */
export const isOfOther = ({run}: Progress, {names}: Row['work']): boolean =>
  names !== undefined &&
  (run.runbook.name !== names.runbook || run.inventory.name !== names.inventory);

/**
 * It waits for a person, whatever its journal says: nobody knows what else PostgreSQL has lost. That of another service
 * is not made the run of the unit, so nothing counts it as done.
 */
export function stateInTheWay(
  unit: string,
  {work}: Pick<Row, 'work'>,
  progress: Progress,
): StateInTheWay {
  const about = aboutRun(unit, progress);
  if (isOfOther(progress, work)) {
    const problem = runOfOther(about, work.names);
    return {...notBegun, neverBegan: true, status: 'offered', problem};
  }
  const problem = about.isDone ? runAlreadyDone(about) : runAlreadyStarted(about);
  return {...stateOfRun(progress), status: 'offered', run: about.run, problem};
}

/** Its journal is in a store: its own host or a person continues it. */
export const stateElsewhere = (unit: string, progress: Progress, inventory: string): UnitState => ({
  ...{...notBegun, neverBegan: true, status: 'offered'},
  problem: runStartedElsewhere({...aboutRun(unit, progress), file: inventory}),
});

const aboutRun = (unit: string, {run, operator, outcome}: Progress) => ({
  ...{unit, run: run.run, host: operator.host, isDone: outcome === 'done'},
  ...{runbook: run.runbook.name, inventory: run.inventory.name},
});
