import type {FactOf, JournalEntry} from '../model/journal.ts';
import {isClosed} from '../model/outage.ts';
import {type Progress, progressAfter} from '../model/progress.ts';

export interface Span {
  readonly fromUtc: string;
  readonly toUtc: string;
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
  readonly work: ReadonlyMap<string, Work>;
  /** While nobody could write; the last one is open while `progress` is in an outage. */
  readonly outages: readonly Span[];
  readonly answers: readonly AnswerReport[];
  readonly checkpoints: readonly {readonly name: string; readonly atUtc: string}[];
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
    const none = {away: [], outages: [], answers: [], checkpoints: []};
    return {progress, spentMs, work: new Map(), ...none};
  }
  const gap = gapBefore(entry, fold.progress);
  const ms = Math.max(0, Date.parse(entry.atUtc) - fold.progress.lastAt.getTime());
  return {
    progress,
    spentMs: {...fold.spentMs, [gap]: fold.spentMs[gap] + ms},
    away:
      gap === 'away' && ms > 0
        ? [...fold.away, {fromUtc: fold.progress.lastAt.toISOString(), toUtc: entry.atUtc}]
        : fold.away,
    outages: outagesAfter(fold, progress),
    work: workAfter(fold, entry, {gap, ms}),
    answers: entry.kind === 'answered' ? [...fold.answers, answerOf(entry, ms)] : fold.answers,
    checkpoints:
      entry.kind === 'checkpoint-reached'
        ? [
            ...fold.checkpoints.filter(({name}) => name !== entry.name),
            {name: entry.name, atUtc: entry.atUtc},
          ]
        : fold.checkpoints,
  };
}

/** An outage begins and ends with an entry; meanwhile its end moves on. */
function outagesAfter(
  {outages, progress: before}: ReportFold,
  progress: Progress,
): readonly Span[] {
  const {outage} = progress.run.runbook;
  const toUtc = progress.lastAt.toISOString();
  const last = outages.at(-1);
  if (outage && last && isClosed(before, outage)) {
    return [...outages.slice(0, -1), {...last, toUtc}];
  }
  return outage && isClosed(progress, outage) ? [...outages, {fromUtc: toUtc, toUtc}] : outages;
}

/** Whose time passed before this entry was written. */
function gapBefore(entry: JournalEntry, before: Progress): Gap {
  const atRest = before.outcome !== 'running' && before.outcome !== 'reversing';
  if (atRest || betweenProcesses.has(entry.kind)) {
    return 'away';
  }
  const isUnanswered = entry.kind === 'run-paused' && before.questions.length > 0;
  return entry.kind === 'answered' || isUnanswered ? 'answering' : 'machine';
}

const betweenProcesses: ReadonlySet<JournalEntry['kind']> = new Set([
  'run-resumed',
  'tail-cut',
  'lock-taken-over',
]);

function workAfter(
  fold: ReportFold,
  entry: JournalEntry,
  {gap, ms}: {gap: Gap; ms: number},
): ReadonlyMap<string, Work> {
  const lastUtc = fold.progress.lastAt.toISOString();
  const asked = entry.kind === 'answered' ? entry.entry : null;
  const work = new Map(
    [...fold.work].map(([id, was]) =>
      // Whatever was at work when a process ended, ended with its last entry.
      gap === 'away' ? [id, closed(was, lastUtc)] : [id, id === asked ? was : worked(was, ms)],
    ),
  );
  if ('entry' in entry && entry.entry !== null) {
    const was = work.get(entry.entry) ?? noWork;
    work.set(entry.entry, withTurn(was, entry, gap === 'answering' ? ms : 0));
  }
  return work;
}

function withTurn(was: Work, entry: JournalEntry, answeringMs: number): Work {
  const {kind, atUtc} = entry;
  switch (kind) {
    case 'entry-started':
      return {...closed(was, atUtc), open: {way: 'forward', fromUtc: atUtc}};
    case 'entry-reversing':
      return {...closed(was, atUtc), open: {way: 'reverse', fromUtc: atUtc}};
    case 'entry-done':
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
    case 'answered':
      return {...was, answeringMs: was.answeringMs + answeringMs};
    default:
      return was;
  }
}

const worked = (was: Work, ms: number): Work =>
  was.open ? {...was, durationMs: was.durationMs + ms} : was;

/** The same work, ended. */
export function closed({open, ...was}: Work, toUtc: string): Work {
  return open ? {...was, stretches: [...was.stretches, {...open, toUtc}]} : was;
}

const answerOf = (entry: JournalEntry & FactOf<'answered'>, tookMs: number): AnswerReport => ({
  atUtc: entry.atUtc,
  entry: entry.entry,
  question: entry.question,
  answer: entry.answer,
  by: entry.by,
  tookMs,
});
