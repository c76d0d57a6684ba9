import {z} from 'zod';
import type {Forecast} from '../../forecast/forecast.ts';
import type {OutageRule} from '../../model/outage-limit.ts';
import type {Plan, ReversePlan} from '../../model/plan.ts';
import type {ReversalLossAnswer} from '../../model/reversal-loss.ts';
import type {RoundTrip} from '../../model/round-trip.ts';
import type {ForecastFigures} from '../../report/index.ts';
import {document, hint, list, problem, texts} from './parts.ts';

const action = z.strictObject({target: z.string(), does: z.string()});
const difference = z.strictObject({what: z.string(), is: z.string(), shouldBe: z.string()});
const alsoWritten = list(z.strictObject({what: z.string(), todo: z.string().exactOptional()}));

const planLine = z.strictObject({
  kind: z.literal('entry'),
  entry: z.string(),
  phase: z.string(),
  group: z.string().exactOptional(),
  unit: z.string(),
  unitKind: z.enum(['step', 'one-way', 'gate']),
  summary: z.string(),
  targets: texts,
  evidence: z.enum(['checked', 'predicted', 'known-after', 'journaled']),
  outlook: z.enum([
    ...['change', 'already-in-place', 'applied', 'wait', 'open'],
    ...['ask', 'blocked', 'pending', 'skipped', 'impossible'],
  ] as const),
  knownAfter: texts,
  differences: list(difference),
  actions: list(action),
  detail: z.string().exactOptional(),
  hint: hint.exactOptional(),
  remarks: texts.exactOptional(),
  code: z.string().exactOptional().describe('The permanent code of what blocks it'),
  oneWayBecause: z.string().exactOptional(),
  before: z.unknown().optional(),
});

const planItem = z.discriminatedUnion('kind', [
  planLine,
  z.strictObject({kind: z.literal('checkpoint'), name: z.string(), phase: z.string()}),
  z.strictObject({
    kind: z.literal('point-of-no-return'),
    because: z.string(),
    phase: z.string(),
  }),
]);

export const plan = z.strictObject({
  runbook: z.strictObject({name: z.string(), summary: z.string(), digest: z.string()}),
  inventory: z.strictObject({
    name: z.string(),
    digest: z.string(),
    protected: z.boolean(),
    store: z.string().optional(),
  }),
  params: z.unknown(),
  items: list(planItem),
  outage: z.strictObject({begins: z.string(), ends: z.string()}).exactOptional(),
  alsoWritten: alsoWritten.exactOptional(),
  digest: z.string().describe('What is approved: run --plan DIGEST runs exactly this plan'),
});
plan satisfies z.ZodType<Plan>;

export const reversePlan = z.strictObject({
  run: z.string(),
  to: z.string().nullable().describe('A checkpoint; null is the start'),
  lines: list(
    z.strictObject({
      entry: z.string(),
      phase: z.string(),
      unit: z.string(),
      outlook: z.enum(['change', 'restored', 'drift', 'blocked', 'pending']),
      summary: z.string(),
      actions: list(action),
      detail: z.string().exactOptional(),
      hint: hint.exactOptional(),
    }),
  ),
  alsoWritten: alsoWritten.exactOptional(),
  digest: z.string(),
});
reversePlan satisfies z.ZodType<ReversePlan>;

export const loss = z.strictObject({
  entry: z.string(),
  lossless: z.enum(['yes', 'no', 'unknown']),
  because: texts,
});
loss satisfies z.ZodType<ReversalLossAnswer>;

export const roundTrip = z.strictObject({
  target: z.string(),
  what: z.enum(['statement', 'command', 'call']),
  ms: z.number().nullable(),
  problem: z.string().exactOptional(),
});
roundTrip satisfies z.ZodType<RoundTrip>;

export const longestOutage = z.strictObject({
  longestMs: z.number(),
  reversesTo: z.string().nullable().exactOptional(),
  asksFrom: z.string().exactOptional(),
});
longestOutage satisfies z.ZodType<OutageRule>;

export const people = z.string().optional();

export const range = z
  .strictObject({p5: z.number(), p50: z.number(), p95: z.number()})
  .describe('Machine time in ms: 5 of 100 runs take less than p5, and 95 less than p95');

export const reversal = z.strictObject({
  to: z.string().nullable().describe('A checkpoint; null is the start'),
  from: z.string().exactOptional(),
  range: range.exactOptional(),
  notMeasured: texts,
});

export const forecast = z.strictObject({
  sources: list(
    z.strictObject({
      run: z.string(),
      rehearsal: z.boolean(),
      inventory: z.string(),
      weight: z.number(),
    }),
  ).describe('The runs that it comes from'),
  notMeasured: texts.describe('Entries that no earlier run has measured: no figure includes them'),
  changed: texts.describe('Entries that were different in every earlier run'),
  isScaled: z.boolean().describe('Converted to the distances that were measured now'),
  checkTime: z
    .strictObject({ms: z.number(), least: z.number(), most: z.number()})
    .exactOptional()
    .describe(
      'How long a check of a plan takes on average: now, and at least and at most before the earlier runs. The forecast is converted to the time now',
    ),
  isElsewhere: z.boolean().describe('No earlier run was on this inventory'),
  isReversal: z
    .literal(true)
    .exactOptional()
    .describe('Of a reversal under way: run and left are what is left of it'),
  run: range.describe('The whole run, including the time that has passed'),
  left: range,
  outage: range.exactOptional(),
  hold: range.exactOptional(),
  reversals: list(reversal),
  lastReversal: reversal
    .exactOptional()
    .describe('In a run: to the nearest checkpoint, once all that can be reversed is in place'),
  critical: list(z.strictObject({entry: z.string(), ms: z.number()})),
  overruns: list(z.strictObject({entry: z.string(), ms: z.number(), p95: z.number()})),
  asks: texts.describe('Entries that ask a person: no figure includes the time to answer'),
  answersMs: z.number().exactOptional(),
});
forecast satisfies z.ZodType<Forecast>;

export const forecastFigures = z.strictObject({
  run: range,
  outage: range.exactOptional(),
  hold: range.exactOptional(),
  basis: texts,
});
forecastFigures satisfies z.ZodType<ForecastFigures>;

const expectedTime = z.strictObject({
  roundTrips: z.record(z.string(), z.number()).readonly(),
  networkMs: z.number(),
  notCounted: texts,
});

export const missingNeed = z.strictObject({
  need: z.string(),
  is: z.enum(['granted', 'missing', 'unknown']),
  reason: z.string().exactOptional(),
  target: z.string(),
  account: z.string().nullable(),
});

export const planDocument = document({
  ...plan.shape,
  longestOutage: longestOutage.optional(),
  missing: list(missingNeed),
  claimed: list(problem),
  remarks: texts,
  people,
  expected: z.strictObject({
    outage: expectedTime.exactOptional(),
    hold: expectedTime.exactOptional(),
  }),
  distances: list(roundTrip),
  forecast: forecast.nullable().describe('null: no earlier run shows how long it takes'),
});
