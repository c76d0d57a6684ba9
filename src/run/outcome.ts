import type {RunOutcome} from '../engine/run-outcome.ts';
import type {Lock} from '../journal/contract.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import {appliedEntries, type Progress} from '../model/progress.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';

/** The plan was not approved, so nothing was done. */
interface Declined {
  readonly kind: 'declined';
  /** Who was asked. */
  readonly by: string;
}

export type RunResult = RunOutcome | Declined;

/** The state of the world as an exit code; a run that never began has no progress. */
export function exitCodeFor(progress: Progress | undefined, result: RunResult): ExitCode {
  const isChanged = hasChanges(progress);
  switch (result.kind) {
    case 'done':
    case 'reached':
      return exitCodes.done;
    case 'declined':
    case 'paused':
      return pausedExitCode(progress);
    case 'reversed':
      if (!result.problem) {
        return exitCodes.done;
      }
      return isChanged ? exitCodes.halfWay : exitCodes.reversed;
    case 'reverse-failed':
      return exitCodes.reverseFailed;
  }
}

/** Of a run that was left as it is. */
export const pausedExitCode = (progress: Progress | undefined): ExitCode =>
  hasChanges(progress) ? exitCodes.halfWay : exitCodes.blocked;

const hasChanges = (progress: Progress | undefined): boolean =>
  progress !== undefined && appliedEntries(progress).length > 0;

/**
 * What the journal or the lock refuses is an outcome too: the changes in place must be reported all the same. A process
 * that no longer holds its lock says that, whatever else ended it: the run is somebody else's now.
 */
export async function asOutcome<Result>(
  work: () => Promise<Result>,
  lock?: Lock,
): Promise<Result | Extract<RunOutcome, {readonly kind: 'paused'}>> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SwitcharooError) {
      return {kind: 'paused', problem: lossOf(lock) ?? error.problem};
    }
    throw error;
  }
}

function lossOf(lock: Lock | undefined): Problem | undefined {
  try {
    lock?.assertHeld();
    return undefined;
  } catch (error) {
    // One that cannot be read is lost to nobody.
    const isLost = error instanceof SwitcharooError && error.problem.code === 'lock-lost';
    return isLost ? error.problem : undefined;
  }
}
