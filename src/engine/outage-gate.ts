import type {Entry} from '../model/entry.ts';
import {outageSpan} from '../model/outage-span.ts';
import type {Problem} from '../model/problem.ts';
import type {RunContext} from './context.ts';
import {hasOutageBegun} from './old-evidence.ts';

/** Why the outage must not begin with this turn: others that share systems or people with the run decide about it. */
export async function refuseOutage(
  context: RunContext,
  turn: readonly Entry[],
): Promise<Problem | undefined> {
  const {mayBeginOutage, runbook, record, stopping} = context;
  const {outage} = runbook.head;
  const span = outage && outageSpan(outage, runbook.entries);
  const begins = span && turn.some(({id}) => id === span.begins);
  return mayBeginOutage && begins && !hasOutageBegun(runbook, record.progress)
    ? mayBeginOutage(stopping)
    : undefined;
}
