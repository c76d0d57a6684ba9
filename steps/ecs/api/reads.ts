import type {ListTasksCommandInput, Service, Task, TaskDefinition} from '@aws-sdk/client-ecs';
import {SwitcharooError} from '../../../src/index.ts';
import {keptAnswer, type UnknownField, unknownFields} from '../../aws/index.ts';
import type {ServiceAccess} from './access.ts';
import {serviceNotFound} from './problems.ts';

/** How many tasks and instances one call lists or describes. */
export const pageSize = 100;

export const describeService = async (
  access: ServiceAccess,
  abortSignal: AbortSignal,
): Promise<Service> => (await describeServiceWhole(access, abortSignal)).service;

/** With its tags, and with the fields that the SDK does not know. */
export const describeServiceWhole = (
  access: ServiceAccess,
  abortSignal: AbortSignal,
): Promise<{readonly service: Service; readonly unknown: readonly UnknownField[]}> =>
  access.ecs(async ({sdk, reading}) => {
    const {cluster, service: name} = access.config;
    const command = new sdk.DescribeServicesCommand({cluster, services: [name], include: ['TAGS']});
    const kept = keptAnswer(command);
    const {services = [], failures = []} = await reading.send(command, {abortSignal});
    const [service] = services;
    if (!service) {
      throw new SwitcharooError(serviceNotFound(access.config));
    }
    const unknown = unknownFields(kept(), {services, failures}).map(({field, value}) => ({
      field: field.replace(/^services\[0\]\./, ''),
      value,
    }));
    return {service, unknown};
  });

export const describeTaskDefinition = (
  access: ServiceAccess,
  taskDefinition: string,
  abortSignal: AbortSignal,
): Promise<TaskDefinition> =>
  access.ecs(async ({sdk, reading}) => {
    const command = new sdk.DescribeTaskDefinitionCommand({taskDefinition});
    return (await reading.send(command, {abortSignal})).taskDefinition ?? {};
  });

/** The ARNs of the tasks of the cluster that pass the filter. */
export const listTasks = (
  access: ServiceAccess,
  filter: Omit<ListTasksCommandInput, 'cluster'>,
  abortSignal: AbortSignal,
): Promise<readonly string[]> =>
  access.ecs(async ({sdk, reading}) => {
    const {cluster} = access.config;
    const pages = sdk.paginateListTasks(
      {client: reading, pageSize},
      {cluster, ...filter},
      {abortSignal},
    );
    const arns: string[] = [];
    for await (const {taskArns = []} of pages) {
      arns.push(...taskArns);
    }
    return arns;
  });

export const describeTasks = (
  access: ServiceAccess,
  arns: readonly string[],
  abortSignal: AbortSignal,
): Promise<readonly Task[]> =>
  access.ecs(async ({sdk, reading}) => {
    const {cluster} = access.config;
    const described: Task[] = [];
    for (let start = 0; start < arns.length; start += pageSize) {
      const tasks = arns.slice(start, start + pageSize);
      const command = new sdk.DescribeTasksCommand({cluster, tasks});
      described.push(...((await reading.send(command, {abortSignal})).tasks ?? []));
    }
    return described;
  });
