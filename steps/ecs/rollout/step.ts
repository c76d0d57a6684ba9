import {z} from 'zod';
import type {Action, Look, Verdict} from '../../../src/index.ts';
import {ecsService} from '../target.ts';

// What the steps that roll a service out have in common.

export const targets = {service: ecsService};

export const rolloutInput = z.object({
  /** Left alone when absent: autoscaling may be moving it. */
  desiredCount: z.number().int().nonnegative().optional(),
  /** How long everything must stay healthy before the rollout counts as done. */
  steadyMs: z.number().nonnegative().default(15_000),
});
export type RolloutInput = z.output<typeof rolloutInput>;

export const before = z.object({
  taskDefinition: z.string(),
  /** `null` when the step does not touch it. */
  desiredCount: z.number().nullable(),
});
export type Before = z.output<typeof before>;

export const output = z.object({taskDefinition: z.string(), deployment: z.string()});

export const reverses =
  'Stops the rollout if it is in flight, and sets the service to its earlier task definition and desired count.';

export type RolloutOutcome = Verdict<Before, z.output<typeof output>>;
export type RolloutLook = Look<typeof targets, RolloutInput>;
export type ServiceAction = Action<typeof targets>;
