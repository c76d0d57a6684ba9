import {z} from 'zod';
import type {Finding} from '../../model/preflight.ts';
import type {TargetRights} from '../../model/rights.ts';
import type {StoreSurvey} from '../../model/store-check.ts';
import type {Verification} from '../../model/verification.ts';
import {document, hint, list, problem, texts, time} from './parts.ts';
import {missingNeed, roundTrip} from './plan.ts';

const finding = z.strictObject({
  check: z.string().describe('Permanent: docs/preflight.md'),
  severity: z.enum(['blocks', 'asks', 'warns']),
  target: z.string(),
  observed: z.string(),
  items: texts,
  consequence: z.string(),
  fix: z.string(),
});
finding satisfies z.ZodType<Finding>;

export const preflight = document({
  inventory: z.string(),
  targets: list(z.strictObject({name: z.string(), kind: z.string(), checks: z.number().int()})),
  without: texts.describe('Targets of a kind that has no checks'),
  roundTrips: list(roundTrip),
  journal: z.strictObject({
    folder: z.string(),
    mount: z.string(),
    freeBytes: z.number(),
    entries: z.number().int(),
    neededBytes: z.number(),
  }),
  evidence: list(
    z.strictObject({
      run: z.string(),
      entry: z.string(),
      unit: z.string(),
      ageMs: z.number(),
      freshForMs: z.number(),
      stale: z.boolean(),
    }),
  ),
  findings: list(finding),
});

export const preflightChange = document({
  atUtc: time,
  inventory: z.string(),
  added: list(finding),
  resolved: list(finding),
});

export const preflightBusy = document({
  atUtc: time,
  busy: z.string().describe('The target on which a run works'),
});

const grant = z.discriminatedUnion('form', [
  z.strictObject({form: z.literal('iam'), actions: texts, resources: texts}),
  z.strictObject({form: z.literal('statement'), text: z.string()}),
  z.strictObject({form: z.literal('words'), text: z.string()}),
]);

const targetRights = z.strictObject({
  target: z.string(),
  kind: z.string(),
  rights: list(
    z.strictObject({
      account: z.string().nullable(),
      grants: list(grant),
      needs: list(missingNeed.omit({target: true, account: true})),
    }),
  ),
});
targetRights satisfies z.ZodType<TargetRights>;

const policy = z.strictObject({
  account: z.string().nullable(),
  targets: texts,
  document: z.strictObject({
    Version: z.literal('2012-10-17'),
    Statement: list(z.strictObject({Effect: z.literal('Allow'), Action: texts, Resource: texts})),
  }),
});

export const permissions = document({
  runbook: z.string(),
  inventory: z.string(),
  targets: list(targetRights),
  policies: list(policy),
  missing: list(missingNeed),
});

const verified = {
  states: z.number().int(),
  undeclared: texts.exactOptional(),
  counterexamples: list(
    z.strictObject({
      property: z.enum([
        ...['two-writable-sides', 'lost-writes', 'traffic-refused', 'ends-in-outage'],
        ...['unproven-traffic', 'not-compared', 'bogus-answers', 'scaling-suspended'],
        ...['workers-without-writes', 'no-lossless-reversal', 'unbounded-outage'],
        ...['early-point-of-no-return', 'confirmation-passed', 'cannot-finish', 'dead-end'],
      ] as const),
      because: z.string(),
      steps: texts,
      end: texts,
    }),
  ),
};
z.strictObject(verified) satisfies z.ZodType<Verification>;

export const verification = document(verified);

const step = z.strictObject({
  name: z.string(),
  kind: z.enum(['step', 'one-way', 'gate']),
  summary: z.string(),
  targets: z.record(z.string(), z.string()).readonly(),
  needs: z.unknown(),
  timeoutMs: z.number(),
  effects: z.unknown(),
  neverSkip: z.string().optional(),
  reverses: z.string().optional(),
  oneWayBecause: z.string().optional(),
});

export const steps = document({steps: list(step)});

export const doctor = document({
  version: z.string(),
  checks: list(
    z.strictObject({
      check: z.string(),
      result: z.string(),
      ok: z.boolean(),
      unknown: z.boolean().optional(),
      hint: z.string().optional(),
    }),
  ),
});

export const channels = document({
  test: z.boolean(),
  channels: list(
    z.strictObject({
      name: z.string(),
      kind: z.string().exactOptional(),
      because: z.string().exactOptional().describe('Why it cannot be used'),
    }),
  ),
});

export const markdown = document({
  runbook: z.string(),
  markdown: z.string(),
});

export const tag = document({tag: z.string(), branch: z.string()});

const storeSurvey = {
  store: z.string().describe('Its name in the inventory'),
  place: z.string(),
  checks: list(
    z.strictObject({
      check: z.enum([
        ...['keys', 'one-writer', 'plain-write', 'deletion', 'approvals', 'live-page'],
        ...['versions', 'object-lock', 'round-trip'],
      ] as const),
      result: z
        .enum(['good', 'advice', 'bad', 'not-checked'])
        .describe('advice: a run can use the store all the same'),
      observed: z.string(),
      hint: hint.exactOptional(),
    }),
  ),
  problems: list(problem).describe('Why no run can use it'),
  roundTripMs: z.number().nullable().describe('How long a write takes'),
  left: texts.describe('Keys of the objects that the check has left there'),
};
z.strictObject(storeSurvey) satisfies z.ZodType<StoreSurvey>;

export const storeCheck = document(storeSurvey);

export const storeInit = document({
  store: z.string().describe('Its name in the inventory'),
  place: z.string(),
  commands: list(z.strictObject({does: z.string(), command: z.string()})),
  policies: list(z.strictObject({file: z.string(), of: z.string(), document: z.unknown()})),
});
