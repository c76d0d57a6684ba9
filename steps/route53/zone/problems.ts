import type {Problem} from '../../../src/index.ts';

/** Where a call went wrong: the target in the inventory, and the IAM action. */
export interface CallFacts {
  readonly target: string;
  readonly action: string;
  /** What AWS, or the network, said. */
  readonly said: string;
}

export const zoneNotFound = ({target, zoneId}: {target: string; zoneId: string}): Problem => ({
  code: 'zone-not-found',
  message: `Route 53 knows no hosted zone ${zoneId}, which is the zone of target ${target}.`,
  hint: `Correct zoneId of ${target} in the inventory; aws route53 list-hosted-zones shows the zones of the account.`,
});

export const requestRefused = ({target, action, said}: CallFacts): Problem => ({
  code: 'aws-request-refused',
  message: `Route 53 refuses ${action} for target ${target} as it was asked: ${said}`,
  hint: 'Correct what the inventory or the runbook asks for, and plan again.',
});

export const recordsChanged = (facts: {
  readonly target: string;
  readonly live: string;
  readonly expected: string;
  readonly said?: string;
}): Problem => ({
  code: 'records-changed',
  message: `Someone changed the records in ${facts.target}: they are now ${facts.live}, and were ${facts.expected} when they were looked at.${facts.said ? ` Route 53 says: ${facts.said}` : ''}`,
  hint: 'Find out who changed them, and why; then plan again, or put the records back first.',
});

export const batchRefused = ({target, said}: {target: string; said: string}): Problem => ({
  code: 'records-refused',
  message: `Route 53 refuses the batch for ${target}, and has changed nothing: ${said}`,
  hint: 'Correct the records in the runbook, and plan again.',
});

export const batchNotTaken = (facts: {
  readonly target: string;
  readonly minutes: number;
  readonly said: string;
}): Problem => ({
  code: 'records-not-taken',
  message: `Route 53 has not taken the batch for ${facts.target} within ${facts.minutes} minutes; the records were unchanged when last looked at: ${facts.said}`,
  hint: 'See what else calls Route 53 in this account (it allows five calls per second), then resume.',
});

export const notInSync = (facts: {
  readonly target: string;
  readonly change: string;
  readonly minutes: number;
}): Problem => ({
  code: 'change-not-in-sync',
  message: `Change ${facts.change} of ${facts.target} is accepted, and is still PENDING after ${facts.minutes} minutes: some name servers answer with the old records.`,
  hint: `Ask aws route53 get-change --id ${facts.change}, and resume once it says INSYNC.`,
});

export const notAsSent = (facts: {
  readonly target: string;
  readonly live: string;
  readonly sent: string;
}): Problem => ({
  code: 'records-not-as-sent',
  message: `Route 53 accepted a change for ${facts.target}, and lists something else: ${facts.live} instead of ${facts.sent}.`,
  hint: 'See in CloudTrail who else changed the zone since; then plan again, or put the records back first.',
});
