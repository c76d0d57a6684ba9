import type {RunContext} from '../engine/context.ts';
import {SwitcharooError} from '../model/problem.ts';

/** Journals that the run pauses when its systems were lost to another run: its journal is still its own. */
export async function journalingLoss<Result>(
  {record}: Pick<RunContext, 'record'>,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SwitcharooError && error.problem.code === 'claim-lost') {
      record.add({kind: 'run-paused', problem: error.problem});
    }
    throw error;
  }
}
