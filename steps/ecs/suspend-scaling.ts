import {z} from 'zod';
import {defineStep, done, pending} from '../../src/index.ts';
import type {Suspended} from './contract.ts';
import {
  isSameSuspension,
  needs,
  scalingDifference,
  settingSuspension,
  suspension,
  targets,
} from './scaling/suspension.ts';

const all: Suspended = {in: true, out: true, scheduled: true};

/** Keeps Application Auto Scaling from changing the number of tasks during a rollout or a cutover. */
export const suspendScaling = defineStep({
  name: 'ecs.suspend-scaling',
  summary: 'Suspend the automatic scaling of an ECS service: in, out and by schedule.',
  targets,
  input: z.object({}),
  before: suspension,
  /** `was`, for ecs.restore-scaling: what was suspended before; `null` where nothing scales the service. */
  output: z.object({was: suspension.nullable()}),
  reverses: 'Restores exactly the suspension that was set before.',
  needs,
  effects: [{fact: 'scaling', of: 'service', is: 'suspended'}],
  timeoutMs: 60_000,

  async check(look) {
    const target = await look.targets.service.scaling(look.signal);
    if (!target) {
      return done({was: null});
    }
    const was = suspension.safeParse(look.run.before);
    const {suspended} = target;
    return isSameSuspension(suspended, all)
      ? done({was: was.success ? was.data : suspended})
      : pending(suspended, scalingDifference(suspended, all));
  },

  plan: (look) => settingSuspension(look, all),
  reverse: (look, before) => settingSuspension(look, before),
});
