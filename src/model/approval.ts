import {digestOf} from './canonical.ts';
import type {FactOf} from './journal.ts';
import {type Principal, principalInKey} from './principal.ts';

/** What a gate asks of people other than the operator. */
export interface ApprovalNeed {
  /** The group of the inventory whose people may approve. */
  readonly by: string;
  /** How many of them. */
  readonly of: number;
  /** How long an approval counts, in ms. */
  readonly validForMs: number;
}

/** The approvers of an environment, by group: ARNs of users, of roles, and of sessions of roles. */
type Approvers = Readonly<Record<string, readonly string[]>>;

/** What a runbook can ask of approvers, as the inventory has it. */
export interface ApprovalRules {
  readonly inventory: {readonly file: string; readonly digest: string};
  readonly approvers: Approvers;
  /** Whether the journal is shared in a store: approvals are there. */
  readonly isShared: boolean;
  /** In a lab, the operator answers if no approval can be given. */
  readonly isLab: boolean;
}

/** An approval that was given, read from its key, which nobody can forge. */
export interface GivenApproval {
  readonly principal: Principal;
  /** Number of this principal's word: the last one counts. */
  readonly number: number;
  readonly word: 'approved' | 'withdrawn';
  readonly key: string;
}

/** What an approval is about. */
export interface ApprovalSubject {
  readonly run: string;
  readonly digest: string;
  readonly entry: string;
}

/** Where the approvals of an entry are in a store. */
export const approvalsFolder = ({run, digest, entry}: ApprovalSubject): string =>
  `approvals/${run}/${digest}/${encodeURIComponent(entry)}/`;

/** Nothing of an approval counts but its key and the time of the store. `key`: a key of `folder`. */
export function approvalInKey(folder: string, key: string): GivenApproval | undefined {
  const [, number, word, end = ''] =
    /^(\d{1,4})-(approved|withdrawn)\/(.+)$/.exec(key.slice(folder.length)) ?? [];
  const principal = principalInKey(end);
  return key.startsWith(folder) && principal && number !== undefined
    ? {principal, number: Number(number), word: word as GivenApproval['word'], key}
    : undefined;
}

/**
 * What is approved: the plan with which the run began, the runbook and the inventory as they are now, and how often the
 * run was reversed. An approval counts for nothing else.
 */
export function approvalDigest({
  plan,
  changes,
  reversals,
}: {
  readonly plan: string;
  /** Digests of the runbook and the inventory, where they changed since the run began. */
  readonly changes: readonly string[];
  readonly reversals: number;
}): string {
  return changes.length === 0 && reversals === 0 ? plan : digestOf([plan, changes, reversals]);
}

/** What was read of the approvals of an entry. */
export interface ApprovalSurvey {
  /** Those that count, as the journal has them: one for each of the list of the group. */
  readonly counted: readonly FactOf<'approved'>[];
  /** Why others do not, a sentence each. */
  readonly others: readonly string[];
  /** ARNs of the list of the group for which it is unknown now. */
  readonly unread: readonly string[];
}

/** Where other people approve what a run asks. */
export interface ApprovalDesk {
  /** `s3://our-cutovers/shop` */
  readonly place: string;
  /** Who this process is there. */
  caller(signal: AbortSignal): Promise<Principal>;
  /** `runners`: ARNs of users and roles whose approvals do not count. */
  survey(
    subject: ApprovalSubject,
    need: ApprovalNeed & {
      readonly principals: readonly string[];
      readonly runners: readonly string[];
    },
    signal: AbortSignal,
  ): Promise<ApprovalSurvey>;
}
