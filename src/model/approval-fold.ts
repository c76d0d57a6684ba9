import type {FactOf} from './journal.ts';

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
export const withApproval = <Run extends ApprovalState>(
  run: Run,
  fact: FactOf<'approved' | 'operator-identified'>,
): Run =>
  fact.kind === 'approved'
    ? {...run, approvals: [...run.approvals, fact]}
    : {...run, runners: [...new Set([...run.runners, fact.arn])]};

/** How many approvals a question lacks, as far as the journal knows. */
export function missingApprovals(
  {approvals}: ApprovalState,
  entry: string | null,
  {digest, of}: NonNullable<FactOf<'asked'>['approval']>,
): number {
  const ofThis = approvals.filter((given) => given.entry === entry && given.digest === digest);
  return Math.max(0, of - new Set(ofThis.map(({listed}) => listed)).size);
}
