import {nextReversalSentence} from '../forecast/forecast-text.ts';
import {clockUtc, durationText} from '../model/duration.ts';
import type {Entry} from '../model/entry.ts';
import {openedEntries} from '../model/opening.ts';
import {isClosed} from '../model/outage.ts';
import {outageLimit} from '../model/outage-limit.ts';
import {placeText} from '../model/place.ts';
import {appliedEntries} from '../model/progress.ts';
import {losslessOf} from '../model/reversal-loss.ts';
import type {RunContext} from './context.ts';
import {alsoWrittenIn} from './declared-writes.ts';
import {earlierFigures, namesText} from './fact-texts.ts';
import {limitedBy, TimeIsUp} from './limit.ts';
import type {SkipRule} from './operator.ts';
import {askReversalLosses} from './reversal-loss.ts';
import {reachableCheckpoints} from './reverse-plan.ts';

/** Nobody waits for the menu of a failure for longer: a target that failed may not answer. */
const longestLossCheckMs = 2_000;

/**
 * What is so while a person decides about a failure, a sentence each, and the most important one first: what becomes of
 * the outage, what a reversal loses, what a skip makes impossible, and how long it took before.
 */
export async function factsOfFailure(
  context: RunContext,
  entry: Entry,
  skip: SkipRule,
): Promise<readonly string[]> {
  return [
    ...outageFacts(context),
    ...(await reversalFacts(context)),
    ...reversalTimes(context),
    ...skipFacts(skip),
    ...earlierFigures(context, ({durationMs}) => {
      const ms = durationMs.get(entry.id);
      return ms === undefined ? [] : [`${entry.id} took ${durationText(ms)}`];
    }),
  ];
}

function outageFacts({runbook, record: {progress, outage}}: RunContext): readonly string[] {
  const declared = runbook.head.outage;
  if (!declared) {
    return [];
  }
  if (!isClosed(progress, declared)) {
    return ['No outage: this run refuses no writes now.'];
  }
  const limit = outageLimit(progress, outage);
  if (!limit) {
    return ['OUTAGE without a limit: nothing continues until you choose.', stopText];
  }
  const {reversesTo, at, limitMs} = limit;
  if (progress.isOutageTooLong) {
    const again = durationText(progress.longestOutageMs ?? limitMs);
    return [
      `OUTAGE: nothing continues until you choose. A retry allows another ${again}.`,
      stopText,
    ];
  }
  const moment = `${clockUtc(at)} UTC`;
  return [
    reversesTo === undefined
      ? `OUTAGE: without a choice, you are asked again at ${moment}.`
      : `OUTAGE: without a choice, the run reverses to ${placeText(reversesTo)} at ${moment}.`,
    `Then the outage exceeds its limit of ${durationText(limitMs)}. ${stopText}`,
  ];
}

const stopText = 'After a stop, no process ends the outage.';

async function reversalFacts(context: RunContext): Promise<readonly string[]> {
  const {runbook, record} = context;
  const {progress} = record;
  if (appliedEntries(progress).length === 0) {
    return ['This run has no changes in place: there is nothing to reverse.'];
  }
  if (reachableCheckpoints(runbook, progress).length === 0) {
    return ['This run can no longer be reversed.'];
  }
  const written = (alsoWrittenIn(runbook, context.params).alsoWritten ?? []).map(({what}) => what);
  const besides = written.length > 0 ? ` Not carried back: ${written.join('; ')}.` : '';
  return (await lossTexts(context)).map((text) => `${text}${besides}`);
}

async function lossTexts(context: RunContext): Promise<readonly string[]> {
  const {record, clock, stopping} = context;
  const time = {clock, ms: longestLossCheckMs};
  const unchecked = `Whether a reversal now loses writes could not be checked within ${durationText(longestLossCheckMs)}.`;
  try {
    const answers = await limitedBy([stopping], time, (signal) =>
      askReversalLosses(context, record.progress, signal),
    );
    const because = answers.flatMap((answer) => answer.because).join(' ');
    if (answers.length === 0) {
      return lossWithoutAnswer(context);
    }
    switch (losslessOf(answers)) {
      case 'yes':
        return ['A reversal now is lossless for the database.'];
      case 'no':
        return [`A reversal now LOSES writes. ${because}`];
      case 'unknown':
        return [`Whether a reversal now loses writes is unknown. ${because}`];
    }
  } catch (error) {
    if (error instanceof TimeIsUp || stopping.aborted) {
      return [unchecked];
    }
    throw error;
  }
}

/** How long each reversal of the menu takes, the nearest checkpoint first. */
function reversalTimes({runbook, record: {progress}, forecast}: RunContext): readonly string[] {
  const known = forecast?.();
  const places = reachableCheckpoints(runbook, progress).toReversed();
  return known && appliedEntries(progress).length > 0
    ? places.flatMap((to) => nextReversalSentence(known, to))
    : [];
}

/** No entry can tell: what matters is whether the new side has accepted writes. */
function lossWithoutAnswer({runbook, record: {progress}}: RunContext): readonly string[] {
  const {outage} = runbook.head;
  if (!outage) {
    return [];
  }
  const opened = openedEntries(progress);
  if (opened.length === 0) {
    return ['A reversal now loses no writes: the new side has accepted none.'];
  }
  return opened.some((id) => progress.entries.get(id)?.applied)
    ? ['A reversal now LOSES what the new side has written: no entry replicates it back.']
    : [
        `Whether a reversal now loses writes is unknown: since ${namesText(opened)}, the new side may have writes of its own.`,
      ];
}

const mostNames = 4;

function skipFacts(skip: SkipRule): readonly string[] {
  if (!skip.allowed || skip.impossible.length === 0) {
    return [];
  }
  const {impossible} = skip;
  const names = impossible.slice(0, impossible.length > mostNames + 1 ? mostNames : undefined);
  const left = impossible.length - names.length;
  const all = left > 0 ? [...names, `${left} others`] : names;
  return [`A skip makes ${namesText(all)} impossible.`];
}
