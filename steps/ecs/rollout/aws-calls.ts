import {isIPv6, SocketAddress} from 'node:net';
import type {Deployment, Service, ServiceDeployment, Task} from '@aws-sdk/client-ecs';
import {NotTold} from '../../../src/index.ts';
import {keptAnswer, unknownFields} from '../../aws/index.ts';
import type {ServiceAccess} from '../api/access.ts';
import {describeService, describeTasks, listTasks, pageSize} from '../api/reads.ts';
import type {ServiceUpdate} from '../contract.ts';
import {type Definition, type Revision, registrable} from '../revision/task-definition.ts';
import type {RolloutCalls} from './calls.ts';
import {bakeMsOf} from './stages.ts';
import type {
  DeploymentState,
  ServiceState,
  StagedDeployment,
  TargetHealth,
  TaskState,
} from './state.ts';

/** The calls of a rollout through the AWS SDK. */
export class AwsRolloutCalls implements RolloutCalls {
  readonly #access: ServiceAccess;

  constructor(access: ServiceAccess) {
    this.#access = access;
  }

  async describeService(signal: AbortSignal): Promise<ServiceState> {
    return stateOf(await describeService(this.#access, signal));
  }

  describeRevision(taskDefinition: string, abortSignal: AbortSignal): Promise<Revision> {
    return this.#access.ecs(async ({sdk, reading}) => {
      const command = new sdk.DescribeTaskDefinitionCommand({taskDefinition, include: ['TAGS']});
      const kept = keptAnswer(command);
      const {taskDefinition: described = {}, tags = []} = await reading.send(command, {
        abortSignal,
      });
      return {
        definition: registrable(described, tags),
        isActive: described.status === 'ACTIVE',
        unknown: unknownFields(kept(), {taskDefinition: described, tags}),
      };
    });
  }

  listRevisions(familyPrefix: string, abortSignal: AbortSignal): Promise<readonly string[]> {
    return this.#access.ecs(async ({sdk, reading}) => {
      const filter = {familyPrefix, status: 'ACTIVE', sort: 'DESC'} as const;
      const pages = sdk.paginateListTaskDefinitions({client: reading, pageSize}, filter, {
        abortSignal,
      });
      const newest: string[] = [];
      for await (const {taskDefinitionArns = []} of pages) {
        newest.push(...taskDefinitionArns);
        if (newest.length >= pageSize) {
          break;
        }
      }
      return newest;
    });
  }

  /** Reads both lists: a task that was told to stop and still runs is listed as STOPPED. */
  async describeTasks(signal: AbortSignal): Promise<readonly TaskState[]> {
    const {service: serviceName} = this.#access.config;
    const lists = (['RUNNING', 'STOPPED'] as const).map((desiredStatus) =>
      listTasks(this.#access, {serviceName, desiredStatus}, signal),
    );
    const arns = [...new Set((await Promise.all(lists)).flat())];
    return (await describeTasks(this.#access, arns, signal)).map(taskOf);
  }

  async describeServiceDeployment(
    arn: string,
    abortSignal: AbortSignal,
  ): Promise<StagedDeployment | undefined> {
    try {
      return await this.#access.ecs(async ({sdk, reading}) => {
        const command = new sdk.DescribeServiceDeploymentsCommand({serviceDeploymentArns: [arn]});
        const [deployment] = (await reading.send(command, {abortSignal})).serviceDeployments ?? [];
        return deployment && stagedOf(deployment);
      });
    } catch (error) {
      if (error instanceof NotTold) {
        return undefined;
      }
      throw error;
    }
  }

  describeTargetHealth(group: string, abortSignal: AbortSignal): Promise<readonly TargetHealth[]> {
    return this.#access.balancing(async ({sdk, reading}) => {
      const command = new sdk.DescribeTargetHealthCommand({TargetGroupArn: group});
      const {TargetHealthDescriptions = []} = await reading.send(command, {abortSignal});
      return TargetHealthDescriptions.map(({Target: target, TargetHealth: health}) => ({
        group,
        id: plainAddress(target?.Id ?? ''),
        state: health?.State ?? 'unavailable',
        ...(health?.Description ? {description: health.Description} : {}),
      }));
    });
  }

  registerTaskDefinition(definition: Definition, abortSignal: AbortSignal): Promise<string> {
    return this.#access.ecs(async ({sdk, writing}) => {
      const command = new sdk.RegisterTaskDefinitionCommand(definition);
      const {taskDefinition} = await writing.send(command, {abortSignal});
      return taskDefinition?.taskDefinitionArn ?? '';
    });
  }

  deregisterTaskDefinition(taskDefinition: string, abortSignal: AbortSignal): Promise<void> {
    return this.#access.ecs(async ({sdk, writing}) => {
      const command = new sdk.DeregisterTaskDefinitionCommand({taskDefinition});
      await writing.send(command, {abortSignal});
    });
  }

  updateService(
    update: ServiceUpdate,
    abortSignal: AbortSignal,
  ): Promise<{readonly id: string; readonly createdAt: Date}> {
    return this.#access.ecs(async ({sdk, writing}) => {
      const {cluster, service} = this.#access.config;
      const command = new sdk.UpdateServiceCommand({cluster, service, ...update});
      const {service: updated} = await writing.send(command, {abortSignal});
      const primary = updated?.deployments?.find(({status}) => status === 'PRIMARY');
      return {id: primary?.id ?? '', createdAt: primary?.createdAt ?? new Date(0)};
    });
  }

  stopServiceDeployment(
    serviceDeploymentArn: string,
    abortSignal: AbortSignal,
  ): Promise<'stopping' | 'nothing-in-flight'> {
    return this.#access.ecs(async ({sdk, writing}) => {
      const stop = {serviceDeploymentArn, stopType: 'ROLLBACK'} as const;
      try {
        await writing.send(new sdk.StopServiceDeploymentCommand(stop), {abortSignal});
        return 'stopping';
      } catch (error) {
        if (error instanceof Error && noneInFlight.has(error.name)) {
          return 'nothing-in-flight';
        }
        throw error;
      }
    });
  }
}

/** What StopServiceDeployment answers when there is nothing to stop (ECS API). */
const noneInFlight = new Set(['ConflictException', 'ServiceDeploymentNotFoundException']);

function stateOf(service: Service): ServiceState {
  const {deploymentConfiguration: rolling, currentServiceDeployment} = service;
  return {
    status: service.status ?? 'ACTIVE',
    controller: service.deploymentController?.type ?? 'ECS',
    strategy: rolling?.strategy ?? 'ROLLING',
    bakeMs: bakeMsOf(service),
    scheduling: service.schedulingStrategy ?? 'REPLICA',
    desiredCount: service.desiredCount ?? 0,
    runningCount: service.runningCount ?? 0,
    pendingCount: service.pendingCount ?? 0,
    // What ECS takes where nothing is set (ECS API, DeploymentConfiguration).
    minimumHealthyPercent: rolling?.minimumHealthyPercent ?? 100,
    maximumPercent: rolling?.maximumPercent ?? 200,
    deployments: (service.deployments ?? []).map(deploymentOf),
    events: eventsOf(service),
    targetGroups: (service.loadBalancers ?? []).flatMap(({targetGroupArn}) => targetGroupArn ?? []),
    alternates: Object.fromEntries(
      (service.loadBalancers ?? []).flatMap(({targetGroupArn, advancedConfiguration: more}) =>
        targetGroupArn && more?.alternateTargetGroupArn
          ? [[targetGroupArn, more.alternateTargetGroupArn]]
          : [],
      ),
    ),
    ...(currentServiceDeployment ? {currentServiceDeployment} : {}),
  };
}

const stagedOf = (deployment: ServiceDeployment): StagedDeployment => ({
  status: deployment.status ?? '',
  ...(deployment.statusReason ? {reason: deployment.statusReason} : {}),
  ...(deployment.lifecycleStage ? {stage: deployment.lifecycleStage} : {}),
  hooks: (deployment.lifecycleHookDetails ?? [])
    .filter(({status}) => status !== 'SUCCEEDED')
    .map(({hookId, targetArn, status}) => `${hookId ?? targetArn ?? 'a hook'} (${status})`),
});

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

/** An IPv6 address is written in more than one way. */
const plainAddress = (address: string): string =>
  isIPv6(address) ? new SocketAddress({address, family: 'ipv6'}).address : address;

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
    networkInterfaces.flatMap(({privateIpv4Address, ipv6Address}) =>
      [privateIpv4Address, ipv6Address].flatMap((address) =>
        address ? plainAddress(address) : [],
      ),
    ),
  ),
});
