import type {ContainerInstance, Service, TaskDefinition} from '@aws-sdk/client-ecs';
import type {Session} from '../../../src/index.ts';
import {type AwsConfig, readingClient} from '../../aws/client.ts';
import {type Metric, notMeasured, worstOfLastDay} from '../../aws/metrics.ts';
import type {EcsNames} from '../api/aws-calls.ts';
import {lazyClients} from '../api/clients.ts';
import {atOnce, describedService, describedTasks, listedTasks} from '../api/reads.ts';
import type {InstanceRoom} from './instances.ts';

/** What the tasks of the service used of their memory reservation in the last day, in percent. */
export type MemoryUse =
  | {readonly kind: 'measured'; readonly mostPercent: number}
  | {readonly kind: 'not-measured'; readonly why: string};

export interface RoomReader {
  rolling(signal: AbortSignal): Promise<Service>;
  definition(reference: string, signal: AbortSignal): Promise<TaskDefinition>;
  instances(signal: AbortSignal): Promise<readonly InstanceRoom[]>;
  /** Those of the providers whose Auto Scaling group ECS makes larger by itself. */
  growing(providers: readonly string[], signal: AbortSignal): Promise<readonly string[]>;
  memoryUse(now: Date, signal: AbortSignal): Promise<MemoryUse>;
}

export function openRoom(config: AwsConfig & EcsNames): Session<RoomReader, RoomReader> {
  const {cluster, service} = config;
  const {ask, close} = lazyClients(
    config,
    async () => {
      const [ecs, metrics] = await Promise.all([
        import('@aws-sdk/client-ecs'),
        import('@aws-sdk/client-cloudwatch'),
      ]);
      return {
        ecs,
        metrics,
        reading: new ecs.ECSClient(readingClient(config)),
        measuring: new metrics.CloudWatchClient(readingClient(config)),
      };
    },
    ({reading, measuring}) => [reading, measuring],
  );

  /** How many tasks of the service each instance runs, by the instance's ARN. */
  const tasksByInstance = (abortSignal: AbortSignal) =>
    ask(async (clients) => {
      const count = new Map<string, number>();
      const arns = await listedTasks(clients, {cluster, serviceName: service}, abortSignal);
      for (const task of await describedTasks(clients, cluster, arns, abortSignal)) {
        const {containerInstanceArn: arn} = task;
        if (arn) {
          count.set(arn, (count.get(arn) ?? 0) + 1);
        }
      }
      return count;
    });

  const reader: RoomReader = {
    rolling: (abortSignal) => ask((clients) => describedService(clients, config, abortSignal)),

    definition: (taskDefinition, abortSignal) =>
      ask(async ({ecs, reading}) => {
        const command = new ecs.DescribeTaskDefinitionCommand({taskDefinition});
        return (await reading.send(command, {abortSignal})).taskDefinition ?? {};
      }),

    instances: async (abortSignal) => {
      const ofService = await tasksByInstance(abortSignal);
      return ask(async ({ecs, reading}) => {
        const rooms: InstanceRoom[] = [];
        const pages = ecs.paginateListContainerInstances(
          {client: reading, pageSize: atOnce},
          {cluster},
          {abortSignal},
        );
        for await (const {containerInstanceArns: containerInstances = []} of pages) {
          const command = new ecs.DescribeContainerInstancesCommand({cluster, containerInstances});
          const found =
            containerInstances.length === 0
              ? []
              : ((await reading.send(command, {abortSignal})).containerInstances ?? []);
          rooms.push(...found.map((one) => roomOf(one, ofService)));
        }
        return rooms;
      });
    },

    growing: async (providers, abortSignal) =>
      providers.length === 0
        ? []
        : ask(async ({ecs, reading}) => {
            const asked = {capacityProviders: [...providers]};
            const command = new ecs.DescribeCapacityProvidersCommand(asked);
            const {capacityProviders = []} = await reading.send(command, {abortSignal});
            return capacityProviders
              .filter(
                ({autoScalingGroupProvider: group}) => group?.managedScaling?.status === 'ENABLED',
              )
              .flatMap(({name}) => name ?? []);
          }),

    memoryUse: async (now, signal) => {
      const metric: Metric = {
        namespace: 'AWS/ECS',
        name: 'MemoryUtilization',
        dimensions: {ClusterName: cluster.split('/').at(-1) ?? cluster, ServiceName: service},
        worst: 'Maximum',
      };
      const [use] = await ask(({metrics: sdk, measuring: client}) =>
        worstOfLastDay({sdk, client}, [metric], {now, signal}),
      ).catch((error: unknown) => [notMeasured(error, signal)]);
      return use?.kind === 'measured'
        ? {kind: 'measured', mostPercent: use.value}
        : {kind: 'not-measured', why: use?.why ?? ''};
    },
  };
  return {reader, writer: reader, close};
}

function roomOf(instance: ContainerInstance, ofService: ReadonlyMap<string, number>): InstanceRoom {
  const left = (name: string) =>
    instance.remainingResources?.find((resource) => resource.name === name);
  const {containerInstanceArn: arn = '', runningTasksCount = 0, pendingTasksCount = 0} = instance;
  return {
    id: instance.ec2InstanceId ?? arn.split('/').at(-1) ?? arn,
    status: instance.status ?? 'ACTIVE',
    agentConnected: instance.agentConnected ?? false,
    ...(instance.capacityProviderName ? {capacityProvider: instance.capacityProviderName} : {}),
    cpu: left('CPU')?.integerValue ?? 0,
    memoryMiB: left('MEMORY')?.integerValue ?? 0,
    // Of ports ECS lists those that are taken.
    takenPorts: [
      ...(left('PORTS')?.stringSetValue ?? []).map((port) => `${port}/tcp`),
      ...(left('PORTS_UDP')?.stringSetValue ?? []).map((port) => `${port}/udp`),
    ],
    tasks: runningTasksCount + pendingTasksCount,
    ofService: ofService.get(arn) ?? 0,
    attributes: (instance.attributes ?? []).map(({name = '', value}) => ({
      name,
      ...(value === undefined ? {} : {value}),
    })),
  };
}
