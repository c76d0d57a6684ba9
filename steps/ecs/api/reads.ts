import type {ECSClient, ListTasksCommandInput, Service, Task} from '@aws-sdk/client-ecs';
import {SwitcharooError} from '../../../src/index.ts';
import type {EcsNames} from './aws-calls.ts';
import {serviceNotFound} from './problems.ts';

/** The SDK, loaded, and a client of it that may only read. */
export interface Reading {
  readonly ecs: typeof import('@aws-sdk/client-ecs');
  readonly reading: ECSClient;
}

/** How many tasks and instances one call lists or describes. */
export const atOnce = 100;

export async function describedService(
  {ecs, reading}: Reading,
  names: EcsNames,
  abortSignal: AbortSignal,
): Promise<Service> {
  const {cluster, service} = names;
  const command = new ecs.DescribeServicesCommand({cluster, services: [service]});
  const [found] = (await reading.send(command, {abortSignal})).services ?? [];
  if (!found) {
    throw new SwitcharooError(serviceNotFound(names));
  }
  return found;
}

export async function listedTasks(
  {ecs, reading}: Reading,
  asked: ListTasksCommandInput,
  abortSignal: AbortSignal,
): Promise<readonly string[]> {
  const arns: string[] = [];
  const pages = ecs.paginateListTasks({client: reading, pageSize: atOnce}, asked, {abortSignal});
  for await (const {taskArns = []} of pages) {
    arns.push(...taskArns);
  }
  return arns;
}

export async function describedTasks(
  {ecs, reading}: Reading,
  cluster: string,
  arns: readonly string[],
  abortSignal: AbortSignal,
): Promise<readonly Task[]> {
  const found: Task[] = [];
  for (let start = 0; start < arns.length; start += atOnce) {
    const tasks = arns.slice(start, start + atOnce);
    const command = new ecs.DescribeTasksCommand({cluster, tasks});
    found.push(...((await reading.send(command, {abortSignal})).tasks ?? []));
  }
  return found;
}
