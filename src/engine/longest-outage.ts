import type {RunContext} from './context.ts';
import {type Decision, decide, reverseAfter} from './decision.ts';
import {entryAtWork, losslessEnd} from './outage-limit.ts';
import {outageTooLong} from './problems.ts';
import {pause, type RunOutcome} from './run-outcome.ts';

/** An action that was ended may write for as long: the contract of an action. */
const lastWriteMs = 1_000;

/** Ends an outage that lasts too long where that loses nothing. Otherwise somebody has to decide. */
export async function afterLongestOutage(
  context: RunContext,
  limitMs: number,
  paused: Extract<RunOutcome, {kind: 'paused'}>,
): Promise<RunOutcome | 'again'> {
  if (context.stopping.aborted) {
    return pause(context, paused.problem);
  }
  context.record.add({kind: 'outage-limit-passed', limitMs});
  const problem = outageTooLong(limitMs);
  await context.clock.sleep(lastWriteMs, context.aborting);
  const end = losslessEnd(context);
  if (end) {
    return reverseAfter(context, {choice: 'reverse', to: end.to, declared: true}, problem);
  }
  const entry = entryAtWork(context);
  return entry ? goOn(await decide(context, entry, problem)) : pause(context, problem);
}

const goOn = (decision: Decision): RunOutcome | 'again' =>
  decision === 'again-from-start' ? 'again' : decision;
