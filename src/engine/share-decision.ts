import {type Problem, SwitcharooError} from '../model/problem.ts';
import type {RunContext} from './context.ts';

/**
 * What somebody decided is where other hosts find it before the next thing happens. Gives the problem when the store is
 * away: the run is to pause, and shares the decision when it goes on.
 */
export async function shareDecision({
  record,
  aborting,
}: Pick<RunContext, 'record' | 'aborting'>): Promise<Problem | undefined> {
  try {
    await record.shared(aborting);
    return undefined;
  } catch (error) {
    if (error instanceof SwitcharooError && error.problem.code === 'store-unreachable') {
      return error.problem;
    }
    throw error;
  }
}
