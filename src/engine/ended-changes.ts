import type {SystemFact} from '../model/effects.ts';
import type {Entry} from '../model/entry.ts';
import {appliedEntries, type Progress} from '../model/progress.ts';
import type {RunContext, World} from './context.ts';
import {effectsOf} from './declared-effects.ts';
import {knownOutputs, readsOf} from './known-values.ts';

/** The entries of whose changes nothing is in place any more once this one is done; itself where it leaves nothing. */
export function endedWith(context: RunContext, entry: Entry): readonly string[] {
  if (entry.unit.kind !== 'step' || !entry.unit.leavesNothing) {
    return [];
  }
  const {progress} = context.record;
  const entries: readonly Entry[] = context.runbook.entries;
  const earlier = appliedEntries(progress).filter(({id, state, endedBy}) => {
    const other = entries.find((each) => each.id === id);
    return (
      other !== undefined &&
      state === 'done' &&
      endedBy === undefined &&
      hasEnded(context, progress, {later: entry, earlier: other})
    );
  });
  return [...earlier.map(({id}) => id), entry.id];
}

/** Whether the later entry ends all that the earlier one does: its own reversal brings that back. */
export function hasEnded(
  world: World,
  progress: Progress,
  {later, earlier}: {readonly later: Entry; readonly earlier: Entry},
): boolean {
  return endsAll(factsOf(world, progress, later), factsOf(world, progress, earlier));
}

export const endsAll = (later: readonly SystemFact[], earlier: readonly SystemFact[]): boolean =>
  earlier.length > 0 && earlier.every((fact) => later.some((other) => ends(other, fact)));

const factsOf = ({params, runbook}: World, progress: Progress, entry: Entry) =>
  effectsOf(entry, readsOf(entry, params, knownOutputs(progress, runbook.entries)).input);

/** The same members, but for how it is now. */
function ends(later: SystemFact, earlier: SystemFact): boolean {
  const now = Object.entries(later);
  const then = new Map<string, unknown>(Object.entries(earlier));
  const differing = now.filter(([key, value]) => then.get(key) !== value).map(([key]) => key);
  return (
    now.length === then.size && differing.length === 1 && ['is', 'are'].includes(differing[0] ?? '')
  );
}
