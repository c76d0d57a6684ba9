import {askReversalLosses} from '../engine/reversal-loss.ts';
import {askUpkeep} from '../engine/upkeep.ts';
import {appliedEntries, type Progress} from '../model/progress.ts';
import type {ReversalLossAnswer} from '../model/reversal-loss.ts';
import {messageOf} from '../model/thrown.ts';
import type {UpkeepAnswer} from '../model/upkeep.ts';
import type {Host, StopSignals} from './host.ts';
import {openWorld} from './open-world.ts';

/** What the targets say of a run. Targets that cannot be reached are part of the answer. */
export interface TargetAnswers {
  /** Whether a reversal would lose data now. */
  readonly losses: readonly ReversalLossAnswer[];
  /** Whether what later entries rely on is still in place. */
  readonly upkeep: readonly UpkeepAnswer[];
}

/**
 * Asks the targets about a run; `null` when it has changed nothing, or is done and cannot be reversed. Behind the point
 * of no return nothing is reversed, and no loss is asked for; later entries still rely on what is in place.
 */
export async function askTargets(
  host: Host,
  progress: Progress,
  {stopping, aborting}: StopSignals,
): Promise<TargetAnswers | null> {
  const {passedPointOfNoReturn: isPassed} = progress;
  if ((isPassed && progress.outcome === 'done') || appliedEntries(progress).length === 0) {
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
      const [losses, upkeep] = await Promise.all([
        isPassed ? [] : askReversalLosses(opened.world, progress, signal),
        progress.reversingTo ? [] : askUpkeep(opened.world, progress, signal),
      ]);
      return opened.redactor.value({losses, upkeep});
    } finally {
      await opened.close();
    }
  } catch (error) {
    // Whatever it was, the state of the run is known all the same.
    const unknown = {entry: '', because: [`${messageOf(error)}.`]};
    return isPassed
      ? {losses: [], upkeep: [{...unknown, is: 'unknown'}]}
      : {losses: [{...unknown, lossless: 'unknown'}], upkeep: []};
  }
}

/** Nobody waits longer for a status. */
const limitMs = 20_000;
