import type {Entry} from '../model/entry.ts';
import type {Progress} from '../model/progress.ts';
import type {ReversalLoss, ReversalLossAnswer} from '../model/reversal-loss.ts';
import type {World} from './context.ts';
import {inputOf, knownOutputs} from './known-values.ts';
import {lookOf, problemOfCheck, withinLookLimit} from './look.ts';

/**
 * Asks every applied entry that can tell whether its reversal would lose anything now. Changes
 * nothing.
 */
export async function askReversalLosses(
  world: World,
  progress: Progress,
  signal: AbortSignal,
): Promise<readonly ReversalLossAnswer[]> {
  const answers: ReversalLossAnswer[] = [];
  for (const entry of world.runbook.entries) {
    if (canTellReversalLoss(entry) && progress.entries.get(entry.id)?.applied) {
      answers.push(await answerOf(world, progress, entry, signal));
    }
  }
  return answers;
}

const canTellReversalLoss = ({unit}: Entry): boolean =>
  unit.kind === 'step' && unit.reversalLoss !== undefined;

async function answerOf(
  world: World,
  progress: Progress,
  entry: Entry,
  signal: AbortSignal,
): Promise<ReversalLossAnswer> {
  const notKnown = (...because: readonly string[]) =>
    ({entry: entry.id, lossless: 'unknown', because}) as const;
  if (progress.entries.get(entry.id)?.state === 'reversing') {
    // Half undone it looks like one that is broken. The reversal itself sees to it that nothing is lost.
    return notKnown(
      'Its reversal is not complete: check again when it has ended. If the reversal was interrupted, resume it.',
    );
  }
  const input = inputOf(entry, world.params, knownOutputs(progress, world.runbook.entries));
  if (input.kind !== 'known') {
    return notKnown(
      input.kind === 'invalid' ? input.problem.message : `It is known only after ${input.after}.`,
    );
  }
  const before = progress.entries.get(entry.id)?.before;
  try {
    const request = {entry, input: input.input, started: true, before};
    const {lossless, because} = await withinLookLimit(
      world,
      signal,
      async (limited): Promise<ReversalLoss> => {
        const look = await lookOf(world, request, limited);
        return entry.unit.kind === 'step' && entry.unit.reversalLoss
          ? entry.unit.reversalLoss(look)
          : {lossless: true, because: []};
      },
    );
    return {entry: entry.id, lossless: lossless ? 'yes' : 'no', because};
  } catch (error) {
    return notKnown(problemOfCheck(entry.id, error).message);
  }
}
