import {z} from 'zod';

const choice = z.enum(['retry', 'skip', 'reverse', 'stop']);

const decision = z.object({
  entry: z.string(),
  /** Its permanent code. */
  problem: z.string(),
  message: z.string(),
  choice,
  /** Of a reversal: the checkpoint, `null` for the start. */
  to: z.string().nullable().optional(),
  by: z.string(),
  askedAtUtc: z.iso.datetime(),
  tookMs: z.number().nonnegative(),
  /** Nobody could write while it was decided. */
  writesRefused: z.boolean(),
  /** The fault was not repaired yet when it was decided. */
  faultLasted: z.boolean(),
  /** Of a reversal: whether it would lose writes, as its plan said. */
  lossless: z.enum(['yes', 'no', 'unknown']).optional(),
  /** Of a skip: later entries that it makes impossible. */
  impossible: z.array(z.string()).optional(),
  /** False: it was not approved, it was refused, or the run decided otherwise. */
  carriedOut: z.boolean(),
  /** Nobody answered: the limit of the outage, or a signal, ended the question. */
  cutOff: z.literal(true).optional(),
});
export type DrillDecision = z.output<typeof decision>;

const drillFacts = z.object({
  run: z.string(),
  runbook: z.string(),
  /** Draws the same fault at the same entry again. */
  seed: z.number().int().nonnegative(),
  /** Of the run. */
  outcome: z.string(),
  fault: z.object({
    name: z.string(),
    what: z.string(),
    entry: z.string(),
    /** `null`: the run did not get there. */
    causedAtUtc: z.iso.datetime().nullable(),
    /** `null`: it lasted until the run ended, or somebody else ended it. */
    repairedAtUtc: z.iso.datetime().nullable(),
  }),
  decisions: z.array(decision),
  /** When somebody stopped the run without being asked. */
  stoppedAtUtc: z.iso.datetime().nullable(),
  /** Nobody could write then. */
  stoppedInOutage: z.boolean(),
  /** As the clients measured it. */
  outageMs: z.number().nullable(),
  longestOutageMs: z.number().nullable(),
  /** Acknowledged writes that are lost or duplicated. */
  lostWrites: z.number().int(),
});
export type DrillFacts = z.output<typeof drillFacts>;

/** `none`: there was nothing to judge. */
const mark = z.enum(['good', 'fair', 'poor', 'none']);

const score = z.object({
  mark,
  /** How long it took, in ms; absent of the choice. */
  ms: z.number().nullable().optional(),
  because: z.string(),
  /** What would have been better. */
  better: z.string().optional(),
});
export type DrillScore = z.output<typeof score>;

const drillScores = z.object({
  /** From the fault until the run asked, or somebody stopped it. */
  notice: score,
  /** All questions together. */
  decide: score,
  outage: score,
  choice: score,
});
export type DrillScores = z.output<typeof drillScores>;

/** What `drill --json` prints last. */
export const drillDocument = drillFacts
  .extend({kind: z.literal('drill'), scores: drillScores, next: z.array(z.string())})
  .strict();
export type DrillDocument = z.output<typeof drillDocument>;
