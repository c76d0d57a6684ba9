import type {SystemFact} from '../model/effects.ts';
import type {Entry} from '../model/entry.ts';
import {appliedEntries} from '../model/progress.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import type {RunContext} from './context.ts';
import {effectsOf} from './declared-effects.ts';
import {knownOutputs, readsOf} from './known-values.ts';

/** The entries of whose changes nothing is in place any more once this one is done; itself where it leaves nothing. */
export function endedWith(context: RunContext, entry: Entry): readonly string[] {
  if (entry.unit.kind !== 'step' || !entry.unit.leavesNothing) {
    return [];
  }
  const {
    record: {progress},
    runbook,
  } = context;
  const own = factsOf(context, entry);
  const earlier = appliedEntries(progress).filter(({id, state, endedBy}) => {
    const facts = state === 'done' && endedBy === undefined ? factsIn(context, runbook, id) : [];
    return facts.length > 0 && facts.every((fact) => own.some((other) => ends(other, fact)));
  });
  return [...earlier.map(({id}) => id), entry.id];
}

function factsIn(context: RunContext, {entries}: AnyRunbook, id: string): readonly SystemFact[] {
  const entry = entries.find((other: Entry) => other.id === id);
  return entry ? factsOf(context, entry) : [];
}

const factsOf = ({params, record: {progress}, runbook}: RunContext, entry: Entry) =>
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
