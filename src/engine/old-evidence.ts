import {confirm} from '../model/confirm.ts';
import {durationText} from '../model/duration.ts';
import type {Entry} from '../model/entry.ts';
import {elapsedMs} from '../model/moment.ts';
import {doVisitorsWait} from '../model/outage.ts';
import {outageSpan} from '../model/outage-span.ts';
import type {PlanLine} from '../model/plan.ts';
import type {EntryProgress, Progress} from '../model/progress.ts';
import type {AnyRunbook} from '../model/runbook.ts';

/** Gates before this turn that must prove again what they have proven, before a person is asked to go on. */
export function oldEvidenceBefore(
  {entries}: AnyRunbook,
  [first]: readonly Entry[],
  {progress, now, isInOutage}: {progress: Progress; now: Date; isInOutage: boolean},
): readonly Entry[] {
  if (first?.unit !== confirm || isInOutage) {
    return [];
  }
  return entries.slice(0, entries.indexOf(first)).filter((entry: Entry) => {
    const state = progress.entries.get(entry.id);
    // It may have failed, or been stopped, when it was checked again.
    const isOpen = state?.state === 'failed' || state?.state === 'checking';
    return entry.freshForMs !== undefined && (isOpen || ageOver(entry, state, now) !== null);
  });
}

type Window = Parameters<typeof outageSpan>[0];
type Entries = Parameters<typeof outageSpan>[1];

/** From the first entry of the outage on, and in a hold before it, there is no time to prove anything again. */
export function hasOutageBegun(
  {
    head,
    entries,
  }: {readonly head: {readonly outage?: Window | undefined}; readonly entries: Entries},
  progress: Progress,
): boolean {
  const span = head.outage && outageSpan(head.outage, entries);
  const hasBegun = span !== undefined && (progress.entries.get(span.begins)?.applied ?? false);
  return hasBegun || doVisitorsWait(progress);
}

/** The line of a gate that is done, and whose evidence is too old; `null` while it counts. */
export function oldEvidenceLine(
  line: PlanLine,
  entry: Entry,
  {state, now}: {state: EntryProgress; now: Date},
): PlanLine | null {
  const ageMs = ageOver(entry, state, now);
  return ageMs === null
    ? null
    : {
        ...line,
        outlook: 'wait',
        remarks: [
          `${entry.id} was done ${durationText(ageMs)} ago, and counts for ${durationText(entry.freshForMs ?? 0)}: it is checked again before the next question.`,
        ],
      };
}

function ageOver({freshForMs}: Entry, state: EntryProgress | undefined, now: Date): number | null {
  if (freshForMs === undefined || state?.state !== 'done' || !state.doneAt) {
    return null;
  }
  const ageMs = elapsedMs(state.doneAt, now);
  return ageMs > freshForMs ? ageMs : null;
}
