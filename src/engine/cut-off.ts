import type {Entry} from '../model/entry.ts';
import type {EntryProgress} from '../model/entry-progress.ts';
import {elapsedMs} from '../model/moment.ts';
import type {Progress} from '../model/progress.ts';
import type {Clock} from './clock.ts';
import type {RunContext} from './context.ts';

/** How long a call may take to reach its target after it was ended here, in ms. */
export const arrivesWithinMs = 5_000;

/**
 * An action that ended without an answer may still reach its target: what is undone before that would be done again.
 * Waits for as long as it may take, and says so.
 */
export async function untilArrived(
  {record, clock, aborting, observe}: RunContext,
  {id}: Entry,
): Promise<void> {
  const leftMs = arrivalMs(record.progress.entries.get(id), clock.now());
  if (leftMs > 0) {
    const text = `waiting ${Math.ceil(leftMs / 1_000)} s: an action that ended without an answer may still reach its target`;
    observe({kind: 'progress', entry: id, text});
    await clock.sleep(leftMs, aborting);
  }
}

/** The same for a whole run that no process works on: one may have died a moment ago. */
export async function untilAllArrived(
  {entries}: Progress,
  clock: Pick<Clock, 'now' | 'sleep'>,
  signal: AbortSignal,
  /** Hears for how long it waits, in ms. */
  waiting: (ms: number) => void,
): Promise<void> {
  const all = [...entries.values()];
  const leftMs = all.map((entry) =>
    entry.isUnanswered ? arrivesWithinMs : arrivalMs(entry, clock.now()),
  );
  const longestMs = Math.max(0, ...leftMs);
  if (longestMs > 0) {
    waiting(longestMs);
    await clock.sleep(longestMs, signal);
  }
}

const arrivalMs = (entry: EntryProgress | undefined, now: Date): number =>
  entry?.cutOffAt
    ? Math.min(arrivesWithinMs, Math.max(0, arrivesWithinMs - elapsedMs(entry.cutOffAt, now)))
    : 0;
