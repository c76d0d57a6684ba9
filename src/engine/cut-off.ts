import type {Entry} from '../model/entry.ts';
import type {RunContext} from './context.ts';

/** What a call may take to its target once it was ended here, in ms. */
export const arrivesWithinMs = 5_000;

/**
 * An action that was ended without an answer may still arrive: what is undone before that would be done again. Waits
 * until it has arrived, and tells people so.
 */
export async function untilArrived(
  {record, clock, aborting, observe}: RunContext,
  {id}: Entry,
): Promise<void> {
  const {cutOffAt} = record.progress.entries.get(id) ?? {};
  const leftMs = cutOffAt ? cutOffAt.getTime() + arrivesWithinMs - clock.now().getTime() : 0;
  if (leftMs > 0) {
    const text = `waiting ${Math.ceil(leftMs / 1_000)} s: the action that was ended may still arrive`;
    observe({kind: 'progress', entry: id, text});
    await clock.sleep(Math.min(leftMs, arrivesWithinMs), aborting);
  }
}
