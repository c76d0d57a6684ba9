import type {EntryOf, JournalEntry} from '../model/journal.ts';
import type {Progress} from '../model/progress.ts';

/**
 * Where a take-over began that has not come to its end; `undefined` if there is none. Who repeats it adds others:
 * the first one is where the earlier holder was stopped.
 */
export function unfinishedTakeOver(
  entries: readonly JournalEntry[],
): EntryOf<'lock-taken-over'> | undefined {
  const end = entries.findLastIndex(({kind}) => endings.has(kind));
  // One without a time was of a lock on its own host: nobody waits for that.
  return entries
    .slice(end + 1)
    .find(
      (fact): fact is EntryOf<'lock-taken-over'> =>
        fact.kind === 'lock-taken-over' && fact.notBeforeUtc !== undefined,
    );
}

const endings = new Set<JournalEntry['kind']>(['earlier-holder-stopped', 'run-resumed']);

/** Whose process may still act: `kim@laptop`. Who only began to take the run over has not acted. */
export const earlierHolder = ({
  progress,
  entries,
}: {
  readonly progress: Pick<Progress, 'operator'>;
  readonly entries: readonly JournalEntry[];
}): string => unfinishedTakeOver(entries)?.from ?? operatorText(progress);

/** `kim@laptop` */
export const operatorText = ({operator}: Pick<Progress, 'operator'>): string =>
  `${operator.user}@${operator.host}`;
