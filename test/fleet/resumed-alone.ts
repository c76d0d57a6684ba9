import type {JournalEntry} from '../../src/model/journal.ts';
import {doVisitorsWait} from '../../src/model/outage.ts';
import {type Progress, progressAfter} from '../../src/model/progress.ts';

/**
 * The entries with which a run continued in its outage, where nobody had ordered it since the process before. `orders`:
 * when a person resumed its unit.
 */
export function resumedAlone(
  entries: readonly JournalEntry[],
  orders: readonly Date[],
): readonly number[] {
  const alone: number[] = [];
  let progress: Progress | undefined;
  let lastWorkAt = new Date(0);
  for (const entry of entries) {
    if (entry.kind === 'run-resumed' && progress && doVisitorsWait(progress)) {
      const resumedAt = new Date(entry.atUtc);
      if (!orders.some((at) => lastWorkAt <= at && at <= resumedAt)) {
        alone.push(entry.seq);
      }
    }
    progress = progressAfter(progress, entry);
    // Who resumes a run of a dead process takes its lock first.
    lastWorkAt = entry.kind === 'lock-taken-over' ? lastWorkAt : new Date(entry.atUtc);
  }
  return alone;
}
