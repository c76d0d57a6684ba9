import type {FactOf} from './journal.ts';
import {elapsedMs} from './moment.ts';

/** Who has approved what, and who has worked on the run. */
export interface ApprovalState {
  /** Those that counted, the oldest first. */
  readonly approvals: readonly FactOf<'approved'>[];
  /** ARNs of the users and roles with which the run was worked on: nothing that they approve counts. */
  readonly runners: readonly string[];
  /** How often it was reversed, or began to be. */
  readonly reversals: number;
}

export const noApprovals: ApprovalState = {approvals: [], runners: [], reversals: 0};

/** The same after a fact. */
export function withApproval<Run extends ApprovalState>(
  run: Run,
  fact: FactOf<'approved' | 'approval-void' | 'operator-identified'>,
): Run {
  switch (fact.kind) {
    case 'approved':
      return {...run, approvals: [...run.approvals, fact]};
    case 'approval-void':
      return {...run, approvals: run.approvals.filter((given) => !isOfSame(given, fact))};
    default:
      return {...run, runners: [...new Set([...run.runners, fact.arn])]};
  }
}

const isOfSame = (given: FactOf<'approved'>, fact: FactOf<'approval-void'>): boolean =>
  given.entry === fact.entry && given.digest === fact.digest && given.listed === fact.listed;

/** How many approvals a question lacked with the last entry of the journal. */
export function missingApprovals(
  {approvals, lastAt}: ApprovalState & {readonly lastAt: Date},
  entry: string | null,
  {digest, of, validForMs}: NonNullable<FactOf<'asked'>['approval']>,
): number {
  const ofThis = approvals.filter(
    (given) =>
      given.entry === entry &&
      given.digest === digest &&
      elapsedMs(new Date(given.givenUtc), lastAt) <= validForMs,
  );
  return Math.max(0, of - new Set(ofThis.map(({listed}) => listed)).size);
}
