import type {Deployment, Service, Task} from '@aws-sdk/client-ecs';
import {type AwsConfig, readingClient, writingClient} from '../../aws/client.ts';
import {registrable} from '../revision/task-definition.ts';
import type {DeploymentState, ServiceState, TargetHealth, TaskState} from '../rollout/state.ts';
import type {EcsCalls} from './calls.ts';
import {lazyClients} from './clients.ts';
import {describedService, describedTasks, listedTasks} from './reads.ts';

export interface EcsNames {
  readonly cluster: string;
  readonly service: string;
}

/** The calls through the AWS SDK, which is loaded with the first of them: it takes 70 ms. */
export function awsCalls(config: AwsConfig & EcsNames): EcsCalls {
  const {cluster, service} = config;
  const {ask, close} = lazyClients(
    config,
    () => openClients(config),
    ({reading, writing, balancing}) => [reading, writing, balancing],
  );

  const listTasks = (desiredStatus: 'RUNNING' | 'STOPPED', abortSignal: AbortSignal) =>
    ask((clients) =>
      listedTasks(clients, {cluster, serviceName: service, desiredStatus}, abortSignal),
    );

  return {
    describeService: (abortSignal) =>
      ask(async (clients) => stateOf(await describedService(clients, config, abortSignal))),

    describeTaskDefinition: (taskDefinition, abortSignal) =>
      ask(async ({ecs, reading}) => {
        const command = new ecs.DescribeTaskDefinitionCommand({taskDefinition, include: ['TAGS']});
        const {taskDefinition: found, tags} = await reading.send(command, {abortSignal});
        return registrable(found ?? {}, tags ?? []);
      }),

    listRevisions: (familyPrefix, abortSignal) =>
      ask(async ({ecs, reading}) => {
        const asked = {familyPrefix, status: 'ACTIVE', sort: 'DESC', maxResults: 100} as const;
        const command = new ecs.ListTaskDefinitionsCommand(asked);
        return (await reading.send(command, {abortSignal})).taskDefinitionArns ?? [];
      }),

    // Both lists: a task that is told to stop and still runs is listed as STOPPED.
    describeTasks: async (abortSignal) => {
      const lists = [listTasks('RUNNING', abortSignal), listTasks('STOPPED', abortSignal)];
      const arns = [...new Set((await Promise.all(lists)).flat())];
      const tasks = await ask((clients) => describedTasks(clients, cluster, arns, abortSignal));
      return tasks.map(taskOf);
    },

    describeTargetHealth: (group, abortSignal) =>
      ask(async ({elb, balancing}) => {
        const command = new elb.DescribeTargetHealthCommand({TargetGroupArn: group});
        const {TargetHealthDescriptions = []} = await balancing.send(command, {abortSignal});
        return TargetHealthDescriptions.map(
          ({Target, TargetHealth}): TargetHealth => ({
            group,
            id: Target?.Id ?? '',
            state: TargetHealth?.State ?? 'unavailable',
            ...(TargetHealth?.Description ? {description: TargetHealth.Description} : {}),
          }),
        );
      }),

    registerTaskDefinition: (definition, abortSignal) =>
      ask(async ({ecs, writing}) => {
        const command = new ecs.RegisterTaskDefinitionCommand(definition);
        const {taskDefinition} = await writing.send(command, {abortSignal});
        return taskDefinition?.taskDefinitionArn ?? '';
      }),

    deregisterTaskDefinition: (taskDefinition, abortSignal) =>
      ask(async ({ecs, writing}) => {
        const command = new ecs.DeregisterTaskDefinitionCommand({taskDefinition});
        await writing.send(command, {abortSignal});
      }),

    updateService: (update, abortSignal) =>
      ask(async ({ecs, writing}) => {
        const command = new ecs.UpdateServiceCommand({cluster, service, ...update});
        const {service: updated} = await writing.send(command, {abortSignal});
        const primary = updated?.deployments?.find(({status}) => status === 'PRIMARY');
        return {id: primary?.id ?? '', createdAt: primary?.createdAt ?? new Date(0)};
      }),

    stopServiceDeployment: (serviceDeploymentArn, abortSignal) =>
      ask(async ({ecs, writing}) => {
        const stop = {serviceDeploymentArn, stopType: 'ROLLBACK'} as const;
        try {
          await writing.send(new ecs.StopServiceDeploymentCommand(stop), {abortSignal});
          return 'stopping';
        } catch (error) {
          if (error instanceof Error && noneInFlight.has(error.name)) {
            return 'nothing-in-flight';
          }
          throw error;
        }
      }),

    close,
  };
}

async function openClients(config: AwsConfig) {
  const [ecs, elb] = await Promise.all([
    import('@aws-sdk/client-ecs'),
    import('@aws-sdk/client-elastic-load-balancing-v2'),
  ]);
  return {
    ecs,
    elb,
    reading: new ecs.ECSClient(readingClient(config)),
    writing: new ecs.ECSClient(writingClient(config)),
    balancing: new elb.ElasticLoadBalancingV2Client(readingClient(config)),
  };
}

/** What StopServiceDeployment answers when there is nothing to stop (ECS API). */
const noneInFlight = new Set(['ConflictException', 'ServiceDeploymentNotFoundException']);

function stateOf(service: Service): ServiceState {
  const {deploymentConfiguration: rolling, currentServiceDeployment} = service;
  return {
    status: service.status ?? 'ACTIVE',
    controller: service.deploymentController?.type ?? 'ECS',
    strategy: rolling?.strategy ?? 'ROLLING',
    desiredCount: service.desiredCount ?? 0,
    runningCount: service.runningCount ?? 0,
    pendingCount: service.pendingCount ?? 0,
    // What ECS takes where nothing is set (ECS API, DeploymentConfiguration).
    minimumHealthyPercent: rolling?.minimumHealthyPercent ?? 100,
    maximumPercent: rolling?.maximumPercent ?? 200,
    deployments: (service.deployments ?? []).map(deploymentOf),
    events: eventsOf(service),
    targetGroups: (service.loadBalancers ?? []).flatMap(({targetGroupArn}) => targetGroupArn ?? []),
    ...(currentServiceDeployment ? {currentServiceDeployment} : {}),
  };
}

const eventsOf = ({events = []}: Service): ServiceState['events'] =>
  events.map(({createdAt = new Date(0), message = ''}) => ({at: createdAt, message}));

const deploymentOf = (deployment: Deployment): DeploymentState => ({
  id: deployment.id ?? '',
  status: deployment.status ?? '',
  taskDefinition: deployment.taskDefinition ?? '',
  failedTasks: deployment.failedTasks ?? 0,
  createdAt: deployment.createdAt ?? new Date(0),
  updatedAt: deployment.updatedAt ?? deployment.createdAt ?? new Date(0),
  ...(deployment.rolloutState ? {rolloutState: deployment.rolloutState} : {}),
  ...(deployment.rolloutStateReason ? {rolloutStateReason: deployment.rolloutStateReason} : {}),
});

const taskOf = (task: Task): TaskState => ({
  arn: task.taskArn ?? '',
  taskDefinition: task.taskDefinitionArn ?? '',
  startedBy: task.startedBy ?? '',
  lastStatus: task.lastStatus ?? '',
  healthStatus: task.healthStatus ?? 'UNKNOWN',
  ...(task.startedAt ? {startedAt: task.startedAt} : {}),
  ...(task.stopCode ? {stopCode: task.stopCode} : {}),
  ...(task.stoppedReason ? {stoppedReason: task.stoppedReason} : {}),
  exitCodes: (task.containers ?? []).flatMap(({exitCode}) => exitCode ?? []),
  addresses: (task.containers ?? []).flatMap(({networkInterfaces = []}) =>
    networkInterfaces.flatMap(({privateIpv4Address}) => privateIpv4Address ?? []),
  ),
});
