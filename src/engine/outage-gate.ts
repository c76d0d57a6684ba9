import type {Entry} from '../model/entry.ts';
import {stoppingEntry} from '../model/outage-span.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import type {RunContext} from './context.ts';
import {runStopped} from './problems.ts';

/**
 * Why visitors must not wait from this turn on: the window, its calendar, and others that share systems or people with
 * the run decide about it. Where they wait already, in a hold or an outage, nothing is asked.
 */
export async function refuseOutage(
  {mayBeginOutage, runbook, record, stopping}: RunContext,
  turn: readonly Entry[],
): Promise<Problem | undefined> {
  const stops = mayBeginOutage && stoppingEntry(runbook);
  const isNow = stops && turn.some(({id}) => id === stops.id);
  if (!isNow || record.progress.entries.get(stops.id)?.applied) {
    return undefined;
  }
  try {
    return await mayBeginOutage(stopping);
  } catch (error) {
    if (stopping.aborted) {
      return runStopped(String(stopping.reason));
    }
    if (error instanceof SwitcharooError) {
      return error.problem;
    }
    throw error;
  }
}
