import {reopenSharedLog} from '../journal/open-shared-log.ts';
import {readJournal} from '../journal/read-journal.ts';
import type {Pauses} from '../journal/time-limit.ts';
import type {ObjectStore} from '../model/object-store.ts';
import {SwitcharooError} from '../model/problem.ts';
import {progressOf} from '../model/progress.ts';
import type {Host} from './host.ts';
import {isOver} from './past-runs.ts';

interface Ended {
  readonly host: Pick<Host, 'state'>;
  readonly store: ObjectStore;
  readonly clock: Pauses;
  /** Those that may be over, newest first. */
  readonly runs: readonly string[];
}

/** Earlier commands have checked the older ones. */
const mostRuns = 5;

/**
 * Shares what the newest runs wrote when they ended and the store was away: other hosts would take them for unfinished.
 * Returns the runs that are now complete in the store. A store that does not answer changes nothing.
 */
export async function shareEnded(
  {host: {state}, store, clock, runs}: Ended,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const shared: string[] = [];
  for (const run of runs.slice(0, mostRuns)) {
    try {
      const {entries} = readJournal(state.journalOf(run), state.disk);
      const progress = progressOf(entries);
      // The lab of a rehearsal has a store of its own, which always has the same name.
      const isHere = progress?.run.storePlace === store.place && !progress.run.rehearsal;
      // The store may not have heard of a take-over that failed: only its repetition may tell.
      const isTaking = progress?.notBefore !== undefined;
      if (progress && isOver(progress) && isHere && !isTaking) {
        const log = await reopenSharedLog({store, run, clock}, entries, signal);
        if (log.lacks(entries)) {
          await log.add(entries, signal);
          shared.push(run);
        }
      }
    } catch (error) {
      // It is damaged, was continued elsewhere, or the store is away again: the next command tries again.
      signal.throwIfAborted();
      if (error instanceof SwitcharooError && error.problem.code === 'store-unreachable') {
        break;
      }
    }
  }
  return shared;
}
