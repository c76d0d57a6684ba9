import {elapsedMs} from '../model/moment.ts';
import type {OpenQuestion} from '../model/open-question.ts';
import type {Outage} from '../model/outage.ts';
import {type OutageLimit, outageLimit} from '../model/outage-limit.ts';
import type {Progress} from '../model/progress.ts';
import {type HolderName, isGone, type Watch} from './holder-text.ts';
import {clockUtc, durationText, momentUtc, placeText, type TextOptions} from './labels.ts';
import {flow} from './text.ts';

interface OutageWatch extends Watch {
  readonly outage: Outage | undefined;
  /** `null` where the clock of the machine cannot be compared with the journal. */
  readonly now: Date | null;
}

/** What must be read first: that nobody can write, since when, for how long at most, and what happens then. */
export function outageLines(
  progress: Progress,
  {outage, now, ...watch}: OutageWatch,
  {width, paint}: TextOptions,
): string[] {
  if (!outage?.since) {
    return [];
  }
  const {since, totalMs} = outage;
  const before = totalMs > 0 ? `; an earlier outage lasted ${durationText(totalMs)}` : '';
  const lasts = now ? `${durationText(elapsedMs(since, now))} and counting, ` : '';
  const text = `OUTAGE ${lasts}since ${momentUtc(since)}${before}`;
  const limit = limitText(progress, {outage, now, ...watch});
  return [
    ...flow([{text, paint: (words) => paint.red(paint.bold(words))}], {width}),
    ...flow([{text: limit, paint: watch.isWatched ? paint.yellow : paint.red}], {
      width,
      first: '  ',
      rest: '  ',
    }),
    '',
  ];
}

/** How long the outage may last, and what happens then. */
export function limitText(
  progress: Progress,
  {outage, now, isWatched, lastHeard}: OutageWatch & {readonly outage: Outage},
): string {
  const limit = outageLimit(progress, outage);
  if (lastHeard) {
    const heard = `The process was last heard from at ${clockUtc(lastHeard)} UTC`;
    return `${unknownText(progress, limit, now)}. ${heard}. If nobody on its host answers, take the run over.`;
  }
  if (progress.reversingTo) {
    return isWatched
      ? 'The reversal ends it. A reversal has no limit.'
      : 'No process continues the reversal, which ends it.';
  }
  if (!limit) {
    return `It has no limit${isWatched ? '' : ', and no process works on the run'}.`;
  }
  const {text, isPassed} = limitMoment(limit, now);
  if (isPassed) {
    return isWatched
      ? `${text}. ${afterLimit(progress, limit)}`
      : `${text}, and no process works on the run. ${resumeText(limit)}`;
  }
  return isWatched
    ? `${text}. ${thenText(limit)}`
    : `${text}, and no process watches that: resume or reverse the run.`;
}

/** When the process that would end it is on another host, and nothing else is known of it. */
function unknownText(
  {reversingTo}: Progress,
  limit: OutageLimit | undefined,
  now: Date | null,
): string {
  if (reversingTo) {
    return 'The reversal ends the outage if its process on the other host still works';
  }
  if (!limit) {
    return `It has no limit. ${unknownProcess}`;
  }
  const {text, isPassed} = limitMoment(limit, now);
  const {reversesTo} = limit;
  const then =
    reversesTo === undefined
      ? 'stops as after a failure'
      : `reverses to ${placeText(reversesTo)} by itself`;
  return isPassed
    ? `${text}. ${unknownProcess}`
    : `${text}. Then the run ${then} if its process on the other host still works`;
}

const unknownProcess = 'Whether the process on the other host still works is not known here';

function limitMoment({limitMs, at}: OutageLimit, now: Date | null) {
  const limitWords = `its limit of ${durationText(limitMs)}`;
  if (now && at <= now) {
    return {text: `It exceeded ${limitWords} at ${clockUtc(at)} UTC`, isPassed: true};
  }
  const left = now ? `, in ${durationText(elapsedMs(now, at))}` : '';
  return {text: `It exceeds ${limitWords} at ${clockUtc(at)} UTC${left}`, isPassed: false};
}

function afterLimit({questions}: Progress, {reversesTo}: OutageLimit): string {
  if (questions.length > 0) {
    return 'Nothing continues until somebody decides.';
  }
  return reversesTo === undefined
    ? 'The run is about to ask what to do.'
    : `The run is about to reverse to ${placeText(reversesTo)}.`;
}

const resumeText = ({reversesTo}: OutageLimit): string =>
  reversesTo === undefined
    ? 'A resume asks what to do at once, unless --max-outage allows more.'
    : `A resume reverses to ${placeText(reversesTo)} at once, unless --max-outage allows more.`;

const thenText = ({reversesTo}: OutageLimit): string =>
  reversesTo === undefined
    ? 'Then the run stops as after a failure: the new side may have writes of its own.'
    : `Then the run reverses to ${placeText(reversesTo)} by itself.`;

/** Who is asked what, since when; or was asked, when the process that asked is gone. */
export function questionText(
  {person, since, about, entry, question}: OpenQuestion,
  now: Date | null,
  isGone: boolean,
): string {
  const asked = about === 'failure' ? `what to do after ${entry} failed: ${question}` : question;
  return isGone
    ? `${person} at ${clockUtc(since)} UTC, without an answer: ${asked}`
    : `${person} since ${clockUtc(since)} UTC${now ? ` (${durationText(elapsedMs(since, now))})` : ''}: ${asked}`;
}

/** What a person who is still asked was told: it was true then. */
export function toldTexts({details, since}: OpenQuestion, holder?: HolderName): readonly string[] {
  const [first, ...others] = isGone(holder) ? [] : details;
  return first === undefined ? [] : [`Told at ${clockUtc(since)} UTC: ${first}`, ...others];
}

/** Instead of every duration until now. */
export const clockSetBack =
  'set back on this machine: it is before the last entry, so times until now are unknown';
