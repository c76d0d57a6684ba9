import {type EntryFact, type EntryProgress, entryAfter, notStarted} from './entry-progress.ts';
import type {LastingMap} from './lasting-map.ts';
import {without} from './without.ts';

/** How far the entries of a run are. */
export interface EntriesState {
  readonly entries: LastingMap<EntryProgress>;
  /** The entries that others name in `endedBy`, so that nobody has to look at all of them at each start. */
  readonly enders: readonly string[];
}

/** The same after something happened to one entry. */
export function withEntry<Run extends EntriesState>(
  progress: Run,
  id: string,
  next: (entry: EntryProgress) => EntryProgress,
): Run {
  const entry = progress.entries.get(id) ?? notStarted({id, phase: '', unit: ''});
  return {...progress, entries: progress.entries.with(id, next(entry))};
}

/** What an entry ended may be in place again once it is reversed, or tried again. */
export function withEnds<Run extends EntriesState>(before: Run, fact: EntryFact, at: Date): Run {
  const progress = withEntry(before, fact.entry, (entry) => entryAfter(entry, fact, at));
  switch (fact.kind) {
    case 'entry-done':
      return (fact.ended ?? []).reduce(
        (after, id) => withEntry(after, id, (entry) => ({...entry, endedBy: fact.entry})),
        fact.ended?.length ? {...progress, enders: [...progress.enders, fact.entry]} : progress,
      );
    case 'entry-reversing':
    case 'entry-started':
      return progress.enders.includes(fact.entry) ? withoutEnder(progress, fact.entry) : progress;
    default:
      return progress;
  }
}

const withoutEnder = <Run extends EntriesState>(progress: Run, ender: string): Run =>
  [...progress.entries.values()]
    .filter(({endedBy}) => endedBy === ender)
    .reduce<Run>((after, {id}) => withEntry(after, id, (entry) => without(entry, 'endedBy')), {
      ...progress,
      enders: progress.enders.filter((id) => id !== ender),
    });

/** A reversal checks what it reverses, and nothing else. */
export function withoutChecks(entries: EntriesState['entries']): EntriesState['entries'] {
  return [...entries.values()]
    .filter(({state, applied}) => state === 'checking' && !applied)
    .reduce((all, entry) => all.with(entry.id, notStarted(entry)), entries);
}

/** Nothing that an earlier process sent is answered any more: with `at`, it ended then at the latest. */
export function withoutAnswers<Run extends EntriesState>(run: Run, at: Date | undefined): Run {
  return [...run.entries.values()]
    .filter(({isUnanswered}) => isUnanswered)
    .reduce(
      (after, {id}) =>
        withEntry(after, id, (entry) => ({
          ...without(entry, 'isUnanswered'),
          ...(at ? {cutOffAt: at} : {}),
        })),
      run,
    );
}
