import type {JournalEntry} from './journal.ts';

/** When an entry was written. */
export type Moment = Pick<JournalEntry, 'atUtc' | 'monotonic'>;

export const momentOf = ({atUtc, monotonic}: Moment): Moment =>
  monotonic ? {atUtc, monotonic} : {atUtc};

/**
 * From one time to a later one, in ms. Within a process both are of its clock, which nobody can set (`Clock.now`), and
 * so are those of the processes of one boot. Between boots and machines UTC is all there is: 0 where it was set back.
 */
export const elapsedMs = (since: Date, now: Date): number =>
  Math.max(0, now.getTime() - since.getTime());

/** The time so many ms later, or earlier. */
export const shifted = (time: Date, byMs: number): Date => new Date(time.getTime() + byMs);

/** By the clock that nobody can set, where both have their time from it; by UTC otherwise. Never less than 0. */
export function msBetween(earlier: Moment, later: Moment): number {
  const [from, to] = [earlier.monotonic, later.monotonic];
  const ms =
    from && from.mark === to?.mark
      ? to.ms - from.ms
      : Date.parse(later.atUtc) - Date.parse(earlier.atUtc);
  return Math.max(0, ms);
}
