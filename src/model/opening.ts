import type {EntriesState} from './entries-fold.ts';
import {type EntryProgress, isNamedIn} from './entry-progress.ts';
import type {FactOf, JournalEntry} from './journal.ts';
import {without} from './without.ts';

/** What may have let the new side accept writes, by this run or by hand. */
export interface OpeningState extends EntriesState {
  readonly run: FactOf<'run-started'>;
  /**
   * Entries of `until` and `promoted` that were done, skipped or reversed, until everything is as before the outage:
   * what the new side has accepted meanwhile stays written when such an entry is reversed or its skip withdrawn.
   */
  readonly opened?: readonly string[];
}

/**
 * The entries since which the new side may have writes of its own. One that was skipped may have been done by hand, and
 * one that found nothing to change was done by somebody else.
 */
export function openedEntries({run, entries, opened = []}: OpeningState): readonly string[] {
  const names = openingNames(run);
  return names.length === 0
    ? []
    : [...entries.values()]
        .filter(isNamedIn(names))
        .filter((entry) => isOpen(entry) || opened.includes(entry.id))
        .map(({id}) => id);
}

/** The names of entries or units that let the new side accept writes. */
export const openingNames = ({runbook: {outage}}: FactOf<'run-started'>): readonly string[] =>
  outage ? [...outage.until, ...(outage.promoted ?? [])] : [];

export function withOpened<Run extends OpeningState>(progress: Run, fact: JournalEntry): Run {
  switch (fact.kind) {
    case 'entry-done':
    case 'entry-skipped':
    case 'entry-reversed': {
      const {run, entries, opened = []} = progress;
      const entry = entries.get(fact.entry);
      return entry && !opened.includes(entry.id) && isNamedIn(openingNames(run))(entry)
        ? {...progress, opened: [...opened, entry.id]}
        : progress;
    }
    case 'run-reversed':
      return progress.opened ? afterReversal(progress, progress.opened) : progress;
    default:
      return progress;
  }
}

/** Where the outage is over, the reversal has taken back or lost what was written: only what is open still counts. */
function afterReversal<Run extends OpeningState>(progress: Run, opened: readonly string[]): Run {
  const {run, entries} = progress;
  const isClosing = isNamedIn(run.runbook.outage?.from ?? []);
  if ([...entries.values()].some((entry) => entry.applied && isClosing(entry))) {
    return progress;
  }
  const left = opened.filter((id) => {
    const entry = entries.get(id);
    return entry !== undefined && isOpen(entry);
  });
  return left.length > 0 ? {...progress, opened: left} : (without(progress, 'opened') as Run); // it is optional
}

const isOpen = ({applied, state}: EntryProgress): boolean =>
  applied || state === 'done' || state === 'skipped';
