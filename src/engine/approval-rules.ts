import type {ApprovalNeed, ApprovalRules} from '../model/approval.ts';
import type {Entry} from '../model/entry.ts';
import type {Problem} from '../model/problem.ts';
import {didYouMean, namesNear} from '../model/suggestion.ts';
import type {Verdict} from '../model/verdict.ts';
import type {RunContext} from './context.ts';

type Asked = Extract<Verdict<unknown, unknown>, {kind: 'needs-answer'}>;

/** Why an approval can never be given; `undefined` if it can, or in a lab, where the operator answers instead. */
export function approvalObstacle(
  {id: entry, approval}: Pick<Entry, 'id' | 'approval'>,
  rules: ApprovalRules | undefined,
): Problem | undefined {
  const {by = '', of = 0} = approval ?? {};
  const {approvers = {}, isShared = false, isLab = false, inventory} = rules ?? {};
  const file = inventory?.file ?? 'the inventory';
  const group = approvers[by];
  if (isLab || !approval) {
    return undefined;
  }
  if (!isShared) {
    return storeNeeded(entry, file);
  }
  if (!group) {
    return groupUnknown({entry, by, file}, Object.keys(approvers));
  }
  return group.length < of ? tooFew({entry, by, file}, of, group.length) : undefined;
}

/** In a rehearsal, and in a lab without a store or the group, the operator answers in place of the approvers. */
export function isAnsweredInLab(
  {approvalRules: rules, approvals, record}: RunContext,
  {by, of}: ApprovalNeed,
): boolean {
  const canApprove = approvals !== undefined && (rules?.approvers[by]?.length ?? 0) >= of;
  return rules?.isLab === true && (record.progress.run.rehearsal || !canApprove);
}

/** The question as the operator of a lab is asked. It is journaled with the answer. */
export const answerInLab = ({approval: _, ...asked}: Asked, {by, of}: ApprovalNeed): Asked => ({
  ...asked,
  details: [
    `Answered in a lab, in place of ${of === 1 ? 'an approval' : `${of} approvals`} by ${by}.`,
    ...asked.details,
  ],
});

const storeNeeded = (entry: string, file: string): Problem => ({
  code: 'approval-needs-store',
  message: `${entry} waits for approvals, but ${file} names no store to read them from.`,
  hint: 'Name a target of the kind s3-store with "store:" in the inventory. "switcharoo docs approvals" explains how.',
});

interface Group {
  readonly entry: string;
  readonly by: string;
  readonly file: string;
}

const groupUnknown = ({entry, by, file}: Group, groups: readonly string[]): Problem => ({
  code: 'approvers-unknown',
  message: `${entry} waits for approvals by ${by}, but ${file} has no such group of approvers.`,
  hint: `${didYouMean(namesNear(by, groups))}Add ${by} with the ARNs of its members under "approvers" in ${file}.`,
});

const tooFew = ({entry, by, file}: Group, of: number, count: number): Problem => ({
  code: 'approvers-too-few',
  message: `${entry} needs ${of} approvals by ${by}, but ${file} lists only ${count} in that group.`,
  hint: `Add others under "approvers" in ${file}, or ask for fewer approvals in the runbook.`,
});
