import {z} from 'zod';
import {noticeEvents} from '../../model/notice.ts';
import type {ComparedRun, RunReport} from '../../report/index.ts';
import {document, list, problem, texts, time} from './parts.ts';
import {forecastFigures, roundTrip} from './plan.ts';

const count = z.number().int().nonnegative();
const ms = z.number();

const rows = z.union([
  z.strictObject({compared: count, different: count, first: texts}),
  z.strictObject({database: z.string(), because: z.string()}),
]);

const keptCount = z.strictObject({promised: count, lost: count, first: texts});
const kept = z.strictObject({
  documents: keptCount.exactOptional(),
  messages: keptCount.exactOptional(),
  sessions: keptCount.exactOptional(),
});

const figures = {
  made: count,
  failed: count,
  p50Ms: ms.nullable(),
  p99Ms: ms.nullable(),
  slowestMs: ms.nullable(),
};
const kinds = {
  ...figures,
  writes: z.strictObject(figures),
  reads: z.strictObject(figures),
};

const hold = z.strictObject({
  ms,
  waitedMs: ms.exactOptional(),
  roundTrips: count.exactOptional(),
});

const failedRequest = z.strictObject({
  what: z.enum(['write', 'read']),
  client: z.string(),
  address: z.string().nullable(),
  atUtc: time,
  tookMs: ms,
  reason: z.string(),
  hold: z.strictObject({began: z.enum(['before', 'in', 'after']), ms}).exactOptional(),
});

/** What the clients of a rehearsal measured. */
const measured = {
  outageMs: ms.exactOptional().describe('As the clients measured it, or else the sum of outages'),
  writes: z
    .strictObject({
      acknowledged: count,
      lost: count,
      duplicated: count,
      failed: count.exactOptional(),
      lastFailure: z.string().exactOptional(),
    })
    .exactOptional(),
  rows: rows.exactOptional(),
  kept: kept.exactOptional(),
  reads: z
    .strictObject({answered: count, failed: count, lastFailure: z.string().exactOptional()})
    .exactOptional(),
  lookups: z.strictObject({right: count, wrong: count}).exactOptional(),
  requests: z
    .strictObject({
      ...kinds,
      inCutover: z.strictObject(kinds).exactOptional(),
      beside: z.strictObject(kinds).exactOptional(),
      failures: list(failedRequest).exactOptional(),
    })
    .exactOptional(),
  hold: hold.exactOptional(),
  roundTrips: count.exactOptional(),
  reversal: z.strictObject({hold, roundTrips: count.exactOptional()}).exactOptional(),
  distances: list(roundTrip).exactOptional(),
};

const span = {fromUtc: time, toUtc: time};
const way = z.enum(['forward', 'reverse']);

const entry = z.strictObject({
  id: z.string(),
  phase: z.string(),
  unit: z.string(),
  state: z.enum([
    ...['not-started', 'checking', 'applying', 'done', 'passed', 'not-passed', 'skipped'],
    ...['failed', 'reversing', 'reversed', 'reverse-failed'],
  ] as const),
  durationMs: ms.describe('Of machines, without the time of answers'),
  answeringMs: ms,
  earlierMs: ms.exactOptional().describe('durationMs in the last comparable run'),
  changedByRun: z.boolean(),
  performed: texts,
  stretches: list(z.strictObject({...span, way})),
  failures: list(
    z.strictObject({atUtc: time, way, code: z.string(), message: z.string()}),
  ).describe('Attempts that failed, even if a later one succeeded'),
  skipped: z.strictObject({atUtc: time, reason: z.string(), by: z.string()}).exactOptional(),
  problem: problem.exactOptional(),
});

const answer = z.strictObject({
  atUtc: time,
  entry: z.string().nullable(),
  question: z.string(),
  answer: z.string(),
  note: z.string().exactOptional(),
  by: z.string(),
  tookMs: ms,
});

const delivery = z.strictObject({
  seq: count,
  atUtc: time,
  event: z.enum(noticeEvents),
  channel: z.string(),
  because: z.string().exactOptional(),
});

const runReport = {
  run: z.string(),
  outcome: z.enum(['running', 'paused', 'done', 'reversing', 'reversed', 'reverse-failed']),
  runbook: z.string(),
  inventory: z.strictObject({name: z.string(), protected: z.boolean()}),
  rehearsal: z.boolean(),
  operator: z.string(),
  startedAtUtc: time,
  endedAtUtc: time,
  totalMs: ms,
  machineMs: ms,
  answeringMs: ms,
  idleMs: ms,
  idle: list(z.strictObject(span)),
  outages: list(
    z.strictObject({
      ...{...span, durationMs: ms, isOver: z.boolean()},
      isReversal: z.literal(true).exactOptional(),
    }),
  ),
  ...measured,
  forecast: forecastFigures.exactOptional().describe('As forecast before the run'),
  entries: list(entry),
  answers: list(answer),
  checkpoints: list(z.strictObject({name: z.string(), atUtc: time})),
  passedPointOfNoReturn: z.boolean(),
  applied: texts.describe('Changes in place, in words'),
  besides: texts.exactOptional(),
  notices: z.strictObject({delivered: count, undelivered: list(delivery)}).exactOptional(),
  problem: problem.exactOptional(),
  head: z.string().exactOptional().describe("SHA-256 of the journal's last line"),
};
z.strictObject(runReport) satisfies z.ZodType<RunReport>;

const compared = z.strictObject({
  run: z.string(),
  startedAtUtc: time,
  rehearsal: z.boolean(),
  inventory: z.string(),
  outcome: runReport.outcome,
  machineMs: ms,
  outageMs: ms.exactOptional(),
  failedRequests: count.exactOptional(),
  slowest: z.strictObject({entry: z.string(), ms}).exactOptional(),
  forecast: forecastFigures.exactOptional(),
  changes: texts.describe('What changed since the previous run, in words'),
});
compared satisfies z.ZodType<ComparedRun>;

export const report = document({
  ...runReport,
  compared: list(compared).optional().describe('With --compare: the oldest first'),
});
