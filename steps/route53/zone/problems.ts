import type {Problem} from '../../../src/index.ts';

/** The call that failed: the target in the inventory, and the IAM action. */
interface CallFacts {
  readonly target: string;
  readonly action: string;
  /** The text of AWS, or of the network. */
  readonly answer: string;
}

export const zoneNotFound = ({target, zoneId}: {target: string; zoneId: string}): Problem => ({
  code: 'route53-zone-not-found',
  message: `Route 53 has no hosted zone ${zoneId}, which is the zone of target ${target}.`,
  hint: `Correct zoneId of ${target} in the inventory. List the zones of the account: aws route53 list-hosted-zones`,
});

export const requestRefused = ({target, action, answer}: CallFacts): Problem => ({
  code: 'route53-request-refused',
  message: `Route 53 refuses ${action} for target ${target}: ${answer}`,
  hint: 'Correct the target in the inventory or the input in the runbook, and plan again.',
});

export const recordsChangedElsewhere = (facts: {
  readonly target: string;
  readonly live: string;
  readonly expected: string;
  readonly answer?: string;
}): Problem => ({
  code: 'records-changed-elsewhere',
  message: `The records in ${facts.target} were changed outside of this run: they are now ${facts.live}, and were ${facts.expected} at the last check.${facts.answer ? ` Route 53 answered: ${facts.answer}` : ''}`,
  hint: 'Restore the records and resume, or reverse this run. The latest changes of the account: aws cloudtrail lookup-events --region us-east-1 --lookup-attributes AttributeKey=EventName,AttributeValue=ChangeResourceRecordSets',
});

export const batchRefused = ({target, answer}: {target: string; answer: string}): Problem => ({
  code: 'route53-batch-refused',
  message: `Route 53 refuses the batch for ${target}, and has changed nothing: ${answer}`,
  hint: 'Correct the records in the runbook, and plan again.',
});

export const batchNotMade = (facts: {
  readonly target: string;
  readonly minutes: number;
  readonly answer: string;
}): Problem => ({
  code: 'route53-batch-not-made',
  message: `Route 53 did not accept the batch for ${facts.target} within ${facts.minutes} minutes; the records were unchanged at the last check: ${facts.answer}`,
  hint: 'Stop other clients that call Route 53 in this account (it allows five calls per second), then resume.',
});

export const changePending = (facts: {
  readonly target: string;
  readonly change: string;
  readonly minutes: number;
}): Problem => ({
  code: 'route53-change-pending',
  message: `Route 53 accepted change ${facts.change} of ${facts.target}, but it is still PENDING after ${facts.minutes} minutes: some name servers answer with the old records.`,
  hint: `Resume once this command prints INSYNC: aws route53 get-change --id ${facts.change}`,
});

export const batchMismatch = (facts: {
  readonly target: string;
  readonly live: string;
  readonly sent: string;
}): Problem => ({
  code: 'route53-batch-mismatch',
  message: `Route 53 accepted a change for ${facts.target}, but then listed ${facts.live} instead of ${facts.sent}.`,
  hint: 'Restore the records and resume, or reverse this run. The latest changes of the account: aws cloudtrail lookup-events --region us-east-1 --lookup-attributes AttributeKey=EventName,AttributeValue=ChangeResourceRecordSets',
});
