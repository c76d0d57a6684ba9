import {askReversalLosses} from '../engine/reversal-loss.ts';
import {appliedEntries, type Progress} from '../model/progress.ts';
import type {ReversalLossAnswer} from '../model/reversal-loss.ts';
import {messageOf} from '../model/thrown.ts';
import type {Host, StopSignals} from './host.ts';
import {openWorld} from './open-world.ts';

/**
 * Asks the targets whether a reversal would lose data now; `null` when the run has nothing to reverse. Targets that
 * cannot be
 * reached are part of the answer.
 */
export async function askReversalLoss(
  host: Host,
  progress: Progress,
  {stopping, aborting}: StopSignals,
): Promise<readonly ReversalLossAnswer[] | null> {
  if (progress.passedPointOfNoReturn || appliedEntries(progress).length === 0) {
    return null;
  }
  const {run, runbook, inventory, params, targets: targetNames} = progress.run;
  const request = {
    runbook: runbook.file,
    inventory: inventory.file,
    params: {},
    journaledParams: params,
    targetNames,
    run,
  };
  try {
    const opened = await openWorld(host, request, aborting, () => {});
    try {
      const signal = AbortSignal.any([stopping, AbortSignal.timeout(limitMs)]);
      return opened.redactor.value(await askReversalLosses(opened.world, progress, signal));
    } finally {
      await opened.close();
    }
  } catch (error) {
    // Whatever it was, the state of the run is known all the same.
    return [{entry: '', lossless: 'unknown', because: [`${messageOf(error)}.`]}];
  }
}

/** Nobody waits longer for a status. */
const limitMs = 20_000;
