import type {Entry} from '../../model/entry.ts';
import type {Fact, FactOf} from '../../model/journal.ts';
import type {AnyRunbook} from '../../model/runbook.ts';

/** The entries that run together with this one, and itself. */
function turnOf(runbook: AnyRunbook, id: string): ReadonlySet<string> {
  const entries: readonly Entry[] = runbook.entries;
  const entry = entries.find((other) => other.id === id);
  const beside = entries.filter(
    ({group, phase}) => group !== undefined && group === entry?.group && phase === entry.phase,
  );
  return new Set([id, ...beside.map((other) => other.id)]);
}

/** Whether the fact shows an entry at work: a turn starts with it. */
const isOfTurn = (
  fact: Fact,
): fact is FactOf<'entry-started' | 'entry-failed' | 'entry-reversing' | 'reverse-failed'> =>
  ['entry-started', 'entry-failed', 'entry-reversing', 'reverse-failed'].includes(fact.kind);

/** The part of a run that one process works on. What the next turn would do first is for another process. */
export class Turn {
  /** Its entries, once the first one has started. */
  entries: ReadonlySet<string> | undefined;
  #decided = false;
  readonly #runbook: AnyRunbook;

  constructor(runbook: AnyRunbook) {
    this.#runbook = runbook;
  }

  isOver(fact: Fact): boolean {
    if (!isOfTurn(fact)) {
      return false;
    }
    const isDecided = this.#decided && fact.kind !== 'reverse-failed';
    this.entries ??= isDecided ? undefined : turnOf(this.#runbook, fact.entry);
    return isDecided || !this.entries?.has(fact.entry);
  }

  note(fact: Fact): void {
    this.#decided ||= fact.kind === 'answered' && fact.about === 'failure';
  }
}
