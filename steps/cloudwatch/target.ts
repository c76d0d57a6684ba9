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
import {CloudWatchCalls} from './api/cloud-watch.ts';
import {cloudWatchPreflight} from './checks/alarms.ts';
import type {CloudWatchReader, CloudWatchWriter} from './contract.ts';

/** CloudWatch of an account and region: its alarms and metrics. */
export const cloudWatch = defineTarget({
  kind: 'cloudwatch',
  config: z.object({...awsConfig.shape}),
  preflight: cloudWatchPreflight,
  shares: awsShares,
  rights: async (config, needs, context) => [await awsRights(config, needs, resourcesOf, context)],
  open: async (config, {name}): Promise<Session<CloudWatchReader, CloudWatchWriter>> => {
    const calls = new CloudWatchCalls(name, config);
    return {
      reader: calls,
      writer: calls,
      remarks: () => awsRemarks(config),
      close: () => calls.close(),
    };
  },
});

/** The resources of its actions (Service Authorization Reference, Amazon CloudWatch): metrics have none. */
const resourcesOf: ResourcesOf = (action, place) =>
  action === 'cloudwatch:GetMetricData' ? ['*'] : [arnOf(place, 'cloudwatch', 'alarm:*')];
