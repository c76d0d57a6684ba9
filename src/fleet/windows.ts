import type {Inventory} from '../inventory/inventory.ts';
import {type ClosedTime, closedNow, closedTimes, isOverForGood} from '../inventory/window.ts';
import {elapsedMs} from '../model/moment.ts';
import type {Problem} from '../model/problem.ts';
import type {UnitRow} from './rows.ts';

// A unit whose window is closed waits, and begins by itself when it opens.

/** A runner asks again whether a calendar has opened, or whether somebody has changed the window. */
const askAgainMs = 300_000;

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
  (wasRefused(unit) && elapsedMs(unit.changedAt, now) < askAgainMs);

/** Whether a run that was refused need only wait; a window that is over, somebody must change. */
export const opensLater = (
  problem: Problem | undefined,
  {window}: Pick<Inventory, 'window'>,
  now: Date,
): boolean =>
  isOutsideWindow(problem) && window !== undefined && !isOverForGood(closedTimes(window), now);
