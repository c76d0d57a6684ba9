import {elapsedMs} from '../model/moment.ts';
import type {OpenQuestion} from '../model/open-question.ts';
import type {Outage} from '../model/outage.ts';
import {clockUtc, durationText, momentUtc, type TextOptions} from './labels.ts';
import {flow} from './text.ts';

/** What must be read first: that nobody can write, and since when. */
export function outageLines(
  outage: Outage | undefined,
  now: Date | null,
  {width, paint}: TextOptions,
): string[] {
  if (!outage?.since) {
    return [];
  }
  const {since, totalMs} = outage;
  const before = totalMs > 0 ? `; an earlier outage lasted ${durationText(totalMs)}` : '';
  const lasts = now ? `${durationText(elapsedMs(since, now))} and counting, ` : '';
  const text = `OUTAGE ${lasts}since ${momentUtc(since)}${before}`;
  return [...flow([{text, paint: (words) => paint.red(paint.bold(words))}], {width}), ''];
}

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
