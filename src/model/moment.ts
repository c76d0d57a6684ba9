import type {JournalEntry} from './journal.ts';

/** When an entry was written. */
export type Moment = Pick<JournalEntry, 'atUtc' | 'monotonic'>;

/** By the clock that nobody can set, where both have their time from it; by UTC otherwise. Never less than 0. */
export function msBetween(earlier: Moment, later: Moment): number {
  const [from, to] = [earlier.monotonic, later.monotonic];
  const ms =
    from && from.mark === to?.mark
      ? to.ms - from.ms
      : Date.parse(later.atUtc) - Date.parse(earlier.atUtc);
  return Math.max(0, ms);
}
