import type {ApprovalNeed} from './approval.ts';
import type {Hint} from './hint.ts';
import type {Json} from './run-started.ts';

/** One thing that is not yet as the step wants it. Plans print these; so does a step that did not take. */
export interface Difference {
  readonly what: string;
  readonly is: string;
  readonly shouldBe: string;
}

/** It cannot go on. `hint` says what would let it. */
export interface Blocked {
  readonly kind: 'blocked';
  /** One sentence that names the target, with numbers where it compares. */
  readonly reason: string;
  readonly hint: Hint;
}

/** What a look at the world found. */
export type Verdict<Before, Output> =
  /**
   * It is as the step wants it. `output` is what later steps may use; `remarks`, what the operator should know all
   * the same; `notes`, what was measured.
   */
  | {
      readonly kind: 'done';
      readonly output: Output;
      readonly remarks?: readonly string[];
      readonly notes?: readonly string[];
    }
  /**
   * Work remains. `before` is all that `reverse` will need to put things back, and nothing that moves by itself.
   * `remarks`: what the operator should know before the plan is approved; they may move.
   */
  | {
      readonly kind: 'pending';
      readonly before: Before;
      readonly differences: readonly Difference[];
      readonly remarks?: readonly string[];
    }
  /**
   * The change is made (or a gate is not open yet) and the target is still changing: check again. `bookmark` is
   * journaled: a check after a crash receives it, and continues from there. `ownMs`: how long the target is set to
   * take by itself; the entry may take so much longer.
   */
  | {
      readonly kind: 'waiting';
      readonly progress: string;
      readonly bookmark?: Json;
      readonly ownMs?: number;
    }
  | Blocked
  /**
   * No look can tell. The operator is asked, and the answer is journaled. "Yes" means done with `output`; "no" means
   * hold.
   */
  | {
      readonly kind: 'needs-answer';
      readonly question: string;
      readonly details: readonly string[];
      readonly output: Output;
      /** Only a person may answer it, and no answer that was given before the run; a lab's may. */
      readonly byPerson?: true;
      /** A yes comes with a note for the journal: who said so. */
      readonly wantsNote?: true;
      /** People other than the operator answer it. */
      readonly approval?: ApprovalNeed;
    };

export const done = <Output>(
  output: Output,
  ...remarks: readonly string[]
): Verdict<never, Output> =>
  remarks.length > 0 ? {kind: 'done', output, remarks} : {kind: 'done', output};

/** Done, with what was measured: printed and journaled, and no warning. */
export const measured = <Output>(
  output: Output,
  notes: readonly string[],
): Verdict<never, Output> => ({kind: 'done', output, notes});

export const pending = <Before>(
  before: Before,
  ...differences: readonly Difference[]
): Verdict<Before, never> => ({kind: 'pending', before, differences});

/** With what the operator should know before the plan is approved. */
export const remarked = <Before, Output>(
  verdict: Verdict<Before, Output>,
  remarks: readonly string[],
): Verdict<Before, Output> =>
  verdict.kind === 'pending' && remarks.length > 0 ? {...verdict, remarks} : verdict;

export const waiting = (progress: string, bookmark?: Json): Verdict<never, never> =>
  bookmark === undefined ? {kind: 'waiting', progress} : {kind: 'waiting', progress, bookmark};

/** While the target takes the time that it is set to take: `ownMs` comes on top of the limit of the entry. */
export const waitingFor = (progress: string, ownMs: number): Verdict<never, never> =>
  ownMs > 0 ? {kind: 'waiting', progress, ownMs} : waiting(progress);

export const blocked = (reason: string, hint: Hint): Blocked => ({
  kind: 'blocked',
  reason,
  hint,
});

export const needsAnswer = <Output>(
  question: string,
  output: Output,
  ...details: readonly string[]
): Verdict<never, Output> => ({kind: 'needs-answer', question, details, output});

/** The same for what only a person may decide: `--yes` does not answer it outside the lab. */
export const needsPerson = <Output>(
  question: string,
  output: Output,
  ...details: readonly string[]
): Verdict<never, Output> => ({kind: 'needs-answer', question, details, output, byPerson: true});
