import {z} from 'zod';
import {defineTarget} from '../../src/index.ts';
import {awsConfig} from '../aws/client.ts';
import {awsCalls} from './aws-calls.ts';
import {nameOf} from './problems.ts';
import {openSession} from './session.ts';

/** An ECS service. Its account and region are those of the AWS settings. */
export const ecsService = defineTarget({
  kind: 'ecs-service',
  config: z.object({cluster: z.string(), service: z.string(), ...awsConfig.shape}),
  open: async (config) => openSession(nameOf(config), awsCalls(config)),
});
