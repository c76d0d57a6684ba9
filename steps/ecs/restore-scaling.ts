import {z} from 'zod';
import {defineStep, done, pending} from '../../src/index.ts';
import {isSameSuspension} from './scaling/scaling.ts';
import {
  scalingDifference,
  scalingNeeds,
  scalingTargets,
  suspending,
  suspension,
} from './suspend-scaling.ts';

/** Gives automatic scaling back what ecs.suspend-scaling took from it. */
export const restoreScaling = defineStep({
  name: 'ecs.restore-scaling',
  summary: 'Let the automatic scaling of an ECS service be as it was before it was suspended.',
  targets: scalingTargets,
  /** The output of ecs.suspend-scaling; `null`: nothing scaled the service. */
  input: z.object({was: suspension.nullable()}),
  before: suspension,
  output: z.object({}),
  reverses: 'Suspends it again as it was suspended.',
  needs: scalingNeeds,
  timeoutMs: 60_000,

  async check(look) {
    const {was} = look.input;
    const target = await look.targets.service.scaling(look.signal);
    return !was || !target || isSameSuspension(target.suspended, was)
      ? done({})
      : pending(target.suspended, scalingDifference(target.suspended, was));
  },

  plan: (look, before) => suspending(look, look.input.was ?? before),
  reverse: (look, before) => suspending(look, before),
});
