import type {OpenQuestion} from '../model/open-question.ts';
import type {Outage} from '../model/outage.ts';
import {clockUtc, durationText, momentUtc, type TextOptions} from './labels.ts';
import {flow} from './text.ts';

/** What must be read first: that nobody can write, and since when. */
export function outageLines(
  outage: Outage | undefined,
  now: Date,
  {width, paint}: TextOptions,
): string[] {
  if (!outage?.since) {
    return [];
  }
  const {since, totalMs} = outage;
  const before = totalMs > 0 ? `; an earlier outage lasted ${durationText(totalMs)}` : '';
  const text = `OUTAGE ${durationText(msSince(since, now))} and counting, since ${momentUtc(since)}${before}`;
  return [...flow([{text, paint: (words) => paint.red(paint.bold(words))}], {width}), ''];
}

/** Who is asked what, since when; or was asked, when the process that asked is gone. */
export function questionText(
  {person, since, about, entry, question}: OpenQuestion,
  now: Date,
  isGone: boolean,
): string {
  const asked = about === 'failure' ? `what to do after ${entry} failed: ${question}` : question;
  return isGone
    ? `${person} at ${clockUtc(since)} UTC, without an answer: ${asked}`
    : `${person} since ${clockUtc(since)} UTC (${durationText(msSince(since, now))}): ${asked}`;
}

const msSince = (since: Date, now: Date): number => Math.max(0, now.getTime() - since.getTime());
