import type {Entry} from '../model/entry.ts';
import {stoppingEntry} from '../model/outage-span.ts';
import type {Problem} from '../model/problem.ts';
import type {RunContext} from './context.ts';

/**
 * Why visitors must not wait from this turn on: others that share systems or people with the run decide about it. Where
 * they wait already, in a hold or an outage, nothing is asked.
 */
export async function refuseOutage(
  {mayBeginOutage, runbook, record, stopping}: RunContext,
  turn: readonly Entry[],
): Promise<Problem | undefined> {
  const stops = mayBeginOutage && stoppingEntry(runbook);
  const isNow = stops && turn.some(({id}) => id === stops.id);
  return isNow && !record.progress.entries.get(stops.id)?.applied
    ? mayBeginOutage(stopping)
    : undefined;
}
