import type {Entry} from '../model/entry.ts';
import type {Progress} from '../model/progress.ts';
import {needsOf} from './known-values.ts';

interface Request {
  readonly entries: readonly Entry[];
  readonly params: unknown;
  readonly progress: Progress | undefined;
  /** The entries that are not done, and will not be. */
  readonly skipped: readonly string[];
}

/** By later entry that cannot be done, in the order of the runbook: the skipped entries that it needs. */
export function entriesLostWith({
  entries,
  params,
  progress,
  skipped,
}: Request): ReadonlyMap<string, readonly string[]> {
  const causes = new Map<string, readonly string[]>(skipped.map((id) => [id, [id]]));
  if (skipped.length === 0) {
    return causes;
  }
  const first = entries.findIndex(({id}) => causes.has(id));
  for (const entry of entries.slice(first + 1)) {
    const {id} = entry;
    if (causes.has(id) || progress?.entries.get(id)?.state === 'done') {
      continue;
    }
    const needs = needsOf(entry, params, progress, entries);
    const because = [...new Set(needs.flatMap((need) => causes.get(need) ?? []))];
    if (because.length > 0) {
      causes.set(id, because);
    }
  }
  for (const id of skipped) {
    causes.delete(id);
  }
  return causes;
}
