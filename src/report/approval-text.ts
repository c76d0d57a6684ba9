import {missingApprovals} from '../model/approval-fold.ts';
import {shellWord} from '../model/hint.ts';
import type {FactOf} from '../model/journal.ts';
import type {Progress} from '../model/progress.ts';
import {momentUtc} from './labels.ts';

/** What is missing, with the command of the approvers, and what counted. */
export function approvalLines(progress: Progress): readonly string[] {
  const {run, storePlace = 's3://BUCKET/PREFIX'} = progress.run;
  const open = progress.questions.flatMap(({entry, approval}) => {
    if (!approval || entry === null) {
      return [];
    }
    const missing = missingApprovals(progress, entry, approval);
    const command = `switcharoo approve ${run} ${shellWord(entry)} --shared ${shellWord(storePlace)}`;
    return [
      `${entry} still needs ${missing} of ${approval.of} approvals by ${approval.by}. To approve: ${command}`,
    ];
  });
  return [...open, ...progress.approvals.map(approvedText)];
}

/** Who approved what, from where. */
const approvedText = ({
  entry,
  principal,
  group,
  givenUtc,
  digest,
  from,
}: FactOf<'approved'>): string =>
  `${entry} was approved by ${principal} (${group}) at ${momentUtc(new Date(givenUtc))}, from ${from}, digest ${digest}`;
