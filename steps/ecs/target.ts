import {z} from 'zod';
import {defineTarget, type Session} from '../../src/index.ts';
import {awsConfig} from '../aws/client.ts';
import {awsRights} from '../aws/rights.ts';
import {awsCalls} from './api/aws-calls.ts';
import {nameOf} from './api/problems.ts';
import {ecsResources} from './api/resources.ts';
import {type EcsReader, type EcsWriter, openSession} from './api/session.ts';
import {type AccountReader, openAccount} from './capacity/account.ts';
import {openRoom, type RoomReader} from './capacity/calls.ts';
import {
  openScaling,
  type ScalingReader,
  type ScalingWriter,
  scalingCalls,
} from './scaling/scaling.ts';
import {enterTask} from './shell/enter-task.ts';
import {type OneOffReader, type OneOffWriter, openOneOffs} from './task/one-off.ts';
import {oneOffCalls} from './task/one-off-calls.ts';

export type ServiceReader = EcsReader & OneOffReader & ScalingReader & RoomReader & AccountReader;
export type ServiceWriter = EcsWriter & OneOffWriter & ScalingWriter & RoomReader & AccountReader;

/** An ECS service. Its account and region are those of the AWS settings. */
export const ecsService = defineTarget({
  kind: 'ecs-service',
  config: z.object({cluster: z.string(), service: z.string(), ...awsConfig.shape}),
  enter: enterTask,
  rights: async (config, needs, context) => [
    await awsRights(config, needs, ecsResources(config), context),
  ],
  open: async (config): Promise<Session<ServiceReader, ServiceWriter>> => {
    const name = nameOf(config);
    const rollout = openSession(name, awsCalls(config));
    const oneOffs = openOneOffs(name, oneOffCalls(config));
    const scaling = openScaling(scalingCalls(config));
    const room = openRoom(config);
    const account = openAccount(config);
    const all = [rollout, oneOffs, scaling, room, account];
    const looks = {...room.reader, ...account.reader};
    return {
      reader: {...rollout.reader, ...oneOffs.reader, ...scaling.reader, ...looks},
      writer: {...rollout.writer, ...oneOffs.writer, ...scaling.writer, ...looks},
      close: async () => {
        await Promise.all(all.map((one) => one.close()));
      },
    };
  },
});
