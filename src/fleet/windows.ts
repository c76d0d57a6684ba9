import type {Inventory} from '../inventory/inventory.ts';
import {type ClosedTime, closedNow, closedTimes, isOverForGood} from '../inventory/window.ts';
import type {Problem} from '../model/problem.ts';
import type {UnitRow} from './rows.ts';

// A unit whose window is closed waits, and begins by itself when it opens.

/** A runner asks again whether a calendar has opened. */
const askAgainSeconds = 300;

/** The run may not cut over now. */
export const isOutsideWindow = (problem: Pick<Problem, 'code'> | null | undefined): boolean =>
  problem?.code === 'outside-window';

/** Its runner was told so when it tried, which it tells nobody before. */
const wasRefused = ({problem}: UnitRow): boolean => isOutsideWindow(problem);

/** The closed time that keeps a waiting unit, by what was read when its wave started. */
export function closedFor(unit: UnitRow, now: Date): ClosedTime | undefined {
  const {byPerson, changes, inOutage, work} = unit;
  // One that is half-way may be behind its cutover: its runner knows.
  const asks = wasRefused(unit) || (changes === 0 && !inOutage);
  return asks && !byPerson ? closedNow(work.closed ?? [], now) : undefined;
}

/** Whether a waiting unit must not be tried now. */
export const isOutsideNow = (unit: UnitRow, now: Date): boolean =>
  closedFor(unit, now) !== undefined ||
  (wasRefused(unit) && unit.unchangedSeconds < askAgainSeconds);

/** When a run that was refused must wait, as its inventory says now; a window that is over, somebody must change. */
export function closedTimesOf(
  problem: Problem | undefined,
  {window}: Pick<Inventory, 'window'>,
  now: Date,
): readonly ClosedTime[] | undefined {
  const closed = isOutsideWindow(problem) && window ? closedTimes(window) : undefined;
  return closed && !isOverForGood(closed, now) ? closed : undefined;
}
