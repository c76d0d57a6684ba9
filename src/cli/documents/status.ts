import {z} from 'zod';
import type {Claim} from '../../model/target.ts';
import {document, list, problem, texts, time} from './parts.ts';
import {forecast, loss} from './plan.ts';

const approval = z
  .strictObject({
    digest: z.string(),
    by: z.string(),
    of: z.number().int(),
    validForMs: z.number(),
    principals: texts,
    missing: z.number().int(),
  })
  .describe('Who is asked to approve, and what');

const runStatus = {
  run: z.string(),
  runbook: z.string(),
  inventory: z.string(),
  outcome: z.enum(['running', 'paused', 'done', 'reversing', 'reversed', 'reverse-failed']),
  seq: z.number().int().describe('The number of the last entry of the journal'),
  startedAtUtc: time,
  checkpoints: texts,
  passedPointOfNoReturn: z.boolean(),
  holder: z
    .strictObject({
      ...{user: z.string(), host: z.string(), pid: z.number().int()},
      dead: z.boolean().describe('Its process is known to be gone'),
      lastHeardUtc: time
        .exactOptional()
        .describe(
          'When the process was last heard from. It is on another host, so whether it still works is not known',
        ),
    })
    .nullable()
    .describe('The process that holds the run'),
  handedOver: z
    .strictObject({to: z.string(), by: z.string()})
    .exactOptional()
    .describe('Set while the run is handed over and nobody has taken it over'),
  unfinishedTakeOver: z
    .strictObject({by: z.string(), notBeforeUtc: time})
    .exactOptional()
    .describe(
      'Set while a take-over is not finished: until notBeforeUtc, an action of the earlier host may be in flight',
    ),
  questions: list(
    z.strictObject({
      entry: z.string().nullable(),
      about: z.string(),
      question: z.string(),
      details: texts.describe('What the person is told with it'),
      person: z.string(),
      sinceUtc: time,
      approval: approval.exactOptional(),
    }),
  ),
  approvals: list(
    z.strictObject({
      entry: z.string(),
      digest: z.string(),
      group: z.string(),
      principal: z.string(),
      givenUtc: time,
      from: z.string(),
    }),
  ).describe('The approvals that counted'),
  problem: problem.nullable(),
  entries: list(
    z.strictObject({
      id: z.string(),
      phase: z.string(),
      unit: z.string(),
      state: z.string(),
      applied: z.boolean(),
    }),
  ),
};

const outage = z.strictObject({
  ms: z.number().nullable(),
  sinceUtc: time.nullable().describe('Only while it lasts'),
  limit: z
    .strictObject({
      ms: z.number(),
      atUtc: time,
      isWatched: z.boolean(),
      reversesTo: z.string().nullable().optional(),
    })
    .optional()
    .describe('reversesTo is there while the run would reverse by itself; null is the start'),
});

export const status = document({
  ...runStatus,
  alsoOpen: texts,
  damaged: list(z.strictObject({run: z.string(), reason: z.string()})),
  outage: outage.optional(),
  forecast: forecast.optional().describe('For a run under way, if earlier runs allow a forecast'),
  reversal: z
    .strictObject({lossless: z.enum(['yes', 'no', 'unknown']), entries: list(loss)})
    .optional(),
  inPlace: list(
    z.strictObject({
      entry: z.string(),
      is: z.enum(['in-place', 'lapsed', 'lost', 'unknown']),
      because: texts,
    }),
  ).optional(),
});

export const replay = document({
  ...runStatus,
  atUtc: time.describe('The moment that is shown'),
  changesInPlace: texts,
  outageMs: z.number().nullable().describe('The outage so far; null where the runbook has none'),
  keys: texts.describe('Keys that the run took at that moment'),
  commands: texts.describe('Commands that were possible at that moment'),
});

export const live = document({
  url: z.string().describe('Where the page is'),
  run: z.string().nullable().describe('The run that it shows; null: the newest one'),
});

export const pageState = document({
  run: z.string().nullable().describe('null while there is no run'),
  outcome: runStatus.outcome.nullable(),
  seq: runStatus.seq.nullable(),
  title: z.string(),
  news: z.string().describe('The state in a sentence, without a clock'),
  trouble: z.string().nullable().describe('Why the journal can no longer be read'),
  structure: z.string().describe('Changes when the page must be loaded again'),
  parts: z.record(z.string(), z.string()).describe('HTML, by the ids of the elements of the page'),
  madeAtUtc: time.describe('By the clock of the machine that wrote it'),
  nowUtc: time
    .nullable()
    .describe('The time of the run; null while the clocks of the page are stopped'),
});

export const runs = document({runs: list(document(runStatus)).describe('The newest last')});

const claim = z.strictObject({
  run: z.string(),
  runbook: z.string(),
  inventory: z.string(),
  user: z.string(),
  host: z.string(),
  sinceUtc: z.string(),
  folder: z.string(),
  journal: z.string(),
});
claim satisfies z.ZodType<Claim>;

export const claims = document({
  inventory: z.string(),
  targets: list(
    z.strictObject({
      target: z.string(),
      claim: claim.nullable(),
      holder: z.string().nullable(),
      problem: problem.exactOptional(),
    }),
  ),
  without: texts.describe('Targets that cannot be claimed'),
});

export const logVerified = document({
  run: z.string(),
  entries: z.number().int(),
  head: z.string(),
  tornBytes: z.number().int(),
  verified: z.literal(true),
  store: z
    .strictObject({
      place: z.string(),
      objects: z.number().int(),
      keepsVersions: z.boolean().describe('Without versions, a replaced object does not show'),
    })
    .nullable()
    .describe('Where the run was verified, with --shared'),
});

export const unlocked = document({
  run: z.string(),
  unlocked: texts.describe('Its lock, or the targets that it no longer claims'),
});

export const takenOver = document({
  run: z.string(),
  from: z.string().describe('Who worked on it last: user@host'),
  inFlight: list(
    z.strictObject({
      entry: z.string(),
      target: z.string(),
      does: z.string(),
      limitMs: z.number().exactOptional(),
    }),
  ).describe('Actions that may have been in flight there'),
  added: z.number().int().describe('Entries of this host that the store did not have'),
  sessionsEnded: texts.describe('Targets on which the database session of that host was ended'),
});

export const handedOver = document({run: z.string(), to: z.string()});

export const approved = document({
  run: z.string(),
  entry: z.string(),
  digest: z.string().describe('What is approved; an approval counts for nothing else'),
  group: z.string(),
  word: z.enum(['approved', 'withdrawn']),
  isNew: z.boolean().describe('false: it was already so'),
  principal: z.string().describe('Who approved, as AWS knows them'),
  of: z.number().int(),
  missing: z.number().int(),
});
