import {type Problem, SwitcharooError} from '../model/problem.ts';
import {appliedEntries, type Progress} from '../model/progress.ts';
import {isOver} from '../run/past-runs.ts';
import type {UnitRow} from './rows.ts';
import {
  runAlreadyDone,
  runAlreadyReversed,
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
type Row = Pick<UnitRow, 'work' | 'byPerson' | 'runner'>;

/**
 * The first of these runs that keeps the unit from beginning. A unit whose run was reversed to its start, or failed
 * before it changed anything, may begin again once a person has decided so. One with another runbook or inventory may
 * have been of another service: a person who resumes the unit has said so.
 */
export function inTheWay(runs: readonly Progress[], row: Row): Progress | undefined {
  const {work, byPerson} = row;
  const all = runs.filter((run) => !isOfGoneLab(run, work));
  const own = all.filter((run) => !isOfOther(run, work));
  const inPlace = own.find(isInPlace) ?? (byPerson ? undefined : all.find(isInPlace));
  return inPlace ?? (isUnknown(row) ? own.find(isStopped) : undefined);
}

/** PostgreSQL never gave it to a runner, and nobody has decided about it: it has no record of any run of it. */
const isUnknown = ({byPerson, runner}: Row): boolean => !byPerson && runner === null;

/** It was reversed, or ended with a problem: a fleet that knew it would have asked a person. */
const isStopped = (progress: Progress): boolean => stateOfRun(progress).status !== 'waiting';

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
  const isReversed = progress.outcome === 'reversed' && isOver(progress);
  const known = isReversed ? runAlreadyReversed : runAlreadyStarted;
  const problem = about.isDone ? runAlreadyDone(about) : known(about);
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
