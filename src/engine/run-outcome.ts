import type {Problem} from '../model/problem.ts';
import type {RunContext} from './context.ts';
import {isLimitPassed} from './outage-limit.ts';

export type RunOutcome =
  | {readonly kind: 'done'}
  /** It came to the checkpoint or entry at which it was told to end. */
  | {readonly kind: 'reached'; readonly until: string}
  | {readonly kind: 'paused'; readonly problem: Problem}
  /** It was reversed, and each entry checked: because of this failure, or because somebody asked for it. */
  | {readonly kind: 'reversed'; readonly to: string | null; readonly problem?: Problem}
  | {readonly kind: 'reverse-failed'; readonly problem: Problem};

/** Leaves the run as it is; somebody must decide how it goes on. */
export function pause(context: RunContext, problem: Problem): RunOutcome {
  // What becomes of an outage that lasts too long is decided where its limit is known.
  if (!isLimitPassed(context)) {
    context.record.add({kind: 'run-paused', problem});
  }
  return {kind: 'paused', problem};
}
