import {z} from 'zod';
import {elapsedMs} from '../model/moment.ts';
import {durationText, placeText} from './labels.ts';

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
  nothing(`The run ended before ${fault.entry}, so nothing went wrong.`);

function noticeScore(facts: DrillFacts): DrillScore {
  const {fault, decisions, stoppedAtUtc} = facts;
  const {causedAtUtc} = fault;
  if (causedAtUtc === null) {
    return notReached(facts);
  }
  const first = decisions.find(({askedAtUtc}) => askedAtUtc >= causedAtUtc);
  const at = [first?.askedAtUtc, stoppedAtUtc].filter((each) => typeof each === 'string').sort()[0];
  if (at === undefined) {
    return nothing('The run went on by itself, and asked nobody.');
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
    because: `${durationText(ms)} ${what}, ${isOutage ? 'while nobody could write' : 'while visitors were served'}.`,
    ...(ms <= good ? {} : {better: `Within ${durationText(good)}.`}),
  };
}

function outageScore({outageMs, longestOutageMs}: DrillFacts): DrillScore {
  if (outageMs === null || outageMs === 0) {
    return {mark: 'good', ms: 0, because: 'Every write was acknowledged at the first try.'};
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
      because: `${facts.lostWrites} acknowledged writes are lost or duplicated.`,
      better: 'Before a choice, read what the plan of a reversal says of losses.',
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
    ? nothing('There was nothing to decide: the run went on by itself.')
    : {
        mark: 'fair',
        because: 'You stopped the run before it asked. That loses nothing.',
        better: 'Wait for the question: it has the cause, and the changes in place.',
      };
}

function scoreOf(decision: DrillDecision, index: number, facts: DrillFacts): DrillScore {
  const at = `at ${decision.entry}`;
  switch (decision.choice) {
    case 'reverse':
      return reverseScore(decision, at);
    case 'retry':
      return retryScore(decision, facts.decisions[index + 1], at);
    case 'skip':
      return skipScore(decision, at);
    case 'stop':
      return decision.writesRefused
        ? {
            mark: 'poor',
            because: `To stop ${at} lost no write, but nobody could write, and the outage went on without an end.`,
            better:
              'Reverse to before the freeze if the cause is not known, or retry once it is fixed.',
          }
        : {
            mark: 'good',
            because: `To stop ${at} loses nothing, and visitors were served: there is time to find the cause.`,
          };
  }
}

function reverseScore({to = null, lossless, writesRefused}: DrillDecision, at: string): DrillScore {
  const what = `To reverse to ${placeText(to)} ${at}`;
  if (lossless === 'no' || lossless === 'unknown') {
    return {
      mark: 'poor',
      because: `${what} ${lossless === 'no' ? 'loses' : 'may lose'} writes: its plan said so.`,
      better: 'Stop, fix the cause, and retry: the new side has writes that the old one lacks.',
    };
  }
  if (lossless === undefined) {
    return {
      mark: 'poor',
      because: `${what} was not possible, and the run was left as it was.`,
      better: 'Stop, fix the cause, and then retry or reverse.',
    };
  }
  return writesRefused
    ? {mark: 'good', because: `${what} loses nothing, and ends the outage.`}
    : {
        mark: 'fair',
        because: `${what} loses nothing, but the night is over.`,
        better: 'Stop, and retry once the cause is fixed: visitors were served, so there was time.',
      };
}

/** A retry is judged by whether the same entry asks again. */
function retryScore(
  {entry, writesRefused, faultLasted}: DrillDecision,
  next: DrillDecision | undefined,
  at: string,
): DrillScore {
  if (next?.entry !== entry) {
    return {mark: 'good', because: `To retry ${at} loses nothing, and the run went on.`};
  }
  return {
    mark: writesRefused ? 'poor' : 'fair',
    because: `To retry ${at} loses nothing, but it failed again${faultLasted ? ': the cause was not fixed' : ''}.`,
    better: writesRefused
      ? 'Reverse while nobody can write, unless you know that the cause is fixed.'
      : 'Find and fix the cause first, then retry.',
  };
}

function skipScore({impossible = []}: DrillDecision, at: string): DrillScore {
  return impossible.length > 0
    ? {
        mark: 'poor',
        because: `To skip ${at} makes ${impossible.join(', ')} impossible.`,
        better: 'Retry once the cause is fixed, or reverse.',
      }
    : {
        mark: 'fair',
        because: `To skip ${at} loses no write, but nobody has checked what it does.`,
        better: 'Retry once the cause is fixed.',
      };
}
