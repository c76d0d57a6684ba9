import {type FargateKind, type Left, quotaOf} from './account.ts';
import {type Limits, mayStart, mayStop, type Need} from './instances.ts';

/** Something of which the account has so much for all of its tasks, and how much of it a task takes. */
export interface Pool {
  readonly kind: 'addresses' | 'vcpu';
  readonly what: string;
  readonly left: Left;
  readonly each: number;
  /** What an old task gives back once it is gone. */
  readonly eachOld: number;
  readonly remedy: string;
}

export const addressPool = (left: Left, need: Need, old: Need): Pool => ({
  kind: 'addresses',
  what: 'the free addresses of the subnets',
  left,
  each: need.ownInterface ? 1 : 0,
  eachOld: old.ownInterface ? 1 : 0,
  remedy: 'add a subnet to the service, or free addresses in those that it has',
});

export const vcpuPool = (kind: FargateKind, left: Left, need: Need, old: Need): Pool => ({
  kind: 'vcpu',
  what: "the account's quota of vCPU",
  left,
  each: need.cpu / unitsOfVcpu,
  eachOld: old.cpu / unitsOfVcpu,
  remedy: `have the quota ${quotaOf(kind)} of Fargate raised in Service Quotas, which takes AWS from minutes to days`,
});

// CPU units of one vCPU (ECS API reference, TaskDefinition).
const unitsOfVcpu = 1_024;

export type Drawn =
  | {readonly kind: 'enough'; readonly fit: number}
  | {
      readonly kind: 'short';
      readonly says: string;
      readonly remedy: string;
      /** An old task that stopped first would make room. */
      readonly untilOneStops: boolean;
    };

/** One task now is enough to begin, or an old one that may stop first; in the end there must be enough for all. */
export function drawnFrom(
  {left: has, each, eachOld, remedy}: Pool,
  limits: Limits,
): Drawn | undefined {
  if (has.kind === 'not-measured' || each === 0) {
    return undefined;
  }
  const tasks = (left: number) => Math.floor(left / each + rounding);
  const fit = Math.min(mayStart(limits), tasks(has.left));
  const inTheEnd = tasks(has.left + limits.running * eachOld);
  if (inTheEnd < limits.desired) {
    const says = `${has.says}: enough for ${inTheEnd} of ${limits.desired}, also without the old ones`;
    return {kind: 'short', says, remedy, untilOneStops: false};
  }
  return fit === 0 && mayStop(limits) === 0 && limits.desired > 0
    ? {
        kind: 'short',
        says: `${has.says}: not enough for one beside the ${limits.running} that run, of which ${limits.lower} must go on running`,
        remedy,
        untilOneStops: true,
      }
    : {kind: 'enough', fit};
}

// Quarters of a vCPU are exact; sums that CloudWatch rounds are not.
const rounding = 1e-6;
