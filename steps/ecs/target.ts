import {z} from 'zod';
import {defineTarget, type Session} from '../../src/index.ts';
import {
  awsClockAheadMs,
  awsConfig,
  awsPartOf,
  awsRemarks,
  awsRights,
  awsShares,
} from '../aws/index.ts';
import {ServiceAccess} from './api/access.ts';
import {serviceName} from './api/problems.ts';
import {ecsResources} from './api/resources.ts';
import {capacityReader} from './capacity/cluster.ts';
import {servicePreflight} from './checks/service.ts';
import type {ServiceReader, ServiceWriter} from './contract.ts';
import {imageReader} from './image/calls.ts';
import {AwsRolloutCalls} from './rollout/aws-calls.ts';
import {openRollout} from './rollout/session.ts';
import {AwsScalingCalls} from './scaling/aws-calls.ts';
import {openScaling} from './scaling/calls.ts';
import {enterTask} from './shell/enter-task.ts';
import {AwsOneOffCalls} from './task/aws-calls.ts';
import {openOneOffs} from './task/session.ts';

/** An ECS service. Its account and region are those of the AWS settings. */
export const ecsService = defineTarget({
  kind: 'ecs-service',
  config: z.object({cluster: z.string(), service: z.string(), ...awsConfig.shape}),
  enter: enterTask,
  rights: async (config, needs, context) => [
    await awsRights(config, needs, ecsResources(config), context),
  ],
  open: async (config): Promise<Session<ServiceReader, ServiceWriter>> => {
    const name = serviceName(config);
    const access = new ServiceAccess(config);
    const rollout = openRollout(name, new AwsRolloutCalls(access));
    const oneOffs = openOneOffs(name, new AwsOneOffCalls(access));
    const scaling = openScaling(new AwsScalingCalls(access));
    const reads = {...capacityReader(access), ...imageReader(awsPartOf(config))};
    return {
      reader: {...rollout.reader, ...oneOffs.reader, ...scaling.reader, ...reads},
      writer: {...rollout.writer, ...oneOffs.writer, ...scaling.writer, ...reads},
      remarks: () => awsRemarks(config),
      close: () => access.close(),
    };
  },
  clockAheadMs: awsClockAheadMs,
  preflight: servicePreflight,
  shares: (written) => {
    const account = awsShares(written);
    const cluster = [written['cluster'], written['region']].filter(Boolean).join(' in ');
    return {...account, cluster, service: `${cluster}/${written['service']}`};
  },
  ping: {what: 'call', send: (service, signal) => service.scaling(signal)},
});
