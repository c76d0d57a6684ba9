import {elapsedMs} from '../model/moment.ts';
import {choiceScore, nothing, notReached} from './drill-choice.ts';
import type {DrillFacts, DrillScore, DrillScores} from './drill-facts.ts';
import {durationText} from './labels.ts';

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

function noticeScore(facts: DrillFacts): DrillScore {
  const {fault, decisions, stoppedAtUtc, stoppedInOutage} = facts;
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
  return at === first?.askedAtUtc
    ? timeScore(ms, first.writesRefused, `until the run asked about ${first.entry}`)
    : timeScore(ms, stoppedInOutage, 'until you stopped the run');
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
