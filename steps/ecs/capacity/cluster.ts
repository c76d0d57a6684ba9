import type {ContainerInstance} from '@aws-sdk/client-ecs';
import {type Metric, notMeasured, worstOfLastDay} from '../../aws/index.ts';
import type {Ecs, ServiceAccess} from '../api/access.ts';
import {
  describeService,
  describeTaskDefinition,
  describeTasks,
  listTasks,
  pageSize,
} from '../api/reads.ts';
import type {CapacityProvider, CapacityReader, MemoryUse} from '../contract.ts';
import {accountReader} from './account.ts';
import type {InstanceCapacity} from './instances.ts';

/** What decides whether new tasks of the service find a place. */
export const capacityReader = (access: ServiceAccess): CapacityReader => ({
  deployedService: (signal) => describeService(access, signal),
  definition: (reference, signal) => describeTaskDefinition(access, reference, signal),
  instances: (signal) => instancesOf(access, signal),
  providers: (names, signal) => describedProviders(access, names, signal),
  memoryUse: (now, signal) => memoryUse(access, now, signal),
  ...accountReader(access),
});

async function instancesOf(
  access: ServiceAccess,
  signal: AbortSignal,
): Promise<readonly InstanceCapacity[]> {
  const ofService = await tasksByInstance(access, signal);
  return access.ecs(async (ecs) => {
    const instances: InstanceCapacity[] = [];
    const {cluster} = access.config;
    const pages = ecs.sdk.paginateListContainerInstances(
      {client: ecs.reading, pageSize},
      {cluster},
      {abortSignal: signal},
    );
    for await (const {containerInstanceArns: arns = []} of pages) {
      const described =
        arns.length === 0 ? [] : await describeInstances(ecs, cluster, arns, signal);
      instances.push(...described.map((instance) => capacityOf(instance, ofService)));
    }
    return instances;
  });
}

async function describeInstances(
  {sdk, reading}: Ecs,
  cluster: string,
  containerInstances: string[],
  abortSignal: AbortSignal,
): Promise<readonly ContainerInstance[]> {
  const command = new sdk.DescribeContainerInstancesCommand({cluster, containerInstances});
  return (await reading.send(command, {abortSignal})).containerInstances ?? [];
}

/** How many tasks of the service each instance runs, by the instance's ARN. */
async function tasksByInstance(
  access: ServiceAccess,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const count = new Map<string, number>();
  const arns = await listTasks(access, {serviceName: access.config.service}, signal);
  for (const {containerInstanceArn: arn} of await describeTasks(access, arns, signal)) {
    if (arn) {
      count.set(arn, (count.get(arn) ?? 0) + 1);
    }
  }
  return count;
}

async function describedProviders(
  access: ServiceAccess,
  names: readonly string[],
  abortSignal: AbortSignal,
): Promise<readonly CapacityProvider[]> {
  if (names.length === 0) {
    return [];
  }
  return access.ecs(async ({sdk, reading}) => {
    const {cluster} = access.config;
    const command = new sdk.DescribeCapacityProvidersCommand({
      capacityProviders: [...names],
      cluster,
    });
    const {capacityProviders = []} = await reading.send(command, {abortSignal});
    return names.map((name) => {
      const described = capacityProviders.find((provider) => provider.name === name);
      const {autoScalingGroupProvider: group, type = 'of an unknown kind'} = described ?? {};
      return {
        name,
        kind: group ? 'group' : type,
        grows: group?.managedScaling?.status === 'ENABLED',
      };
    });
  });
}

async function memoryUse(
  access: ServiceAccess,
  now: Date,
  signal: AbortSignal,
): Promise<MemoryUse> {
  const {cluster, service} = access.config;
  const metric: Metric = {
    namespace: 'AWS/ECS',
    name: 'MemoryUtilization',
    dimensions: {ClusterName: cluster.split('/').at(-1) ?? cluster, ServiceName: service},
    worst: 'Maximum',
  };
  const [use] = await access
    .metrics(({sdk, reading}) => worstOfLastDay({sdk, client: reading}, [metric], {now, signal}))
    .catch((error: unknown) => [notMeasured(error, signal)]);
  return use?.kind === 'measured'
    ? {kind: 'measured', mostPercent: use.value}
    : {kind: 'not-measured', why: use?.why ?? ''};
}

function capacityOf(
  instance: ContainerInstance,
  ofService: ReadonlyMap<string, number>,
): InstanceCapacity {
  const remaining = (name: string) =>
    instance.remainingResources?.find((resource) => resource.name === name);
  const {containerInstanceArn: arn = '', runningTasksCount = 0, pendingTasksCount = 0} = instance;
  return {
    id: instance.ec2InstanceId ?? arn.split('/').at(-1) ?? arn,
    status: instance.status ?? 'ACTIVE',
    agentConnected: instance.agentConnected ?? false,
    ...(instance.capacityProviderName ? {capacityProvider: instance.capacityProviderName} : {}),
    cpu: remaining('CPU')?.integerValue ?? 0,
    memoryMiB: remaining('MEMORY')?.integerValue ?? 0,
    // Of ports ECS lists those that are taken.
    takenPorts: [
      ...(remaining('PORTS')?.stringSetValue ?? []).map((port) => `${port}/tcp`),
      ...(remaining('PORTS_UDP')?.stringSetValue ?? []).map((port) => `${port}/udp`),
    ],
    tasks: runningTasksCount + pendingTasksCount,
    ofService: ofService.get(arn) ?? 0,
    attributes: (instance.attributes ?? []).map(({name = '', value}) => ({
      name,
      ...(value === undefined ? {} : {value}),
    })),
  };
}
