import {z} from 'zod';
import {defineStep, done, pending} from '../../src/index.ts';
import {
  isSameSuspension,
  needs,
  scalingDifference,
  settingSuspension,
  suspension,
  targets,
} from './scaling/suspension.ts';

/** Restores the automatic scaling that ecs.suspend-scaling suspended. */
export const restoreScaling = defineStep({
  name: 'ecs.restore-scaling',
  summary: 'Restore the automatic scaling of an ECS service as it was before it was suspended.',
  targets,
  /** The output of ecs.suspend-scaling; `null`: nothing scales the service. */
  input: z.object({was: suspension.nullable()}),
  before: suspension,
  output: z.object({}),
  reverses: 'Suspends automatic scaling as it was suspended before.',
  needs,
  effects: [{fact: 'scaling', of: 'service', is: 'restored'}],
  leavesNothing: true,
  timeoutMs: 60_000,
  neverSkip: 'Without it, automatic scaling stays suspended.',

  async check(look) {
    const {was} = look.input;
    const target = await look.targets.service.scaling(look.signal);
    return !was || !target || isSameSuspension(target.suspended, was)
      ? done({})
      : pending(target.suspended, scalingDifference(target.suspended, was));
  },

  plan: (look, before) => settingSuspension(look, look.input.was ?? before),
  reverse: (look, before) => settingSuspension(look, before),
});
