import {z} from 'zod';
import {defineTarget, type Session} from '../../src/index.ts';
import {awsConfig} from '../aws/client.ts';
import {awsRights} from '../aws/rights.ts';
import {type AccountReader, openAccount} from './account-calls.ts';
import {awsCalls} from './aws-calls.ts';
import {enterTask} from './enter.ts';
import {type OneOffReader, type OneOffWriter, openOneOffs} from './one-off.ts';
import {oneOffCalls} from './one-off-calls.ts';
import {nameOf} from './problems.ts';
import {ecsResources} from './resources.ts';
import {openRoom, type RoomReader} from './room-calls.ts';
import {openScaling, type ScalingReader, type ScalingWriter, scalingCalls} from './scaling.ts';
import {type EcsReader, type EcsWriter, openSession} from './session.ts';

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
