import type {Entry} from '../../model/entry.ts';
import type {Fact, FactOf} from '../../model/journal.ts';
import type {AnyRunbook} from '../../model/runbook.ts';

/** The entries that run together with this one, and itself. */
export function turnOf(runbook: AnyRunbook, id: string): ReadonlySet<string> {
  const entries: readonly Entry[] = runbook.entries;
  const entry = entries.find((other) => other.id === id);
  const beside = entries.filter(
    ({group, phase}) => group !== undefined && group === entry?.group && phase === entry.phase,
  );
  return new Set([id, ...beside.map((other) => other.id)]);
}

/** Whether the fact shows an entry at work: a turn starts with it. */
export const isOfTurn = (
  fact: Fact,
): fact is FactOf<'entry-started' | 'entry-failed' | 'entry-reversing' | 'reverse-failed'> =>
  ['entry-started', 'entry-failed', 'entry-reversing', 'reverse-failed'].includes(fact.kind);
