import {preflightOf} from '../../../src/index.ts';
import type {SqsReader} from '../contract.ts';

/** Whether the account may see queues. */
export const sqsPreflight = preflightOf<SqsReader>([
  {
    name: 'sqs-refused',
    severity: 'blocks',
    expects: 'SQS lists the queues of the region for this account.',
    consequence:
      'The account may lack the rights with which sqs.drained counts the messages of queues.',
    fix: 'Grant sqs:ListQueues, sqs:GetQueueUrl and sqs:GetQueueAttributes to the account.',
    find: async (sqs, signal) => {
      await sqs.names(signal);
      return [];
    },
  },
]);
