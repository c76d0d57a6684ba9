import {z} from 'zod';
import {defineTarget, type Session} from '../../src/index.ts';
import {
  arnOf,
  awsConfig,
  awsRemarks,
  awsRights,
  awsShares,
  type ResourcesOf,
} from '../aws/index.ts';
import {SqsCalls} from './api/calls.ts';
import {sqsPreflight} from './checks/sqs.ts';
import type {SqsReader} from './contract.ts';

/** The queues of SQS of an account and region. Nothing is ever written through it. */
export const sqsQueues = defineTarget({
  kind: 'sqs',
  config: z.object({...awsConfig.shape}),
  rights: async (config, needs, context) => [await awsRights(config, needs, resourcesOf, context)],
  open: async (config, {name}): Promise<Session<SqsReader, SqsReader>> => {
    const calls = new SqsCalls(name, config);
    return {
      reader: calls,
      writer: calls,
      remarks: () => awsRemarks(config),
      close: () => calls.close(),
    };
  },
  preflight: sqsPreflight,
  shares: awsShares,
});

/** The resources of its actions (Service Authorization Reference, Amazon SQS). */
const resourcesOf: ResourcesOf = (action, place) =>
  action === 'sqs:ListQueues' ? ['*'] : [arnOf(place, 'sqs', '*')];
