import type {Blocked, Difference} from './verdict.ts';

/** Whether a change that this run made is still in place. */
export type UpkeepVerdict =
  | {readonly kind: 'holds'; readonly remarks?: readonly string[]}
  /** It ended from outside, and can be made again without loss. */
  | {
      readonly kind: 'lapsed';
      readonly differences: readonly Difference[];
      /** Since when, as far as that is known, and what was looked at: "since its restart at 03:14:15 UTC". */
      readonly since: string;
    }
  /** It ended from outside, and to make it again is not enough. */
  | Blocked;

export const holds = (...remarks: readonly string[]): UpkeepVerdict =>
  remarks.length > 0 ? {kind: 'holds', remarks} : {kind: 'holds'};

export const lapsed = (since: string, ...differences: readonly Difference[]): UpkeepVerdict => ({
  kind: 'lapsed',
  differences,
  since,
});

/** What a look at a change in place has found. */
export interface UpkeepAnswer {
  readonly entry: string;
  readonly is: 'in-place' | 'lapsed' | 'lost' | 'unknown';
  /** What is no longer so and since when, or why it is not known; empty while it is in place. */
  readonly because: readonly string[];
}
