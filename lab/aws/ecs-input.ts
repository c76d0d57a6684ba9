import type {FaultState} from './ecs-faults.ts';
import type {OneOffs} from './ecs-one-off.ts';
import {type EcsWorld, lastPart, type Service, type Task} from './ecs-state.ts';
import {AwsError} from './replies.ts';

export type Input = Readonly<Record<string, unknown>>;

/** What every operation works on. */
export interface EcsAccess {
  readonly world: EcsWorld;
  readonly oneOffs: OneOffs;
  readonly staleReadMs: number;
  readonly faults: Pick<FaultState, 'staleReads'>;
}

/** Operations by name. */
export type Operations = Readonly<Record<string, (api: EcsAccess, input: Input) => object>>;

export const pageSize = 100;

export const missing = (arns: readonly string[]) => arns.map((arn) => ({arn, reason: 'MISSING'}));

export const texts = (value: unknown, otherwise: readonly string[]): readonly string[] =>
  Array.isArray(value) ? value.map(String) : otherwise;

export function text(input: Input, field: string): string {
  const value = input[field];
  if (typeof value !== 'string' || value === '') {
    throw new AwsError('InvalidParameterException', `${field} can not be blank.`);
  }
  return value;
}

/** One page of a list. Its token, opaque to clients, is the start of the next page. */
export function paged(name: string, all: readonly unknown[], input: Input): object {
  const size = Math.min(Number(input['maxResults'] ?? pageSize), pageSize);
  const start = input['nextToken'] === undefined ? 0 : Number(input['nextToken']);
  if (!Number.isInteger(start) || !(size >= 1)) {
    throw new AwsError('InvalidParameterException', 'Invalid token');
  }
  const end = start + size;
  return {
    [name]: all.slice(start, end),
    ...(end < all.length ? {nextToken: String(end)} : {}),
  };
}

export function checkCluster({world}: EcsAccess, input: Input): void {
  if (lastPart(String(input['cluster'] ?? 'default')) !== world.clusterName) {
    throw new AwsError('ClusterNotFoundException', 'Cluster not found.');
  }
}

export function serviceOf({world}: EcsAccess, name: string): Service {
  const service = world.services.get(lastPart(name));
  if (!service) {
    throw new AwsError('ServiceNotFoundException', 'Service not found.');
  }
  return service;
}

export const taskOf = ({world}: EcsAccess, arn: string): Task | undefined =>
  [...world.tasks.values()].find((task) => lastPart(task.arn) === lastPart(arn));
