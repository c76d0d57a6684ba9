import {elapsedMs} from '../model/moment.ts';
import {clockUtc, durationText, momentUtc} from './labels.ts';
import type {OutageReport, Span} from './report-fold.ts';
import type {EntryReport, RunReport} from './run-report.ts';

/** "14.2 s, from 03:06:04 to 03:06:18 UTC", for each outage of a run. */
export const outageTexts = (outages: readonly OutageReport[], source = ''): readonly string[] =>
  outages.map(({durationMs, fromUtc, toUtc, isOver, isReversal}) => {
    const [from, to] = [new Date(fromUtc), new Date(toUtc)];
    if (!isOver) {
      return `NOT OVER: ${lengthText(durationMs)} up to ${clockUtc(to)} UTC, since ${momentUtc(from)}${source}`;
    }
    const isOneDay = fromUtc.slice(0, 10) === toUtc.slice(0, 10);
    const span = isOneDay
      ? `from ${clockUtc(from)} to ${clockUtc(to)} UTC`
      : `from ${momentUtc(from)} to ${momentUtc(to)}`;
    return `${lengthText(durationMs)}, ${span}${source}${isReversal ? reversalReason : ''}`;
  });

/** Writes on both sides at once could not be put together again. */
const reversalReason = '; the reversal closes the new side before it opens the old one';

/** Tenths of a second count up to a minute. */
const lengthText = (ms: number): string =>
  ms >= 10_000 && ms < 60_000 ? `${(Math.floor(ms / 100) / 10).toFixed(1)} s` : durationText(ms);

/** How many entries of an outage are named. */
const mostNamed = 3;

/** "deploy 6.1 s, stop-web 2 s, promote 1.1 s": the entries that took longest of an outage. */
function longestInOutage(outage: OutageReport, entries: readonly EntryReport[]): string {
  const parts = entries.map(({id, stretches}) => ({
    id,
    ms: stretches.reduce((ms, stretch) => ms + sharedMs(stretch, outage), 0),
  }));
  return parts
    .filter(({ms}) => ms > 0)
    .sort((a, b) => b.ms - a.ms)
    .slice(0, mostNamed)
    .map(({id, ms}) => `${id} ${durationText(ms)}`)
    .join(', ');
}

const sharedMs = (stretch: Span, outage: Span): number => {
  const from = stretch.fromUtc > outage.fromUtc ? stretch.fromUtc : outage.fromUtc;
  const to = stretch.toUtc < outage.toUtc ? stretch.toUtc : outage.toUtc;
  return from < to ? elapsedMs(new Date(from), new Date(to)) : 0;
};

/** Each outage by the journal, with the entries that took longest of it. */
export const outagesOfReport = ({
  outages,
  entries,
  writes,
}: Pick<RunReport, 'outages' | 'entries' | 'writes'>): readonly string[] => {
  const texts = outageTexts(outages, writes ? ', by the journal' : '');
  return outages.map((outage, index) => {
    const longest = longestInOutage(outage, entries);
    const text = texts[index] ?? '';
    return longest === '' ? text : `${text}; longest: ${longest}`;
  });
};
