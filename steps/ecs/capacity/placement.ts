import type {MemoryUse} from '../contract.ts';
import {
  fitting,
  type InstanceCapacity,
  type Limits,
  mayStart,
  mayStop,
  type Need,
  nearest,
  type Rules,
  withOneMore,
  withoutOld,
} from './instances.ts';
import {askForFewer, hintOf, lowerMinimum} from './remedies.ts';

/** A rollout on the instances of a cluster. */
interface Placement {
  /** `service web of cluster shop`. */
  readonly service: string;
  readonly limits: Limits;
  readonly need: Need;
  readonly old: Need;
  readonly rules: Rules;
  readonly instances: readonly InstanceCapacity[];
  readonly use: MemoryUse;
  /** The input asks for another number of tasks than the service has. */
  readonly asksForCount: boolean;
}

type PlacementVerdict =
  | {readonly kind: 'fits'; readonly fit: number}
  | {
      readonly kind: 'blocked';
      readonly fit: number;
      readonly reason: string;
      readonly hint: string;
    };

/** To begin, one task must fit now, or an old one may stop first; in the end all of them must fit. */
export function judgePlacement(placement: Placement): PlacementVerdict {
  const {service, limits, need, old, rules, instances} = placement;
  const fit = fitting(instances, need, rules, mayStart(limits));
  const free = withoutOld(instances, old);
  const inTheEnd = fitting(free, need, rules, limits.desired);
  const task = `A task of the ${service} needs ${needText(need)}`;
  const count = `${instances.length} ${instances.length === 1 ? 'instance' : 'instances'}`;
  if (inTheEnd < limits.desired) {
    return {
      kind: 'blocked',
      fit,
      reason: `${task}, but the ${count} ${instances.length === 1 ? 'has' : 'have'} capacity for ${inTheEnd} of ${limits.desired} tasks, even without the old ones: ${nearestText(free, need, rules)}.`,
      hint: remedies(placement, []),
    };
  }
  if (limits.together > 1 && fit < limits.together) {
    return {
      kind: 'blocked',
      fit,
      reason: `${task}, but the ${count} ${instances.length === 1 ? 'has' : 'have'} capacity for ${fit} of ${limits.together} new tasks beside the old ones, and ECS starts all of them before it stops an old one: ${nearestText(instances, need, rules)}.`,
      hint: remedies(placement, []),
    };
  }
  if (fit === 0 && mayStop(limits) === 0 && limits.desired > 0) {
    return {
      kind: 'blocked',
      fit,
      reason: `${task}, but the ${count} ${instances.length === 1 ? 'has' : 'have'} no capacity for one more, and ${limits.lower} of the ${limits.running} running tasks must keep running: ${nearestText(instances, need, rules)}.`,
      hint: remedies(placement, [lowerMinimum(limits)]),
    };
  }
  return {kind: 'fits', fit};
}

function remedies(
  {need, rules, instances, use, asksForCount}: Placement,
  first: readonly string[],
): string {
  const closest = nearest(instances, need, rules);
  const lacksMemory = closest !== undefined && closest.instance.memoryMiB < need.memoryMiB;
  const unmeasured =
    lacksMemory && use.kind === 'not-measured'
      ? ` The memory that its tasks use is not known: ${use.why}.`
      : '';
  const all = [
    ...first,
    `add an instance with ${needText(need)} free`,
    ...(need.ports.length > 0 ? ['set hostPort to 0, and ECS chooses the port of the host'] : []),
    ...(lacksMemory ? lowerReservation(need, use) : []),
    ...(asksForCount ? [askForFewer] : []),
  ];
  return `${hintOf(all)}${unmeasured}`;
}

function lowerReservation(need: Need, use: MemoryUse): readonly string[] {
  if (use.kind === 'not-measured') {
    return [];
  }
  const usedMiB = Math.ceil((need.memoryMiB * use.mostPercent) / 100);
  return usedMiB < need.memoryMiB
    ? [
        `lower the memory reservation: a task reserves ${need.memoryMiB} MiB and used at most ${usedMiB} MiB (${Math.round(use.mostPercent)} %) in the last day`,
      ]
    : [];
}

function needText({cpu, memoryMiB, ports, ownInterface}: Need): string {
  return [
    `${cpu} CPU units`,
    `${memoryMiB} MiB`,
    ...(ports.length > 0 ? [`port ${ports.join(', ')}`] : []),
    ...(ownInterface ? ['a network interface'] : []),
  ].join(', ');
}

function nearestText(instances: readonly InstanceCapacity[], need: Need, rules: Rules): string {
  // An instance that takes some of the tasks, but not all, lacks what one more would need.
  const filled = instances.map((instance) => {
    let full = instance;
    while (nearest([full], need, rules)?.lacks.length === 0 && full.tasks < 10_000) {
      full = withOneMore(full, need);
    }
    return full;
  });
  const closest = nearest(filled, need, rules);
  return closest
    ? `the nearest, ${closest.instance.id}, ${closest.lacks.join(' and ')}`
    : 'no instance is registered in the cluster';
}
