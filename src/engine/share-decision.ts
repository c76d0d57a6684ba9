import {type Problem, SwitcharooError} from '../model/problem.ts';
import type {RunContext} from './context.ts';
import {runStopped} from './problems.ts';

/**
 * What somebody decided is where other hosts find it before the next thing happens. Gives the problem when the store is
 * away, or the run is told to stop meanwhile: it pauses, and shares the decision when it continues. With `mayGoAlone`,
 * a run that a person lets go on alone waits for no store.
 */
export async function shareDecision(
  {record, aborting, stopping}: Pick<RunContext, 'record' | 'aborting' | 'stopping'>,
  mayGoAlone = false,
): Promise<Problem | undefined> {
  try {
    await record.shared(aborting);
    return undefined;
  } catch (error) {
    if (error instanceof SwitcharooError && error.problem.code === 'store-unreachable') {
      return mayGoAlone && record.progress.isNotShared ? undefined : error.problem;
    }
    if (aborting.aborted && !(error instanceof SwitcharooError)) {
      return runStopped(String(stopping.reason));
    }
    throw error;
  }
}
