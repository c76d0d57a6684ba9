import {elapsedMs} from '../model/moment.ts';
import type {OpenQuestion} from '../model/open-question.ts';
import type {Outage} from '../model/outage.ts';
import {type OutageLimit, outageLimit} from '../model/outage-limit.ts';
import type {Progress} from '../model/progress.ts';
import {clockUtc, durationText, momentUtc, placeText, type TextOptions} from './labels.ts';
import {flow} from './text.ts';

interface OutageWatch {
  readonly outage: Outage | undefined;
  /** `null` where the clock of the machine cannot be compared with the journal. */
  readonly now: Date | null;
  /** A process works on the run: only that can end an outage that is too long. */
  readonly isWatched: boolean;
}

/** What must be read first: that nobody can write, since when, for how long at most, and what happens then. */
export function outageLines(
  progress: Progress,
  {outage, now, isWatched}: OutageWatch,
  {width, paint}: TextOptions,
): string[] {
  if (!outage?.since) {
    return [];
  }
  const {since, totalMs} = outage;
  const before = totalMs > 0 ? `; an earlier outage lasted ${durationText(totalMs)}` : '';
  const lasts = now ? `${durationText(elapsedMs(since, now))} and counting, ` : '';
  const text = `OUTAGE ${lasts}since ${momentUtc(since)}${before}`;
  const limit = limitText(progress, {outage, now, isWatched});
  return [
    ...flow([{text, paint: (words) => paint.red(paint.bold(words))}], {width}),
    ...flow([{text: limit, paint: isWatched ? paint.yellow : paint.red}], {
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
  {outage, now, isWatched}: OutageWatch & {readonly outage: Outage},
): string {
  const limit = outageLimit(progress, outage);
  if (progress.reversingTo) {
    return isWatched
      ? 'The reversal ends it. A reversal has no limit.'
      : 'No process continues the reversal, which ends it.';
  }
  if (!limit) {
    return `It has no limit${isWatched ? '' : ', and no process works on the run'}.`;
  }
  const {limitMs, at} = limit;
  const limitWords = `its limit of ${durationText(limitMs)}`;
  if (now && at <= now) {
    const passed = `It exceeded ${limitWords} at ${clockUtc(at)} UTC`;
    return isWatched
      ? `${passed}. ${afterLimit(progress, limit)}`
      : `${passed}, and no process works on the run. ${resumeText(limit)}`;
  }
  const left = now ? `, in ${durationText(elapsedMs(now, at))}` : '';
  const moment = `at ${clockUtc(at)} UTC${left}`;
  return isWatched
    ? `It exceeds ${limitWords} ${moment}. ${thenText(limit)}`
    : `It exceeds ${limitWords} ${moment}, and no process watches that: resume or reverse the run.`;
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

/** Instead of every duration until now. */
export const clockSetBack =
  'set back on this machine: it is before the last entry, so times until now are unknown';
