import {z} from 'zod';
import type {Action, Difference, Look} from '../../../src/index.ts';
import type {Suspended} from '../contract.ts';
import {ecsService} from '../target.ts';

// What the steps that suspend and restore automatic scaling have in common.

export const targets = {service: ecsService};

export const suspension = z.object({in: z.boolean(), out: z.boolean(), scheduled: z.boolean()});

export const needs = {
  service: [
    'application-autoscaling:DescribeScalableTargets',
    'application-autoscaling:RegisterScalableTarget',
  ],
};

type ScalingLook = Look<typeof targets, object>;

/** The one write that sets the suspension, unless it is in place. */
export async function settingSuspension(
  look: ScalingLook,
  suspended: Suspended,
): Promise<readonly Action<typeof targets>[]> {
  const target = await look.targets.service.scaling(look.signal);
  if (!target || isSameSuspension(target.suspended, suspended)) {
    return [];
  }
  return [
    {
      on: 'service',
      does: `set automatic scaling so that it ${suspensionText(suspended)}`,
      perform: (service, signal) => service.suspend(suspended, signal),
    },
  ];
}

export const scalingDifference = (is: Suspended, shouldBe: Suspended): Difference => ({
  what: 'automatic scaling',
  is: suspensionText(is),
  shouldBe: suspensionText(shouldBe),
});

const names = {in: 'in', out: 'out', scheduled: 'by schedule'} as const;

function suspensionText(suspended: Suspended): string {
  const off = (['in', 'out', 'scheduled'] as const).filter((kind) => suspended[kind]);
  return off.length === 0 ? 'runs' : `is suspended (${off.map((kind) => names[kind]).join(', ')})`;
}

export const isSameSuspension = (left: Suspended, right: Suspended): boolean =>
  left.in === right.in && left.out === right.out && left.scheduled === right.scheduled;
