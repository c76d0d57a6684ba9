import type {FargateKind, Quantity} from '../contract.ts';
import {quotaOf} from './account.ts';
import {type Limits, mayStart, mayStop, type Need} from './instances.ts';

/** Something that all tasks of the account share, and how much of it a task takes. */
export interface Pool {
  readonly kind: 'addresses' | 'vcpu';
  readonly what: string;
  readonly quantity: Quantity;
  readonly perTask: number;
  /** What an old task frees when it ends. */
  readonly perOldTask: number;
  readonly remedy: string;
}

export const addressPool = (quantity: Quantity, need: Need, old: Need): Pool => ({
  kind: 'addresses',
  what: 'the free addresses of the subnets',
  quantity,
  perTask: need.ownInterface ? 1 : 0,
  perOldTask: old.ownInterface ? 1 : 0,
  remedy: 'add a subnet to the service, or free addresses in its subnets',
});

export const vcpuPool = (kind: FargateKind, quantity: Quantity, need: Need, old: Need): Pool => ({
  kind: 'vcpu',
  what: "the account's quota of vCPU",
  quantity,
  perTask: need.cpu / unitsOfVcpu,
  perOldTask: old.cpu / unitsOfVcpu,
  remedy: `request an increase of the Fargate quota ${quotaOf(kind)} in Service Quotas, which takes AWS from minutes to days`,
});

// CPU units of one vCPU (ECS API reference, TaskDefinition).
const unitsOfVcpu = 1_024;

type PoolCapacity =
  | {readonly kind: 'enough'; readonly fit: number}
  | {
      readonly kind: 'short';
      readonly sentence: string;
      readonly remedy: string;
      /** It would be enough if an old task stopped first. */
      readonly untilOneStops: boolean;
    };

/** To begin, one task must fit now, or an old one may stop first; in the end all of them must fit. */
export function capacityIn(
  {quantity, perTask, perOldTask, remedy}: Pool,
  limits: Limits,
): PoolCapacity | undefined {
  if (quantity.kind === 'not-measured' || perTask === 0) {
    return undefined;
  }
  const {free, sentence} = quantity;
  const tasks = (amount: number) => Math.floor(amount / perTask + rounding);
  const fit = Math.min(mayStart(limits), tasks(free));
  const inTheEnd = tasks(free + limits.running * perOldTask);
  if (inTheEnd < limits.desired) {
    return {
      kind: 'short',
      sentence: `${sentence}: enough for ${inTheEnd} of ${limits.desired} tasks, even without the old ones`,
      remedy,
      untilOneStops: false,
    };
  }
  if (limits.together > 1 && fit < limits.together) {
    return {
      kind: 'short',
      sentence: `${sentence}: enough for ${fit} of ${limits.together} new tasks, and ECS starts all of them before it stops an old one`,
      remedy,
      untilOneStops: false,
    };
  }
  return fit === 0 && mayStop(limits) === 0 && limits.desired > 0
    ? {
        kind: 'short',
        sentence: `${sentence}: not enough for one more task, and ${limits.lower} of the ${limits.running} running tasks must keep running`,
        remedy,
        untilOneStops: true,
      }
    : {kind: 'enough', fit};
}

// Quarters of a vCPU are exact; sums that CloudWatch rounds are not.
const rounding = 1e-6;
