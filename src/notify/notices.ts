import {clockUtc, durationText} from '../model/duration.ts';
import {hintText, shellWord} from '../model/hint.ts';
import type {EntryOf, FactOf, JournalEntry} from '../model/journal.ts';
import {elapsedMs} from '../model/moment.ts';
import type {Notice, NoticeEvent} from '../model/notice.ts';
import {noOutage, type Outage, outageAfter} from '../model/outage.ts';
import {outageLimit} from '../model/outage-limit.ts';
import {placeText} from '../model/place.ts';
import type {Problem} from '../model/problem.ts';
import {appliedEntries, type Progress, progressAfter} from '../model/progress.ts';
import type {OperatorName} from '../model/run-started.ts';

/** A journal as far as it is read. */
export interface NoticeFold {
  readonly progress?: Progress;
  readonly outage: Outage;
  /** Whose process works on the run, or was the last to do it. */
  readonly operator?: OperatorName;
}

export const noEntries: NoticeFold = {outage: noOutage};

/** A notice, and the number of the journal entry that it is about. */
export interface NumberedNotice {
  readonly seq: number;
  readonly notice: Notice & {readonly event: NoticeEvent};
}

/** The next entry of a journal, and the notices of it. `stateFolder`: where the journal is. */
export function noticesAfter(
  before: NoticeFold,
  entry: JournalEntry,
  stateFolder: string,
): {readonly fold: NoticeFold; readonly notices: readonly NumberedNotice[]} {
  const progress = progressAfter(before.progress, entry);
  if (!progress) {
    return {fold: before, notices: []};
  }
  const window = progress.run.runbook.outage;
  const outage = window ? outageAfter(before.outage, progress, window) : before.outage;
  const {operator} = entry.kind === 'run-started' || entry.kind === 'run-resumed' ? entry : before;
  const context = {
    progress,
    outage,
    entry,
    stateFolder,
    operator: operator ?? progress.run.operator,
  };
  // In the order in which an operator tells it: what failed comes before the outage that it ended.
  const all = [...ofEntry(context), ...ofOutage(context, before.outage)];
  return {
    fold: {progress, outage, operator: context.operator},
    notices: all.map((happened) => ({seq: entry.seq, notice: noticeOf(context, happened)})),
  };
}

interface Context {
  readonly progress: Progress;
  readonly outage: Outage;
  readonly operator: OperatorName;
  readonly stateFolder: string;
  readonly entry: JournalEntry;
}

interface Happened extends Pick<Notice, 'outage' | 'question' | 'problem'> {
  readonly event: NoticeEvent;
  /** A clause after the name of the runbook: `started by ada@ops1.` */
  readonly what: string;
  readonly details?: readonly string[];
}

function ofOutage({progress, outage, entry}: Context, before: Outage): readonly Happened[] {
  if (!before.since && outage.since) {
    const limit = outageLimit(progress, outage);
    const details = limit
      ? [`Its limit of ${durationText(limit.limitMs)} ends at ${clockUtc(limit.at)} UTC.`]
      : ['It has no limit.'];
    const what = `the outage has started. Writes have been refused since ${clockUtc(outage.since)} UTC.`;
    return [{event: 'outage-began', what, details}];
  }
  if (before.since && !outage.since) {
    const at = new Date(entry.atUtc);
    const ms = elapsedMs(before.since, at);
    const from = `from ${clockUtc(before.since)} to ${clockUtc(at)} UTC`;
    const what = `the outage is over. It lasted ${durationText(ms)}, ${from}.`;
    return [{event: 'outage-ended', what, outage: {sinceUtc: before.since.toISOString(), ms}}];
  }
  return [];
}

function ofEntry({progress, entry, outage}: Context): readonly Happened[] {
  switch (entry.kind) {
    case 'run-started':
      return [{event: 'started', what: `started by ${personOf(entry)}.`}];
    case 'run-resumed':
      return [{event: 'resumed', what: `resumed by ${personOf(entry)}.`, ...inPlace(progress)}];
    case 'asked':
      return [questionOf(entry)];
    case 'entry-failed':
      return [failureOf(`${entry.entry} failed.`, entry.problem)];
    case 'reverse-failed':
      return [
        failureOf(
          `REVERSAL FAILED at ${entry.entry}. MANUAL INTERVENTION REQUIRED.`,
          entry.problem,
        ),
      ];
    case 'outage-limit-passed':
      return [{event: 'failed', what: 'the outage has exceeded its limit.', ...inPlace(progress)}];
    case 'run-paused':
      return [pauseOf(progress, entry)];
    case 'reverse-started':
      return [{event: 'reversing', what: `the reversal to ${placeText(entry.to)} has started.`}];
    case 'run-reversed':
      return [
        {event: 'reversed', what: `reversed to ${placeText(entry.to)}.`, ...inPlace(progress)},
      ];
    case 'run-done':
      return [{event: 'done', what: doneText(progress, outage)}];
    default:
      return [];
  }
}

const personOf = ({operator: {user, host}}: FactOf<'run-started' | 'run-resumed'>): string =>
  `${user}@${host}`;

function questionOf(entry: EntryOf<'asked'>): Happened {
  const {question, details, person, atUtc, about} = entry;
  const since = `since ${clockUtc(new Date(atUtc))} UTC`;
  const asked = about === 'failure' ? 'a decision' : 'an answer';
  return {
    event: 'asks',
    what: `waiting ${since} for ${asked} from ${person}: ${question}`,
    details,
    question: {entry: entry.entry, question, person, sinceUtc: atUtc},
  };
}

const failureOf = (what: string, problem: Problem): Happened => ({
  event: 'failed',
  what,
  details: [problem.message, hintText(problem.hint)],
  problem: plain(problem),
});

function pauseOf(progress: Progress, {until, problem}: FactOf<'run-paused'>): Happened {
  const {details} = inPlace(progress);
  const {run} = progress.run;
  const next = `Continue with switcharoo resume ${run}, or reverse with switcharoo reverse ${run}.`;
  return {
    event: 'paused',
    what: until === undefined ? 'paused.' : `paused at ${until}, as requested.`,
    details: [...(problem ? [problem.message] : []), ...details, next],
    ...(problem ? {problem: plain(problem)} : {}),
  };
}

const plain = ({code, message, hint}: Problem): NonNullable<Notice['problem']> => ({
  code,
  message,
  hint: hintText(hint),
});

function inPlace(progress: Progress): {readonly details: readonly string[]} {
  const ids = appliedEntries(progress).map(({id}) => id);
  return {
    details: [
      ids.length > 0
        ? `Changes in place: ${ids.join(', ')}.`
        : 'No changes of this run are in place.',
    ],
  };
}

function doneText({startedAt, lastAt}: Progress, {totalMs}: Outage): string {
  const outage = totalMs > 0 ? `, with an outage of ${durationText(totalMs)}` : '';
  return `done after ${durationText(elapsedMs(startedAt, lastAt))}${outage}.`;
}

function noticeOf(
  {progress, outage: lasting, operator, stateFolder, entry}: Context,
  {event, what, details = [], ...about}: Happened,
): NumberedNotice['notice'] {
  const {run, runbook, inventory, rehearsal} = progress.run;
  const {since} = lasting;
  const outage =
    about.outage ??
    (since && {sinceUtc: since.toISOString(), ms: elapsedMs(since, new Date(entry.atUtc))});
  const refused =
    since && event !== 'outage-began'
      ? [`OUTAGE: writes have been refused since ${clockUtc(since)} UTC.`]
      : [];
  const parts = {
    summary: `${rehearsal ? 'Rehearsal of ' : ''}${runbook.name} on ${inventory.name}: ${what}`,
    details: [...details, ...refused],
    command: `switcharoo status ${run} --state-dir ${shellWord(stateFolder)} (on ${operator.host})`,
  };
  return {
    version: 1,
    id: `${run}/${entry.seq}/${event}`,
    event,
    atUtc: entry.atUtc,
    ...{run, runbook: runbook.name, inventory: inventory.name, protected: inventory.protected},
    ...{rehearsal, operator: `${operator.user}@${operator.host}`},
    ...parts,
    text: textOf(parts),
    ...about,
    ...(outage ? {outage} : {}),
  };
}

/** The lines of a notice that people read. */
export const textOf = ({
  summary,
  details,
  command,
}: Pick<Notice, 'summary' | 'details' | 'command'>): string =>
  [summary, ...details, `Details: ${command}`].join('\n');
