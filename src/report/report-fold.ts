import type {FactOf, JournalEntry} from '../model/journal.ts';
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

type Gap = 'machine' | 'answering' | 'away';

export interface Work {
  readonly durationMs: number;
  readonly answeringMs: number;
  readonly stretches: readonly Stretch[];
  /** Set while it is at work. */
  readonly open?: {readonly way: 'forward' | 'reverse'; readonly fromUtc: string};
}

/** What a report needs of a journal, as far as it is read. */
export interface ReportFold {
  readonly progress: Progress;
  readonly spentMs: Readonly<Record<Gap, number>>;
  readonly away: readonly Span[];
  readonly work: ReadonlyMap<string, Work>;
  readonly answers: readonly AnswerReport[];
  readonly checkpoints: readonly {readonly name: string; readonly atUtc: string}[];
}

export const noWork: Work = {durationMs: 0, answeringMs: 0, stretches: []};

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
    return {progress, spentMs, away: [], work: new Map(), answers: [], checkpoints: []};
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

function withTurn(was: Work, {kind, atUtc}: JournalEntry, answeringMs: number): Work {
  switch (kind) {
    case 'entry-started':
      return {...closed(was, atUtc), open: {way: 'forward', fromUtc: atUtc}};
    case 'entry-reversing':
      return {...closed(was, atUtc), open: {way: 'reverse', fromUtc: atUtc}};
    case 'entry-done':
    case 'entry-failed':
    case 'entry-skipped':
    case 'entry-reversed':
    case 'reverse-failed':
      return closed(was, atUtc);
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
