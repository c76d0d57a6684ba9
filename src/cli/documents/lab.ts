import {z} from 'zod';
import {document, list, texts, time} from './parts.ts';

const count = z.number().int().nonnegative();
/** As the lab's own types have it: it is for people who look into the lab. */
const anything = z.unknown();

export const labUp = document({
  directory: z.string(),
  variables: z.record(z.string(), z.string()).readonly(),
});

export const labDown = document({was: z.boolean().describe('Whether a lab was running')});

const database = z.union([
  z.strictObject({
    readOnly: z.boolean(),
    events: z.unknown(),
    replicatesFrom: z.string().nullable(),
    threads: z.string().nullable(),
  }),
  z.strictObject({unanswered: z.string()}),
]);

export const labStatus = document({
  clients: anything,
  world: z.strictObject({
    databases: z.strictObject({source: database, replica: database, aurora: database}),
    records: list(anything),
    moving: z.strictObject({domain: anything, records: list(anything)}),
    services: list(
      z.strictObject({
        name: z.string(),
        taskDefinition: z.string(),
        desiredCount: count,
        runningCount: count,
      }),
    ),
    units: z
      .record(z.string(), z.record(z.string(), z.string()).readonly())
      .readonly()
      .describe('By host and unit'),
    proxies: list(z.string().nullable()),
    targets: texts,
  }),
  faults: list(z.strictObject({name: z.string(), what: z.string(), sinceUtc: time})),
});

const figure = z.number().nullable();

export const labCount = document({
  inCharge: z.enum(['source', 'aurora']),
  writes: z.strictObject({acknowledged: count, lost: count, duplicated: count}),
  rows: z.union([
    z.strictObject({compared: count, different: count, first: texts}),
    z.strictObject({database: z.string(), because: z.string()}),
  ]),
  reads: z.strictObject({answered: count, failed: count}),
  lookups: z.strictObject({right: count, wrong: count}),
  requests: z.strictObject({
    made: count,
    failed: count,
    p50Ms: figure,
    p99Ms: figure,
    slowestMs: figure,
  }),
  outageMs: z.number(),
});

export const labFault = document({
  fault: z.string(),
  what: z.string(),
  isNew: z.boolean(),
  lasts: z.boolean().describe('Until lab heal'),
});

export const labHealed = document({healed: texts});
