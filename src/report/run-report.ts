import type {FactOf, JournalEntry} from '../model/journal.ts';
import type {Problem} from '../model/problem.ts';
import {
  type EntryProgress,
  type EntryState,
  type Progress,
  progressAfter,
  type RunOutcome,
} from '../model/progress.ts';
import {appliedTexts} from './status.ts';

/** What the clients counted: every write that was acknowledged, and what became of it. */
export interface WriteCount {
  readonly acknowledged: number;
  readonly lost: number;
  readonly duplicated: number;
  /** Writes that were refused or got no answer: each may be tried again by its client, and counts in the outage. */
  readonly failed?: number;
  /** What became of the last one that failed. */
  readonly lastFailure?: string;
}

/** What became of the clients' reads. */
export interface ReadCount {
  readonly answered: number;
  readonly failed: number;
  readonly lastFailure?: string;
}

/** What became of lookups of names in the lab. */
export interface LookupCount {
  readonly right: number;
  readonly wrong: number;
}

export interface ReportOptions {
  /** SHA-256 of the journal's last line. */
  readonly head?: string;
  /** The last comparable run: its durations are shown beside this one's. */
  readonly earlier?: RunReport;
  readonly outageMs?: number;
  readonly writes?: WriteCount;
  readonly reads?: ReadCount;
  readonly lookups?: LookupCount;
}

export interface Span {
  readonly fromUtc: string;
  readonly toUtc: string;
}

/** A stretch of time in which one entry was at work. Retries and reversals have stretches of their own. */
export interface Stretch extends Span {
  readonly way: 'forward' | 'reverse';
}

/** `passed`: it was done and changed nothing, and after a reversal it would have to be done again. */
export type ReportState = EntryState | 'passed';

export interface EntryReport {
  readonly id: string;
  readonly phase: string;
  readonly unit: string;
  readonly state: ReportState;
  /** Of machines: without the time that people took to answer, and without time in which nothing ran. */
  readonly durationMs: number;
  readonly answeringMs: number;
  /** `durationMs` in the earlier run, if it was done there. */
  readonly earlierMs?: number;
  readonly changedByRun: boolean;
  readonly performed: readonly string[];
  readonly stretches: readonly Stretch[];
  readonly problem?: Problem;
}

export interface AnswerReport {
  readonly atUtc: string;
  readonly entry: string | null;
  readonly question: string;
  readonly answer: string;
  readonly by: string;
  readonly tookMs: number;
}

/** A whole run as one JSON document. It is a fold of the journal, plus what clients measured. */
export interface RunReport {
  readonly run: string;
  readonly outcome: RunOutcome;
  readonly runbook: string;
  readonly inventory: {readonly name: string; readonly protected: boolean};
  readonly rehearsal: boolean;
  readonly operator: string;
  readonly startedAtUtc: string;
  readonly endedAtUtc: string;
  readonly totalMs: number;
  readonly machineMs: number;
  readonly answeringMs: number;
  /** Paused, or dead: from the last entry of one process to the first of the next. */
  readonly idleMs: number;
  readonly idle: readonly Span[];
  readonly outageMs?: number;
  readonly writes?: WriteCount;
  readonly reads?: ReadCount;
  readonly lookups?: LookupCount;
  readonly entries: readonly EntryReport[];
  readonly answers: readonly AnswerReport[];
  readonly checkpoints: readonly {readonly name: string; readonly atUtc: string}[];
  readonly passedPointOfNoReturn: boolean;
  readonly applied: readonly string[];
  readonly problem?: Problem;
  readonly head?: string;
}

/** Folds a journal into its report. The first entry of a journal starts the run, so there is always one. */
export function reportOf(entries: readonly JournalEntry[], options: ReportOptions = {}): RunReport {
  const fold = entries.reduce<ReportFold | undefined>(foldAfter, undefined);
  if (!fold) {
    throw new TypeError('A journal without a first entry has no report.');
  }
  const entriesReport = [...fold.progress.entries.values()].map((entry) => {
    const work = closed(fold.work.get(entry.id) ?? noWork, fold.progress.lastAt.toISOString());
    return entryReport(entry, work, options.earlier);
  });
  return {...factsOf(fold), ...measuredOf(options), entries: entriesReport};
}

type Gap = 'machine' | 'answering' | 'away';

interface Work {
  readonly durationMs: number;
  readonly answeringMs: number;
  readonly stretches: readonly Stretch[];
  /** Set while it is at work. */
  readonly open?: {readonly way: 'forward' | 'reverse'; readonly fromUtc: string};
}

interface ReportFold {
  readonly progress: Progress;
  readonly spentMs: Readonly<Record<Gap, number>>;
  readonly away: readonly Span[];
  readonly work: ReadonlyMap<string, Work>;
  readonly answers: readonly AnswerReport[];
  readonly checkpoints: readonly {readonly name: string; readonly atUtc: string}[];
}

const noWork: Work = {durationMs: 0, answeringMs: 0, stretches: []};

function foldAfter(fold: ReportFold | undefined, entry: JournalEntry): ReportFold | undefined {
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
  return entry.kind === 'answered' ? 'answering' : 'machine';
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

function closed({open, ...was}: Work, toUtc: string): Work {
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

function factsOf({
  progress,
  spentMs,
  away,
  answers,
  checkpoints,
}: ReportFold): Omit<RunReport, 'entries'> {
  const {run, startedAt, lastAt} = progress;
  return {
    run: run.run,
    outcome: progress.outcome,
    runbook: run.runbook.name,
    inventory: {name: run.inventory.name, protected: run.inventory.protected},
    rehearsal: run.rehearsal,
    operator: `${run.operator.user}@${run.operator.host}`,
    startedAtUtc: startedAt.toISOString(),
    endedAtUtc: lastAt.toISOString(),
    totalMs: lastAt.getTime() - startedAt.getTime(),
    machineMs: spentMs.machine,
    answeringMs: spentMs.answering,
    idleMs: spentMs.away,
    idle: away,
    answers,
    checkpoints,
    passedPointOfNoReturn: progress.passedPointOfNoReturn,
    applied: appliedTexts(progress),
    ...(progress.problem ? {problem: progress.problem} : {}),
  };
}

function measuredOf({head, outageMs, writes, reads, lookups}: ReportOptions): Partial<RunReport> {
  return {
    ...(head === undefined ? {} : {head}),
    ...(outageMs === undefined ? {} : {outageMs}),
    ...(writes === undefined ? {} : {writes}),
    ...(reads === undefined ? {} : {reads}),
    ...(lookups === undefined ? {} : {lookups}),
  };
}

function entryReport(
  entry: EntryProgress,
  work: Work,
  earlier: RunReport | undefined,
): EntryReport {
  const then = earlier?.entries.find(({id, state}) => id === entry.id && state === 'done');
  return {
    id: entry.id,
    phase: entry.phase,
    unit: entry.unit,
    state: entry.state === 'not-started' && work.stretches.length > 0 ? 'passed' : entry.state,
    durationMs: work.durationMs,
    answeringMs: work.answeringMs,
    ...(then ? {earlierMs: then.durationMs} : {}),
    changedByRun: entry.changedByRun,
    performed: entry.performed,
    stretches: work.stretches,
    ...(entry.problem ? {problem: entry.problem} : {}),
  };
}
