import {elapsedMs} from '../model/moment.ts';
import type {Outage} from '../model/outage.ts';
import {quantileOf} from './chance.ts';
import type {Timings} from './timings.ts';

/** 5 of 100 runs take less than the first, and 95 less than the last. */
export interface Range {
  readonly p5: number;
  readonly p50: number;
  readonly p95: number;
}

export interface ReversalForecast {
  /** A checkpoint; `null` is the start. */
  readonly to: string | null;
  /** The entry from which it would start; absent in a run, where it starts from the current entry. */
  readonly from?: string;
  /** Absent if it includes an entry whose reversal no run has measured. */
  readonly range?: Range;
  readonly notMeasured: readonly string[];
}

/** A run under way, and the time. */
export interface RunNow {
  readonly timings: Timings;
  readonly outage?: Outage;
  readonly now: Date;
}

/** While people are asked, or no process works on it, no machine time passes. */
export const sinceLast = ({timings: {questions, lastAt, isAtRest}, now}: RunNow): number =>
  isAtRest || questions.length > 0 ? 0 : elapsedMs(lastAt, now);

/** Sorts them. */
export function rangeOf(nights: Float64Array): Range {
  const sorted = nights.sort();
  const [p5 = 0, p50 = 0, p95 = 0] = [0.05, 0.5, 0.95].map((share) =>
    Math.round(quantileOf(sorted, share)),
  );
  return {p5, p50, p95};
}
