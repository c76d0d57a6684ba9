import type {DrillDecision, DrillFacts, DrillScore} from './drill-facts.ts';
import {counted, placeText} from './labels.ts';

export const nothing = (because: string): DrillScore => ({mark: 'none', because});

export const notReached = ({fault}: DrillFacts): DrillScore =>
  nothing(`The fault at ${fault.entry} did not happen, so there is nothing to judge.`);

const order = ['poor', 'fair', 'good', 'none'] as const;

/** The worst decision counts; a loss counts more than any. */
export function choiceScore(facts: DrillFacts): DrillScore {
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
  if (decision.cutOff) {
    return facts.stoppedAtUtc === null ? unansweredScore(decision) : stoppedScore(decision);
  }
  switch (decision.choice) {
    case 'reverse':
      return reverseScore(decision);
    case 'retry':
      return retryScore(decision, facts.decisions[index + 1], facts.outcome);
    case 'skip':
      return skipScore(decision);
    case 'stop':
      return stoppedScore(decision);
  }
}

const unansweredScore = ({entry}: DrillDecision): DrillScore => ({
  mark: 'poor',
  because: `The question about ${entry} ended before anybody answered it.`,
  better: 'Answer it before the limit of the outage: reverse if you do not know the cause.',
});

const stoppedScore = ({entry, writesRefused}: DrillDecision): DrillScore =>
  writesRefused
    ? {
        mark: 'poor',
        because: `Stopping at ${entry} lost no write, but the outage went on, and nobody could write.`,
        better:
          'If you do not know the cause, reverse to a checkpoint before the outage. Otherwise, fix it and retry.',
      }
    : {
        mark: 'good',
        because: `Stopping at ${entry} loses nothing outside an outage: there is time to find the cause.`,
      };

function reverseScore(decision: DrillDecision): DrillScore {
  const {entry, to = null, lossless, writesRefused, carriedOut} = decision;
  const what = `Reversing from ${entry} to ${placeText(to)}`;
  if (lossless !== undefined && !carriedOut) {
    return {
      mark: writesRefused ? 'poor' : 'fair',
      because: `${what} was planned and not started: ${writesRefused ? 'the outage went on' : 'the run stayed as it was'}.`,
      better: 'Read the plan, then approve it, or fix the cause and retry.',
    };
  }
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
  outcome: string,
): DrillScore {
  if (next === undefined && outcome !== 'done') {
    return {
      mark: 'fair',
      because: `Retrying ${entry} lost nothing, but the run ended before it was done.`,
      better: 'Let a retry finish, or reverse instead.',
    };
  }
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

function skipScore({entry, impossible = [], carriedOut}: DrillDecision): DrillScore {
  if (!carriedOut) {
    return {
      mark: 'poor',
      because: `Skipping ${entry} was refused, and the run paused.`,
      better: 'Retry once the cause is fixed, or reverse.',
    };
  }
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
