import type {Range} from '../forecast/range.ts';
import type {JournalEntry} from '../model/journal.ts';
import {elapsedMs} from '../model/moment.ts';
import type {Problem} from '../model/problem.ts';
import type {EntryProgress, RunOutcome} from '../model/progress.ts';
import type {RoundTrip} from '../model/round-trip.ts';
import {appliedTexts} from './applied-text.ts';
import type {ReportState} from './labels.ts';
import type {DeliveryReport} from './notices-text.ts';
import {
  type AnswerReport,
  closed,
  type FailureReport,
  foldAfter,
  noWork,
  type OutageReport,
  type ReportFold,
  type SkipReport,
  type Span,
  type Stretch,
  type Work,
} from './report-fold.ts';
import type {RequestCount} from './request-text.ts';

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

/** All rows of the two databases, held against each other. */
interface RowCount {
  readonly compared: number;
  readonly different: number;
  /** The first of those that differ, each in words. */
  readonly first: readonly string[];
}

/** A database did not answer, so that nothing is known of its rows. */
interface RowsUnknown {
  readonly database: string;
  readonly because: string;
}

/** What became of things that somebody was told are there. */
export interface KeptCount {
  readonly promised: number;
  readonly lost: number;
  /** The first of those that are lost. */
  readonly first: readonly string[];
}

/** What else a runbook has promised to move, and to bring back in a reversal. */
export interface Kept {
  readonly documents?: KeptCount;
  /** Of queues. */
  readonly messages?: KeptCount;
  readonly sessions?: KeptCount;
}

/** What became of the clients' reads. */
interface ReadCount {
  readonly answered: number;
  readonly failed: number;
  readonly lastFailure?: string;
}

/** What became of lookups of names in the lab. */
interface LookupCount {
  readonly right: number;
  readonly wrong: number;
}

export interface HoldReport {
  readonly ms: number;
  /** How long it waited before that for the requests under way: nobody was held in that time. */
  readonly waitedMs?: number;
  /** Sequential round trips between switcharoo and the targets in the hold. */
  readonly roundTrips?: number;
}

interface ReversalReport {
  readonly hold: HoldReport;
  /** Sequential round trips while neither side accepted writes. */
  readonly roundTrips?: number;
}

/** What the clients of a rehearsal measured. */
export interface Measured {
  readonly outageMs?: number;
  readonly writes?: WriteCount;
  readonly rows?: RowCount | RowsUnknown;
  readonly kept?: Kept;
  readonly reads?: ReadCount;
  readonly lookups?: LookupCount;
  readonly requests?: RequestCount;
  /** How long new connections were held at most; absent where none were. */
  readonly hold?: HoldReport;
  /** Sequential round trips between switcharoo and the targets in the outages. */
  readonly roundTrips?: number;
  /** The same for the reversal. */
  readonly reversal?: ReversalReport;
  /** How far away the targets were for which somebody waited. */
  readonly distances?: readonly RoundTrip[];
}

/** What was forecast before a run, in ms of machine time. */
export interface ForecastFigures {
  readonly run: Range;
  readonly outage?: Range;
  readonly hold?: Range;
  /** The runs that it came from. */
  readonly basis: readonly string[];
}

export interface ReportOptions extends Measured {
  /** What was forecast before it began. */
  readonly forecast?: ForecastFigures;
  /** SHA-256 of the journal's last line. */
  readonly head?: string;
  /** The last comparable run: its durations are shown beside this one's. */
  readonly earlier?: RunReport;
}

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
  /** The attempts that failed, also when a later one was done. */
  readonly failures: readonly FailureReport[];
  /** When an operator skipped it last, and why. */
  readonly skipped?: SkipReport;
  readonly problem?: Problem;
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
  /** As the clients measured it, or else the sum of `outages`. */
  readonly outageMs?: number;
  readonly outages: readonly OutageReport[];
  readonly writes?: WriteCount;
  /** `null` where a database did not answer, so nothing is proven. */
  readonly rows?: RowCount | RowsUnknown;
  readonly kept?: Kept;
  readonly reads?: ReadCount;
  readonly lookups?: LookupCount;
  readonly requests?: RequestCount;
  readonly hold?: HoldReport;
  readonly roundTrips?: number;
  readonly reversal?: ReversalReport;
  readonly distances?: readonly RoundTrip[];
  readonly forecast?: ForecastFigures;
  readonly entries: readonly EntryReport[];
  readonly answers: readonly AnswerReport[];
  readonly checkpoints: readonly {readonly name: string; readonly atUtc: string}[];
  readonly passedPointOfNoReturn: boolean;
  readonly applied: readonly string[];
  /** Runs beside which a person let it work, with --besides. */
  readonly besides?: readonly string[];
  /** How many notices people received, and which they did not. */
  readonly notices?: {readonly delivered: number; readonly undelivered: readonly DeliveryReport[]};
  readonly problem?: Problem;
  readonly head?: string;
}

/** Folds a journal into its report. The first entry of a journal starts the run, so there is always one. */
export function reportOf(entries: readonly JournalEntry[], options: ReportOptions = {}): RunReport {
  const fold = entries.reduce<ReportFold | undefined>(foldAfter, undefined);
  if (!fold) {
    throw new TypeError('A journal without a first entry has no report.');
  }
  return reportFrom(fold, options);
}

export function reportFrom(fold: ReportFold, options: ReportOptions): RunReport {
  const entriesReport = [...fold.progress.entries.values()].map((entry) => {
    const work = closed(fold.work.get(entry.id) ?? noWork, fold.progress.lastAt.toISOString());
    return entryReport(entry, work, options.earlier);
  });
  return {...factsOf(fold), ...measuredOf(options), entries: entriesReport};
}

function factsOf({
  progress,
  spentMs,
  away,
  outages,
  answers,
  checkpoints,
  deliveries,
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
    totalMs: elapsedMs(startedAt, lastAt),
    machineMs: spentMs.machine,
    answeringMs: spentMs.answering,
    idleMs: spentMs.away,
    idle: away,
    ...(run.runbook.outage ? {outageMs: sumOf(outages)} : {}),
    outages,
    answers,
    checkpoints,
    passedPointOfNoReturn: progress.passedPointOfNoReturn,
    applied: appliedTexts(progress),
    ...(progress.besides.length > 0 ? {besides: progress.besides} : {}),
    ...noticesIn(deliveries),
    ...(progress.problem ? {problem: progress.problem} : {}),
  };
}

function noticesIn(deliveries: readonly DeliveryReport[]): Pick<RunReport, 'notices'> {
  const undelivered = deliveries.filter(({because}) => because !== undefined);
  const delivered = deliveries.length - undelivered.length;
  return deliveries.length > 0 ? {notices: {delivered, undelivered}} : {};
}

const sumOf = (outages: readonly OutageReport[]): number =>
  outages.reduce((ms, {durationMs}) => ms + durationMs, 0);

function measuredOf({earlier: _, ...measured}: ReportOptions): Partial<RunReport> {
  return measured;
}

/** After a reversal everything behind the checkpoint is to be done again, and the report tells how it was before. */
function stateIn({state}: EntryProgress, {stretches, failures, isDone}: Work): ReportState {
  if (state !== 'not-started' || stretches.length === 0) {
    return state;
  }
  if (isDone) {
    return 'passed';
  }
  return failures.length > 0 ? 'failed' : 'not-passed';
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
    state: stateIn(entry, work),
    durationMs: work.durationMs,
    answeringMs: work.answeringMs,
    ...(then ? {earlierMs: then.durationMs} : {}),
    changedByRun: entry.changedByRun,
    performed: entry.performed,
    stretches: work.stretches,
    failures: work.failures,
    ...(work.skipped ? {skipped: work.skipped} : {}),
    ...(entry.problem ? {problem: entry.problem} : {}),
  };
}
