import {z} from 'zod';
import {elapsedMs} from '../model/moment.ts';
import {counted, durationText, placeText} from './labels.ts';

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

/** Up to the first it is good, up to the second fair. A person at a screen needs longer to read than to press a key. */
const withinMs = {outage: [60_000, 180_000], calm: [300_000, 900_000]} as const;

/** Judges what a person did in a drill, by what it cost and by what was known when it was decided. */
export function drillScoresOf(facts: DrillFacts): DrillScores {
  return {
    notice: noticeScore(facts),
    decide: decideScore(facts),
    outage: outageScore(facts),
    choice: choiceScore(facts),
  };
}

const nothing = (because: string): DrillScore => ({mark: 'none', because});

const notReached = ({fault}: DrillFacts): DrillScore =>
  nothing(`The fault at ${fault.entry} did not happen, so there is nothing to judge.`);

function noticeScore(facts: DrillFacts): DrillScore {
  const {fault, decisions, stoppedAtUtc} = facts;
  const {causedAtUtc} = fault;
  if (causedAtUtc === null) {
    return notReached(facts);
  }
  const first = decisions.find(({askedAtUtc}) => askedAtUtc >= causedAtUtc);
  const at = [first?.askedAtUtc, stoppedAtUtc].filter((each) => typeof each === 'string').sort()[0];
  if (at === undefined) {
    return nothing('After the fault, the run asked about no failure.');
  }
  const ms = elapsedMs(new Date(causedAtUtc), new Date(at));
  const who =
    at === first?.askedAtUtc
      ? `until the run asked about ${first.entry}`
      : 'until you stopped the run';
  return timeScore(ms, first?.writesRefused ?? false, who);
}

function decideScore(facts: DrillFacts): DrillScore {
  const {decisions} = facts;
  if (decisions.length === 0) {
    return nothing('There was nothing to decide.');
  }
  const ms = decisions.reduce((sum, {tookMs}) => sum + tookMs, 0);
  const questions =
    decisions.length === 1 ? 'for one question' : `for ${decisions.length} questions`;
  return timeScore(
    ms,
    decisions.some(({writesRefused}) => writesRefused),
    questions,
  );
}

function timeScore(ms: number, isOutage: boolean, what: string): DrillScore {
  const [good, fair] = withinMs[isOutage ? 'outage' : 'calm'];
  return {
    mark: ms <= good ? 'good' : ms <= fair ? 'fair' : 'poor',
    ms,
    because: `${durationText(ms)} ${what}, ${isOutage ? 'in the outage' : 'outside an outage'}.`,
    ...(ms <= good ? {} : {better: `Within ${durationText(good)}.`}),
  };
}

function outageScore({outageMs, longestOutageMs}: DrillFacts): DrillScore {
  if (outageMs === null || outageMs === 0) {
    return {mark: 'good', ms: 0, because: 'No client saw an outage.'};
  }
  const lasted = `A client could not write for ${durationText(outageMs)}`;
  if (longestOutageMs === null) {
    return {mark: 'none', ms: outageMs, because: `${lasted}; the runbook has no limit.`};
  }
  const limit = durationText(longestOutageMs);
  return outageMs <= longestOutageMs
    ? {mark: 'good', ms: outageMs, because: `${lasted}; the limit is ${limit}.`}
    : {
        mark: 'poor',
        ms: outageMs,
        because: `${lasted}; the limit is ${limit}.`,
        better: 'Reverse before the limit, as long as the reversal loses nothing.',
      };
}

const order = ['poor', 'fair', 'good', 'none'] as const;

/** The worst decision counts; a loss counts more than any. */
function choiceScore(facts: DrillFacts): DrillScore {
  if (facts.lostWrites > 0) {
    return {
      mark: 'poor',
      because: `Lost or duplicated: ${counted(facts.lostWrites, 'acknowledged write')}.`,
      better: 'Read in the plan of a reversal whether it is lossless before you approve it.',
    };
  }
  const scores = facts.decisions.map((each, index) => scoreOf(each, index, facts));
  const [worst] = scores.toSorted((a, b) => order.indexOf(a.mark) - order.indexOf(b.mark));
  return worst ?? stopScore(facts);
}

function stopScore(facts: DrillFacts): DrillScore {
  if (facts.fault.causedAtUtc === null) {
    return notReached(facts);
  }
  return facts.stoppedAtUtc === null
    ? nothing('There was nothing to decide: the run asked about no failure.')
    : {
        mark: 'fair',
        because: 'You stopped the run before it asked. That lost no write.',
        better: 'Wait for the question: it shows the cause and the changes in place.',
      };
}

function scoreOf(decision: DrillDecision, index: number, facts: DrillFacts): DrillScore {
  switch (decision.choice) {
    case 'reverse':
      return reverseScore(decision);
    case 'retry':
      return retryScore(decision, facts.decisions[index + 1]);
    case 'skip':
      return skipScore(decision);
    case 'stop':
      return decision.writesRefused
        ? {
            mark: 'poor',
            because: `Stopping at ${decision.entry} lost no write, but the outage went on, and nobody could write.`,
            better:
              'If you do not know the cause, reverse to a checkpoint before the outage. Otherwise, fix it and retry.',
          }
        : {
            mark: 'good',
            because: `Stopping at ${decision.entry} loses nothing outside an outage: there is time to find the cause.`,
          };
  }
}

function reverseScore({entry, to = null, lossless, writesRefused}: DrillDecision): DrillScore {
  const what = `Reversing from ${entry} to ${placeText(to)}`;
  if (lossless === 'no' || lossless === 'unknown') {
    return {
      mark: 'poor',
      because: `${what} ${lossless === 'no' ? 'loses' : 'may lose'} writes: its plan said so.`,
      better: 'Fix the cause, then retry: the new side has writes that the old side lacks.',
    };
  }
  if (lossless === undefined) {
    return {
      mark: 'poor',
      because: `${what} was not possible, and the run stayed as it was.`,
      better: 'Fix the cause, then retry or reverse.',
    };
  }
  return writesRefused
    ? {mark: 'good', because: `${what} loses nothing, and ends the outage.`}
    : {
        mark: 'fair',
        because: `${what} loses nothing, but the run must be repeated from there.`,
        better: 'Fix the cause, then retry: outside an outage there was time.',
      };
}

/** A retry is judged by whether the same entry asks again. */
function retryScore(
  {entry, writesRefused, faultLasted}: DrillDecision,
  next: DrillDecision | undefined,
): DrillScore {
  if (next?.entry !== entry) {
    return {mark: 'good', because: `Retrying ${entry} lost nothing, and the run went on.`};
  }
  return {
    mark: writesRefused ? 'poor' : 'fair',
    because: `Retrying ${entry} lost nothing, but the entry failed again${faultLasted ? ': the cause was not fixed' : ''}.`,
    better: writesRefused
      ? 'Reverse while nobody can write, unless you know that the cause is fixed.'
      : 'Find and fix the cause first, then retry.',
  };
}

function skipScore({entry, impossible = []}: DrillDecision): DrillScore {
  return impossible.length > 0
    ? {
        mark: 'poor',
        because: `Skipping ${entry} makes ${impossible.join(', ')} impossible.`,
        better: 'Retry once the cause is fixed, or reverse.',
      }
    : {
        mark: 'fair',
        because: `Skipping ${entry} lost no write, but what it would have done or checked is missing.`,
        better: 'Retry once the cause is fixed.',
      };
}
