import type {Hint} from './hint.ts';
import type {Problem} from './problem.ts';

/** What was tried of a store of journals, and what came of it. */
export interface StoreCheck {
  readonly check:
    | 'keys'
    | 'one-writer'
    | 'plain-write'
    | 'deletion'
    | 'approvals'
    | 'live-page'
    | 'versions'
    | 'object-lock'
    | 'round-trip';
  /** `advice`: a run can use the store all the same. */
  readonly result: 'good' | 'advice' | 'bad' | 'not-checked';
  /** One sentence. */
  readonly observed: string;
  readonly hint?: Hint;
}

export interface StoreSurvey {
  /** Its name in the inventory. */
  readonly store: string;
  readonly place: string;
  readonly checks: readonly StoreCheck[];
  /** Why no run can use it. */
  readonly problems: readonly Problem[];
  /** How long a write takes; `null` where none was made. */
  readonly roundTripMs: number | null;
  /** Keys of the objects that the trial has left there. */
  readonly left: readonly string[];
}
