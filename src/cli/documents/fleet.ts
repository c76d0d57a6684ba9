import {z} from 'zod';
import {sharedResources} from '../../model/fleet.ts';
import {waitReasons} from '../../report/index.ts';
import {document, list, problem, texts, time} from './parts.ts';
import {range} from './plan.ts';

const limits = Object.fromEntries(
  ['units', ...sharedResources].map((resource) => [resource, z.number().int().exactOptional()]),
);

export const fleetLive = document({
  url: z.string().describe('Where the page is'),
  fleet: z.string(),
});

export const fleetPageState = document({
  fleet: z.string(),
  title: z.string(),
  news: z.string().describe('The state in sentences, without a clock'),
  trouble: z.string().nullable().describe('Why PostgreSQL can no longer be read'),
  structure: z.string().describe('Changes when the page must be loaded again'),
  parts: z.record(z.string(), z.string()).describe('HTML, by the ids of the elements of the page'),
  madeAtUtc: time.describe('By the clock of the machine that wrote it'),
  nowUtc: time.nullable().describe('By PostgreSQL; null while the clocks of the page are stopped'),
});

export const fleetPlan = document({
  fleet: z.string(),
  file: z.string(),
  from: z.string().exactOptional().describe('The wave that starts now (--from)'),
  digest: z.string().describe('Of the waves, and of every runbook and inventory in them'),
  atOnce: z.strictObject(limits).describe('How many units may be under way at once'),
  waves: list(
    z.strictObject({
      wave: z.string(),
      digest: z.string(),
      approve: z.strictObject({by: texts, of: z.number().int()}).exactOptional(),
      run: range,
      notMeasured: texts.describe(
        'Units that no earlier run has measured: "run" does not include their time',
      ),
      shared: list(
        z.strictObject({
          kind: z.enum(['databaseHost', 'zone', 'cluster', 'route53']),
          system: z.string().describe('For "route53" the account'),
          units: texts,
          most: z.number().int().describe('How many of them are under way at once'),
          by: z
            .enum(['units', 'after', ...sharedResources])
            .nullable()
            .describe('The limit of "atOnce", or the "after" of the units; null: nothing'),
          requestsPerSecond: z
            .number()
            .exactOptional()
            .describe('That they send to Route 53, which takes 5 from an account'),
        }),
      ).describe('What at least two units of the wave use'),
      units: list(
        z.strictObject({
          unit: z.string(),
          runbook: z.string(),
          inventory: z.string(),
          team: z.string().exactOptional(),
          network: z.string().exactOptional().describe('Only runners of it begin the unit'),
          after: texts,
          beginsMs: z
            .number()
            .exactOptional()
            .describe(
              'Milliseconds from the start of its wave until it begins. The first wave starts now, each later one when the one before it is done. Absent: it does not fit into its window, or waits for such a unit',
            ),
          begins: z
            .string()
            .exactOptional()
            .describe(
              'The moment at which it begins, in the time zone of its window; only for a unit that has a window and does not begin at once',
            ),
          waitsFor: z
            .string()
            .exactOptional()
            .describe('The unit that does not fit into its window, fails, and stops the wave'),
          run: range.exactOptional(),
          outage: range.exactOptional(),
          window: z.string().exactOptional().describe('When it may be cut over'),
        }),
      ),
    }),
  ),
  remarks: texts,
});

export const fleetOrder = document({
  order: z.enum(['started', 'approved', 'held', 'released', 'resumed', 'taken-over', 'left-out']),
  fleet: z.string(),
  wave: z.string().nullable(),
  unit: z.string().nullable(),
  isNew: z.boolean().describe('false: it was already so, and nothing was changed'),
  missing: z.number().int().describe('Approvals that the wave still needs'),
  after: texts
    .exactOptional()
    .describe('Units that come after the one that was left out: they do not begin'),
});

export const fleetRunner = document({
  stopped: z.literal(true),
  undecided: texts.describe('With --until-idle: units about which a person must decide'),
  outsideWindow: texts.describe('With --until-idle: units that wait for their windows'),
  outsideNetwork: texts.describe(
    'With --until-idle: units that no running runner may begin, because of their network',
  ),
});

const statusShape = {
  fleet: z.string(),
  held: z.strictObject({by: z.string(), atUtc: time, because: z.string().nullable()}).nullable(),
  waves: list(
    z.strictObject({
      wave: z.string(),
      digest: z.string(),
      startedBy: z.string(),
      startedRole: z.string().describe('The role that PostgreSQL let in'),
      startedAtUtc: time,
      approve: z.strictObject({by: texts, of: z.number().int()}),
      approvals: list(z.strictObject({role: z.string(), atUtc: time})),
      units: list(
        z.strictObject({
          unit: z.string(),
          status: z.enum([
            'waiting',
            'queued',
            'running',
            'done',
            'failed',
            'needs-person',
            'left-out',
          ]),
          attempt: z.number().int(),
          run: z.string().nullable(),
          phase: z.string().nullable(),
          inOutage: z.boolean(),
          outageSinceUtc: time.nullable(),
          changes: z.number().int().describe('Changes in place when its runner last reported'),
          journal: z
            .strictObject({host: z.string(), folder: z.string()})
            .nullable()
            .describe('Where its journal is'),
          silent: z
            .strictObject({
              host: z.string(),
              folder: z.string(),
              sinceUtc: time.nullable().describe('null: it has ended'),
            })
            .nullable()
            .describe('Its runner, which does not answer while the unit is under way'),
          waitsFor: z.string().nullable(),
          waitReason: z.enum(waitReasons).nullable().describe('Of which kind that is'),
          network: z.string().nullable().describe('Only runners of it begin the unit'),
          problem: problem.nullable(),
          changedAtUtc: time,
        }),
      ),
    }),
  ),
  runners: list(
    z.strictObject({
      host: z.string(),
      folder: z.string(),
      version: z.string(),
      networks: texts.describe('Whose units it takes; none: the units without a network'),
      silentSeconds: z.number().int(),
    }),
  ).describe('Runners that reported in the last minute'),
};

export const fleetStatus = document(statusShape);

export const fleetReport = document({
  ...statusShape,
  events: list(
    z.strictObject({
      atUtc: time,
      role: z.string().describe('The role that PostgreSQL let in'),
      operator: z.string().describe('The user and the host, as the command gave them'),
      what: z.string(),
      wave: z.string().nullable(),
      unit: z.string().nullable(),
      note: z.string().nullable(),
    }),
  ),
  figures: z
    .record(
      z.string(),
      z.strictObject({
        startedAtUtc: time,
        endedAtUtc: time,
        machineMs: z.number(),
        outageMs: z.number().nullable(),
      }),
    )
    .describe('By run, where its journal can be read in this state folder'),
});

export const fleetRehearsals = document({
  fleet: z.string(),
  runbooks: list(
    z.strictObject({
      runbook: z.string(),
      word: z.string().describe('As rehearse takes it'),
      units: texts,
      reverseAt: z.string().describe('The last entry before the point of no return'),
      forward: z.string().nullable().describe('The rehearsal that went to the end'),
      back: z.string().nullable().describe('The rehearsal that was reversed to the start'),
    }),
  ),
});

export const fleetInit = document({ready: z.literal(true)});

export const fleetPermissions = document({
  roles: list(
    z.strictObject({
      role: z.string().describe('A role of PostgreSQL without a login'),
      what: z.string(),
      statements: texts.describe('SQL for psql'),
    }),
  ),
});
