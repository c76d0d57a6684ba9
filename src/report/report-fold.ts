import type {EntryOf, JournalEntry} from '../model/journal.ts';
import {LastingMap} from '../model/lasting-map.ts';
import {elapsedMs, msBetween, shifted} from '../model/moment.ts';
import {isClosed} from '../model/outage.ts';
import {type Progress, progressAfter} from '../model/progress.ts';
import type {DeliveryReport} from './notices-text.ts';

export interface Span {
  readonly fromUtc: string;
  readonly toUtc: string;
}

/** A stretch of time in which nobody could write, as the journal tells it. */
export interface OutageReport extends Span {
  readonly durationMs: number;
  /** One that is not over lasts up to the last entry. */
  readonly isOver: boolean;
  /** It began in a reversal. */
  readonly isReversal?: true;
}

/** A stretch of time in which one entry was at work. Retries and reversals have stretches of their own. */
export interface Stretch extends Span {
  readonly way: 'forward' | 'reverse';
}

export interface AnswerReport {
  readonly atUtc: string;
  readonly entry: string | null;
  readonly question: string;
  readonly answer: string;
  /** Who did it, or said so, where a person was asked for that. */
  readonly note?: string;
  readonly by: string;
  readonly tookMs: number;
}

/** An attempt that failed. */
export interface FailureReport {
  readonly atUtc: string;
  readonly way: 'forward' | 'reverse';
  readonly code: string;
  readonly message: string;
}

export interface SkipReport {
  readonly atUtc: string;
  readonly reason: string;
  readonly by: string;
}

type Gap = 'machine' | 'answering' | 'away';

export interface Work {
  readonly durationMs: number;
  readonly answeringMs: number;
  readonly stretches: readonly Stretch[];
  readonly failures: readonly FailureReport[];
  /** It was done the last time. */
  readonly isDone?: boolean;
  /** The last time. */
  readonly skipped?: SkipReport;
  /** Set while it is at work. */
  readonly open?: {readonly way: 'forward' | 'reverse'; readonly fromUtc: string};
}

/** What a report needs of a journal, as far as it is read. */
export interface ReportFold {
  readonly progress: Progress;
  readonly spentMs: Readonly<Record<Gap, number>>;
  readonly away: readonly Span[];
  readonly work: LastingMap<Work>;
  /** The entries that are at work. */
  readonly open: readonly string[];
  readonly outages: readonly OutageReport[];
  readonly answers: readonly AnswerReport[];
  readonly checkpoints: readonly {readonly name: string; readonly atUtc: string}[];
  /** What became of the notices to people. */
  readonly deliveries: readonly DeliveryReport[];
}

export const noWork: Work = {durationMs: 0, answeringMs: 0, stretches: [], failures: []};

export function foldAfter(
  fold: ReportFold | undefined,
  entry: JournalEntry,
): ReportFold | undefined {
  const progress = progressAfter(fold?.progress, entry);
  if (!progress) {
    return undefined;
  }
  if (!fold) {
    const spentMs = {machine: 0, answering: 0, away: 0};
    const none = {away: [], outages: [], answers: [], checkpoints: [], deliveries: []};
    return {progress, spentMs, work: LastingMap.of(), open: [], ...none};
  }
  if (entry.kind === 'people-told') {
    return {...fold, progress, deliveries: [...fold.deliveries, ...entry.deliveries]};
  }
  if (entry.kind === 'unshared-added') {
    return {...atWorkSince(fold, entry.atUtc), progress};
  }
  const gap = gapBefore(entry, fold);
  const ms = msBetween(fold.progress.last, entry);
  const next = {
    ...{progress, deliveries: fold.deliveries},
    spentMs: {...fold.spentMs, [gap]: fold.spentMs[gap] + ms},
    away:
      gap === 'away' && ms > 0
        ? [...fold.away, {fromUtc: fold.progress.lastAt.toISOString(), toUtc: entry.atUtc}]
        : fold.away,
    outages: outagesAfter(fold, progress, ms),
    ...workAfter(fold, entry, {gap, ms}),
    answers:
      entry.kind === 'answered'
        ? [...fold.answers, answerOf(entry, fold.progress, ms)]
        : fold.answers,
    checkpoints:
      entry.kind === 'checkpoint-reached'
        ? [
            ...fold.checkpoints.filter(({name}) => name !== entry.name),
            {name: entry.name, atUtc: entry.atUtc},
          ]
        : fold.checkpoints,
  };
  return entry.kind === 'answered' && entry.tookMs ? withReading(next, entry.tookMs) : next;
}

/** What follows was done meanwhile, on a host that had lost the run: nobody was away then. */
function atWorkSince(fold: ReportFold, sinceUtc: string): ReportFold {
  const away = fold.away.flatMap(({fromUtc, toUtc}) =>
    fromUtc < sinceUtc ? [{fromUtc, toUtc: toUtc < sinceUtc ? toUtc : sinceUtc}] : [],
  );
  const msOf = (spans: readonly Span[]) =>
    spans.reduce((sum, {fromUtc, toUtc}) => sum + elapsedMs(new Date(fromUtc), new Date(toUtc)), 0);
  const {spentMs} = fold;
  const outages = fold.outages.map((each) =>
    each.isOver
      ? each
      : {...each, toUtc: sinceUtc, durationMs: msOf([{fromUtc: each.fromUtc, toUtc: sinceUtc}])},
  );
  return {
    ...{...fold, away, outages},
    spentMs: {...spentMs, away: spentMs.away - msOf(fold.away) + msOf(away)},
  };
}

/** A plan is read before this process has the journal: nothing ran, but a person was at it. */
function withReading(fold: ReportFold, readMs: number): ReportFold {
  const last = fold.away.at(-1);
  if (!last) {
    return fold;
  }
  const {fromUtc, toUtc} = last;
  const to = new Date(toUtc);
  const ms = Math.min(readMs, elapsedMs(new Date(fromUtc), to));
  const {spentMs} = fold;
  return {
    ...fold,
    spentMs: {...spentMs, away: spentMs.away - ms, answering: spentMs.answering + ms},
    away: [...fold.away.slice(0, -1), {fromUtc, toUtc: shifted(to, -ms).toISOString()}],
  };
}

/** An outage begins and ends with an entry; meanwhile its end moves on. */
function outagesAfter(
  {outages}: ReportFold,
  progress: Progress,
  ms: number,
): readonly OutageReport[] {
  const {outage} = progress.run.runbook;
  const toUtc = progress.lastAt.toISOString();
  const last = outages.at(-1);
  if (outage && last?.isOver === false) {
    const durationMs = last.durationMs + ms;
    return [
      ...outages.slice(0, -1),
      {...last, toUtc, durationMs, isOver: !isClosed(progress, outage)},
    ];
  }
  return outage && isClosed(progress, outage)
    ? [...outages, {fromUtc: toUtc, toUtc, durationMs: 0, isOver: false, ...beginOf(progress)}]
    : outages;
}

const beginOf = ({reversingTo}: Progress) =>
  reversingTo === undefined ? {} : ({isReversal: true} as const);

/** Whose time passed before this entry was written. */
function gapBefore(entry: JournalEntry, {progress: before, open}: ReportFold): Gap {
  const atRest = before.outcome !== 'running' && before.outcome !== 'reversing';
  if (atRest || betweenProcesses.has(entry.kind)) {
    return 'away';
  }
  if (entry.kind === 'answered' && !questionOf(entry, before)) {
    return 'answering';
  }
  const asked = new Set(before.questions.map(({entry: id}) => id));
  const isAtWork = open.some((id) => !asked.has(id));
  return before.questions.length > 0 && !isAtWork ? 'answering' : 'machine';
}

const betweenProcesses: ReadonlySet<JournalEntry['kind']> = new Set([
  'run-resumed',
  'tail-cut',
  'lock-taken-over',
  'earlier-holder-stopped',
  'unshared-added',
  'run-handed-over',
]);

function workAfter(
  fold: ReportFold,
  entry: JournalEntry,
  {gap, ms}: {gap: Gap; ms: number},
): Pick<ReportFold, 'work' | 'open'> {
  const lastUtc = fold.progress.lastAt.toISOString();
  const asked = new Set(fold.progress.questions.flatMap(({entry: id}) => id ?? []));
  if (entry.kind === 'answered' && entry.entry !== null) {
    asked.add(entry.entry);
  }
  let {work} = fold;
  // Only those whose work goes on, or waits for an answer, are changed by what is not theirs.
  const changing = new Set([...fold.open, ...asked]);
  for (const id of changing) {
    const was = work.get(id);
    if (was) {
      // Whatever was at work when a process ended, ended with its last entry.
      const after =
        gap === 'away'
          ? closed(was, lastUtc)
          : ended(asked.has(id) ? waited(was, ms) : worked(was, ms), entry);
      work = work.with(id, after);
    }
  }
  if ('entry' in entry && entry.entry !== null) {
    const was = work.get(entry.entry) ?? noWork;
    work = work.with(entry.entry, withTurn(was, entry));
    changing.add(entry.entry);
  }
  return {work, open: [...changing].filter((id) => work.get(id)?.open !== undefined)};
}

/** What is reversed works forward no more, nor does what the limit of an outage has ended. */
const ended = (was: Work, {kind, atUtc}: JournalEntry): Work =>
  kind === 'reverse-started' || kind === 'outage-limit-passed' ? closed(was, atUtc) : was;

function withTurn(was: Work, entry: JournalEntry): Work {
  const {kind, atUtc} = entry;
  switch (kind) {
    case 'entry-started':
      return {...closed(was, atUtc), isDone: false, open: {way: 'forward', fromUtc: atUtc}};
    case 'entry-reversing':
      return {...closed(was, atUtc), open: {way: 'reverse', fromUtc: atUtc}};
    case 'entry-done':
      return {...closed(was, atUtc), isDone: true};
    case 'entry-reversed':
      return closed(was, atUtc);
    case 'entry-failed':
    case 'reverse-failed': {
      const {code, message} = entry.problem;
      const way = kind === 'entry-failed' ? 'forward' : 'reverse';
      const failures = [...was.failures, {atUtc, way, code, message} as const];
      return closed({...was, failures}, atUtc);
    }
    case 'entry-skipped': {
      const {reason, by} = entry;
      return closed({...was, skipped: {atUtc, reason, by}}, atUtc);
    }
    default:
      return was;
  }
}

const worked = (was: Work, ms: number): Work =>
  was.open ? {...was, durationMs: was.durationMs + ms} : was;

const waited = (was: Work, ms: number): Work => ({...was, answeringMs: was.answeringMs + ms});

/** The same work, ended. */
export function closed({open, ...was}: Work, toUtc: string): Work {
  return open ? {...was, stretches: [...was.stretches, {...open, toUtc}]} : was;
}

/** The time counts from the question. Where it is not in the journal, from the entry before. */
function answerOf(entry: Answered, before: Progress, sinceLastMs: number): AnswerReport {
  const question = questionOf(entry, before);
  const {atUtc, entry: id, question: text, answer, by, note} = entry;
  const askedMs = question && elapsedMs(question.since, new Date(atUtc));
  const tookMs = entry.tookMs ?? askedMs ?? sinceLastMs;
  const given = note === undefined ? {} : {note};
  return {atUtc, entry: id, question: text, answer, ...given, by, tookMs};
}

type Answered = EntryOf<'answered'>;

const questionOf = ({entry, about}: Answered, {questions}: Progress) =>
  questions.find((open) => open.entry === entry && open.about === about);
