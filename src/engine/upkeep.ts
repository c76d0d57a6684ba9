import type {Progress} from '../model/progress.ts';
import type {UpkeepAnswer, UpkeepVerdict} from '../model/upkeep.ts';
import type {Difference} from '../model/verdict.ts';
import type {World} from './context.ts';
import {inputOf, knownOutputs} from './known-values.ts';
import {type CheckResult, lookOf, problemOfCheck, withinLookLimit} from './look.ts';
import {type UpkeepDue, upkeepDue} from './upkeep-due.ts';

export interface UpkeepLook {
  readonly look: CheckResult['look'];
  readonly verdict: UpkeepVerdict;
}

/** Looks whether it is still in place. Throws what the look throws. */
export async function lookAtUpkeep(
  world: World,
  progress: Progress,
  {entry, upkeep}: UpkeepDue,
  signal: AbortSignal,
): Promise<UpkeepLook> {
  const state = progress.entries.get(entry.id);
  const input = inputOf(entry, world.params, knownOutputs(progress, world.runbook.entries));
  if (input.kind !== 'known') {
    return {look: undefined as never, verdict: {kind: 'holds'}}; // it is done: its input was known
  }
  const {before, appliedAt: startedAt, output, doneAt: at = progress.startedAt} = state ?? {};
  const request = {entry, input: input.input, started: true, startedAt, before};
  return withinLookLimit(world, signal, async (limited) => {
    const look = await lookOf(world, request, limited);
    const verdict = await upkeep.check(look, {output: entry.unit.output.parse(output), at});
    return {look, verdict};
  });
}

/** What is still in place of what later entries rely on, entry by entry. Changes nothing. */
export async function askUpkeep(
  world: World,
  progress: Progress,
  signal: AbortSignal,
): Promise<readonly UpkeepAnswer[]> {
  return Promise.all(
    upkeepDue(world, progress).map(async (due): Promise<UpkeepAnswer> => {
      const entry = due.entry.id;
      try {
        const {verdict} = await lookAtUpkeep(world, progress, due, signal);
        switch (verdict.kind) {
          case 'holds':
            return {entry, is: 'in-place', because: []};
          case 'lapsed':
            return {entry, is: 'lapsed', because: [lapseText(verdict)]};
          case 'blocked':
            return {entry, is: 'lost', because: [verdict.reason]};
        }
      } catch (error) {
        return {entry, is: 'unknown', because: [problemOfCheck(entry, error).message]};
      }
    }),
  );
}

/** "aurora read_only is OFF and should be ON, since its restart at 03:14:15 UTC." */
export const lapseText = ({
  differences,
  since,
}: {
  readonly differences: readonly Difference[];
  readonly since: string;
}): string =>
  `${differences.map(({what, is, shouldBe}) => `${what} is ${is} and should be ${shouldBe}`).join('; ')}, ${since}.`;
