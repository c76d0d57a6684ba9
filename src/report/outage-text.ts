import {clockUtc, durationText, momentUtc} from './labels.ts';
import type {OutageReport} from './report-fold.ts';

/** "14.2 s, from 03:06:04 to 03:06:18 UTC", for each outage of a run. */
export const outageTexts = (outages: readonly OutageReport[]): readonly string[] =>
  outages.map(({durationMs, fromUtc, toUtc, isOver}) => {
    const [from, to] = [new Date(fromUtc), new Date(toUtc)];
    if (!isOver) {
      return `NOT OVER: ${lengthText(durationMs)} up to ${clockUtc(to)} UTC, since ${momentUtc(from)}`;
    }
    const isOneDay = fromUtc.slice(0, 10) === toUtc.slice(0, 10);
    const span = isOneDay
      ? `from ${clockUtc(from)} to ${clockUtc(to)} UTC`
      : `from ${momentUtc(from)} to ${momentUtc(to)}`;
    return `${lengthText(durationMs)}, ${span}`;
  });

/** Tenths of a second count up to a minute. */
const lengthText = (ms: number): string =>
  ms >= 10_000 && ms < 60_000 ? `${(Math.floor(ms / 100) / 10).toFixed(1)} s` : durationText(ms);
