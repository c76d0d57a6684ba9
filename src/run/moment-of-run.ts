import type {JournalEntry} from '../model/journal.ts';
import {shifted} from '../model/moment.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import type {Progress} from '../model/progress.ts';

/** A run as far as it was at a moment: the entries until then, and the time. */
interface MomentOfRun {
  readonly entries: readonly JournalEntry[];
  readonly at: Date;
  /** What the journal says next: it may show that no process was at work any more. */
  readonly next?: JournalEntry;
}

const dayMs = 24 * 3_600_000;

/**
 * The entries of a journal up to `#41`, or up to a time: `03:12:07` is the first such time of day (UTC) since the run
 * began, and a whole time has its zone.
 */
export function momentOfRun(entries: readonly JournalEntry[], at: string): MomentOfRun {
  const [, number] = /^#(\d{1,9})$/.exec(at) ?? [];
  if (number !== undefined) {
    const last = entries[Number(number)];
    if (!last) {
      throw new SwitcharooError(entryNotInJournal(at, entries.length - 1));
    }
    return until(entries, last.seq + 1, new Date(last.atUtc));
  }
  const startUtc = entries[0]?.atUtc ?? '';
  const time = timeSince(startUtc, at);
  if (!time) {
    throw new SwitcharooError(timeNotUnderstood(at));
  }
  const timeUtc = time.toISOString();
  if (timeUtc < startUtc) {
    throw new SwitcharooError(timeBeforeRun(timeUtc, startUtc));
  }
  // A journal is printed in whole seconds: all that is printed with this one had happened.
  const endUtc = at.includes('.') ? timeUtc : `${timeUtc.slice(0, 19)}.999Z`;
  // What a host did alone was added after entries of others that are later.
  return until(entries, entries.findLastIndex(({atUtc}) => atUtc <= endUtc) + 1, time);
}

function until(entries: readonly JournalEntry[], count: number, time: Date): MomentOfRun {
  const last = new Date(entries[count - 1]?.atUtc ?? time);
  const next = entries[count];
  const at = last > time ? last : time;
  return {entries: entries.slice(0, count), at, ...(next ? {next} : {})};
}

/** Whether a process worked on the run then. One that died wrote no more: the next entry is of another. */
export function isAtWork(
  {entries, at, next}: MomentOfRun,
  {outcome}: Pick<Progress, 'outcome'>,
): boolean {
  const last = entries.at(-1);
  const isGone =
    next !== undefined && ofAnotherProcess.has(next.kind) && at > new Date(last?.atUtc ?? at);
  return (outcome === 'running' || outcome === 'reversing') && !isGone;
}

const ofAnotherProcess: ReadonlySet<JournalEntry['kind']> = new Set([
  'run-resumed',
  'tail-cut',
  'lock-taken-over',
]);

function timeSince(startUtc: string, text: string): Date | undefined {
  const [, hours, minutes, seconds = '00'] =
    /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d(?:\.\d{1,3})?))?$/.exec(text) ?? [];
  if (hours !== undefined) {
    const sameDay = new Date(`${startUtc.slice(0, 10)}T${hours}:${minutes}:${seconds}Z`);
    // A journal prints whole seconds: the second in which the run began is in the run.
    const isEarlier = sameDay.toISOString().slice(0, 19) < startUtc.slice(0, 19);
    const time = isEarlier ? shifted(sameDay, dayMs) : sameDay;
    return time.toISOString() < startUtc ? new Date(startUtc) : time;
  }
  const isZoned = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text);
  const time = new Date(text);
  return isZoned && !Number.isNaN(time.getTime()) ? time : undefined;
}

const entryNotInJournal = (at: string, last: number): Problem => ({
  code: 'moment-not-in-run',
  message: `The journal has no entry ${at}: the last one is #${last}.`,
  hint: {text: 'Find the entry with', command: 'log'},
});

const timeBeforeRun = (timeUtc: string, startUtc: string): Problem => ({
  code: 'moment-not-in-run',
  message: `${timeUtc} is before the run, which started at ${startUtc}.`,
  hint: {text: 'Find the time with', command: 'log'},
});

const timeNotUnderstood = (at: string): Problem => ({
  code: 'moment-not-in-run',
  message: `--at cannot read ${at} as a time or as the number of an entry.`,
  hint: 'Give --at as 03:12:07 (UTC), as a time like 2026-03-01T03:12:07Z, or as the number of an entry, like #41.',
});
