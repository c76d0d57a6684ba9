import {z} from 'zod';
import {defineStep, done, type Look, pending} from '../../src/index.ts';
import {isSameSuspension, type Suspended, suspendedText} from './scaling/scaling.ts';
import {ecsService} from './target.ts';

export const scalingTargets = {service: ecsService};

export const suspension = z.object({in: z.boolean(), out: z.boolean(), scheduled: z.boolean()});

export const scalingNeeds = {
  service: [
    'application-autoscaling:DescribeScalableTargets',
    'application-autoscaling:RegisterScalableTarget',
  ],
};

const all: Suspended = {in: true, out: true, scheduled: true};

type ScalingLook = Look<typeof scalingTargets, object>;

/** Keeps Application Auto Scaling from changing the number of tasks while a rollout or a cutover counts on it. */
export const suspendScaling = defineStep({
  name: 'ecs.suspend-scaling',
  summary: 'Suspend the automatic scaling of an ECS service: in, out and by schedule.',
  targets: scalingTargets,
  input: z.object({}),
  before: suspension,
  /** What it was, for ecs.restore-scaling; `null` where nothing scales the service. */
  output: z.object({was: suspension.nullable()}),
  reverses: 'Lets it scale again in exactly the ways in which it did.',
  needs: scalingNeeds,
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

  plan: (look) => suspending(look, all),
  reverse: (look, before) => suspending(look, before),
});

export const scalingDifference = (is: Suspended, shouldBe: Suspended) => ({
  what: 'automatic scaling',
  is: suspendedText(is),
  shouldBe: suspendedText(shouldBe),
});

/** The one write, where it is not so already. */
export async function suspending(look: ScalingLook, wanted: Suspended) {
  const target = await look.targets.service.scaling(look.signal);
  if (!target || isSameSuspension(target.suspended, wanted)) {
    return [];
  }
  return [
    {
      on: 'service' as const,
      does: `set automatic scaling so that it ${suspendedText(wanted)}`,
      perform: (
        service: {suspend(so: Suspended, signal: AbortSignal): Promise<void>},
        signal: AbortSignal,
      ) => service.suspend(wanted, signal),
    },
  ];
}
