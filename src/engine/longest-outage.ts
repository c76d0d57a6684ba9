import {outageLimit} from '../model/outage-limit.ts';
import type {RunContext} from './context.ts';
import {type Decision, decide, reverseAfter} from './decision.ts';
import {endOfOutage, entryAtWork} from './outage-limit.ts';
import {outageTooLong} from './problems.ts';
import {pause, type RunOutcome} from './run-outcome.ts';

/** An action that was ended may write for as long: the contract of an action. */
const lastWriteMs = 1_000;

/** Ends an outage that lasts too long where that loses nothing. Otherwise somebody has to decide. */
export async function afterLongestOutage(
  context: RunContext,
  paused: Extract<RunOutcome, {kind: 'paused'}>,
): Promise<RunOutcome | 'again'> {
  if (context.stopping.aborted) {
    return pause(context, paused.problem);
  }
  const {progress, outage} = context.record;
  const limitMs = outageLimit(progress, outage)?.limitMs ?? progress.longestOutageMs ?? 0;
  context.record.add({kind: 'outage-limit-passed', limitMs});
  await context.clock.sleep(lastWriteMs, context.aborting);
  const end = endOfOutage(context);
  const problem = outageTooLong(limitMs, end !== undefined);
  if (end) {
    return reverseAfter(context, {choice: 'reverse', to: end.to, declared: true}, problem);
  }
  const entry = entryAtWork(context);
  return entry ? goOn(await decide(context, entry, problem)) : pause(context, problem);
}

const goOn = (decision: Decision): RunOutcome | 'again' =>
  decision === 'again-from-start' ? 'again' : decision;
