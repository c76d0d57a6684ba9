import {preflightOf} from '../../../src/index.ts';
import type {SqsReader} from '../contract.ts';

/** Whether the account may see queues. */
export const sqsPreflight = preflightOf<SqsReader>([
  {
    name: 'sqs-refused',
    severity: 'blocks',
    expects: 'SQS lists the queues of the region for this account.',
    consequence: 'No gate can wait until a queue is drained.',
    fix: 'Grant sqs:ListQueues to the account.',
    find: async (sqs, signal) => {
      await sqs.names(signal);
      return [];
    },
  },
]);
