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
import {SchedulerCalls} from './api/calls.ts';
import {schedulerPreflight} from './checks/scheduler.ts';
import type {SchedulerReader, SchedulerWriter} from './contract.ts';

/** EventBridge Scheduler of an account and region. */
export const eventScheduler = defineTarget({
  kind: 'scheduler',
  config: z.object({...awsConfig.shape}),
  rights: async (config, needs, context) => [await awsRights(config, needs, resourcesOf, context)],
  open: async (config, {name}): Promise<Session<SchedulerReader, SchedulerWriter>> => {
    const calls = new SchedulerCalls(name, config);
    return {
      reader: calls,
      writer: calls,
      remarks: () => awsRemarks(config),
      close: () => calls.close(),
    };
  },
  preflight: schedulerPreflight,
  shares: awsShares,
});

/** The resources of its actions (Service Authorization Reference, Amazon EventBridge Scheduler). */
const resourcesOf: ResourcesOf = (action, place) => {
  switch (action) {
    case 'scheduler:ListSchedules':
      return ['*'];
    case 'iam:PassRole':
      return [arnOf(place, 'iam', 'role/*')];
    default:
      return [arnOf(place, 'scheduler', 'schedule/*/*')];
  }
};
