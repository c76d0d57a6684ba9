import {randomBytes} from 'node:crypto';
import {nextGroup, type ShiftingStrategy, type Staging} from './ecs-strategy.ts';
import {arnIn} from './partition.ts';

/** A task definition as clients sent it, with what ECS adds. */
export interface TaskDefinition {
  readonly taskDefinitionArn: string;
  readonly family: string;
  readonly revision: number;
  readonly status: 'ACTIVE' | 'INACTIVE';
  readonly containerDefinitions: readonly ContainerDefinition[];
  readonly networkMode?: unknown;
  readonly cpu?: string;
  readonly memory?: string;
  readonly [field: string]: unknown;
}

export interface ContainerDefinition {
  readonly name: string;
  readonly image: string;
  readonly cpu?: number;
  readonly memory?: number;
  readonly memoryReservation?: number;
  readonly essential?: boolean;
  readonly environment?: readonly {readonly name: string; readonly value: string}[];
  readonly secrets?: readonly {readonly name: string; readonly valueFrom: string}[];
  readonly portMappings?: readonly {readonly containerPort: number; readonly hostPort?: number}[];
  readonly [field: string]: unknown;
}

/** What a started image is to the lab: a real process. */
export interface RunningTask {
  /** What it uses of the machine's memory now, where that can be seen. */
  memoryMiB?(): number;
  readonly exited: Promise<{readonly code: number | null}>;
  stop(graceMs: number): Promise<void>;
}

export interface ContainerOverride {
  readonly name: string;
  readonly command?: readonly string[];
  readonly environment?: readonly {readonly name: string; readonly value: string}[];
}

type LastStatus = 'PROVISIONING' | 'PENDING' | 'RUNNING' | 'DEACTIVATING' | 'STOPPING' | 'STOPPED';

export interface Task {
  readonly arn: string;
  /** None for a task that RunTask started. */
  readonly service?: Service;
  readonly deployment?: Deployment;
  /** The deployment's id, or what RunTask was told. */
  readonly startedBy: string | undefined;
  readonly group: string;
  /** What RunTask replaces in its containers. */
  readonly overrides: readonly ContainerOverride[];
  readonly executes: boolean;
  readonly definition: TaskDefinition;
  readonly address: string;
  readonly instance: Instance;
  readonly createdAt: Date;
  lastStatus: LastStatus;
  desiredStatus: 'RUNNING' | 'STOPPED';
  launching: boolean;
  running?: RunningTask;
  startedAt?: Date;
  stoppedAt?: Date;
  stopCode?: string;
  stoppedReason?: string;
  exitCode?: number;
  containerReason?: string;
  /** Its failure was added to the deployment's. */
  counted: boolean;
}

export interface Deployment {
  readonly id: string;
  readonly taskDefinition: string;
  readonly createdAt: Date;
  status: 'PRIMARY' | 'ACTIVE';
  updatedAt: Date;
  desiredCount: number;
  failedTasks: number;
  rolloutState: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';
  rolloutStateReason: string;
  /** Counts as last seen: a change of them is an update. */
  counts: string;
  /** After failures ECS waits before it tries again. */
  retryAt: number;
  /** The target group of its tasks. */
  readonly group: string | undefined;
  readonly record: ServiceDeployment;
}

/** The newer face of a deployment: ListServiceDeployments and friends. */
export interface ServiceDeployment {
  readonly arn: string;
  readonly revisionArn: string;
  readonly createdAt: Date;
  status:
    | 'IN_PROGRESS'
    | 'SUCCESSFUL'
    | 'STOPPED'
    | 'ROLLBACK_REQUESTED'
    | 'ROLLBACK_IN_PROGRESS'
    | 'ROLLBACK_SUCCESSFUL'
    | 'ROLLBACK_FAILED';
  statusReason?: string;
  finishedAt?: Date;
  rollback?: {readonly reason: string; readonly startedAt: Date};
  breakerTriggered: boolean;
  staging?: Staging;
}

export interface ServiceOptions {
  readonly name: string;
  /** `family:revision`. */
  readonly taskDefinition: string;
  readonly desiredCount: number;
  readonly minimumHealthyPercent?: number;
  readonly maximumPercent?: number;
  readonly circuitBreaker?: {readonly enable: boolean; readonly rollback: boolean};
  readonly controller?: 'ECS' | 'CODE_DEPLOY' | 'EXTERNAL';
  readonly targetGroup?: {
    readonly arn: string;
    readonly containerName: string;
    readonly containerPort: number;
  };
  /** Without it, tasks are replaced in a rolling update. */
  readonly strategy?: ShiftingStrategy;
  readonly launchType?: 'EC2' | 'FARGATE';
  readonly capacityProvider?: string;
  readonly placementConstraints?: readonly {readonly type: string; readonly expression?: string}[];
  /** ECS Exec: tasks that start while it is on can be entered. */
  readonly enableExecuteCommand?: boolean;
  /** How long failing health checks are forgiven after a task's start. */
  readonly healthCheckGraceMs?: number;
  readonly tags?: readonly {readonly key: string; readonly value: string}[];
}

export interface Service {
  readonly arn: string;
  readonly options: ServiceOptions;
  readonly createdAt: Date;
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  desiredCount: number;
  minimumHealthyPercent: number;
  maximumPercent: number;
  circuitBreaker: {readonly enable: boolean; readonly rollback: boolean};
  /** Newest first; the first is PRIMARY. */
  deployments: Deployment[];
  readonly history: {
    readonly record: ServiceDeployment;
    readonly taskDefinition: string;
    readonly deployment: Deployment;
  }[];
  lastCompleted?: Deployment;
  /** Where traffic is shifted: the target group that has it, the one that gets it, and how much of it in percent. */
  production: string | undefined;
  candidate: string | undefined;
  shifted: number;
  /** Newest first, at most 100. */
  readonly events: {readonly id: string; readonly createdAt: Date; readonly message: string}[];
  /** What DescribeServices still answers for a moment after a change. */
  /** What reads show after an update: until a moment, and for so many reads at least. */
  stale?: {readonly until: number; reads: number; readonly view: object};
}

/** A container instance: where tasks are placed. */
export interface Instance {
  readonly id: string;
  readonly cpu: number;
  readonly memory: number;
  readonly status?: 'ACTIVE' | 'DRAINING';
  readonly agentConnected?: boolean;
  readonly attributes?: readonly {readonly name: string; readonly value?: string}[];
  readonly capacityProvider?: string;
}

/** A capacity provider: an Auto Scaling group that ECS makes larger or not. */
export interface CapacityProvider {
  readonly name: string;
  readonly managedScaling: 'ENABLED' | 'DISABLED';
}

export interface EcsWorld {
  readonly region: string;
  readonly accountId: string;
  readonly clusterName: string;
  /** A minute of the times that a service sets: shorter in tests. */
  readonly minuteMs: number;
  readonly instances: readonly Instance[];
  readonly capacityProviders: readonly CapacityProvider[];
  readonly definitions: TaskDefinition[];
  readonly definitionTags: Map<string, unknown>;
  readonly services: Map<string, Service>;
  readonly tasks: Map<string, Task>;
}

export const arnOf = ({region, accountId}: EcsWorld, resource: string): string =>
  `${arnIn(region)}:ecs:${region}:${accountId}:${resource}`;

export const hexId = (bytes = 16): string => randomBytes(bytes).toString('hex');

/** `web` of `arn:…:service/shop/web`, and of `web`. */
export const lastPart = (nameOrArn: string): string => nameOrArn.split('/').at(-1) ?? nameOrArn;

export function newService(world: EcsWorld, options: ServiceOptions, definition: string): Service {
  const service: Service = {
    arn: arnOf(world, `service/${world.clusterName}/${options.name}`),
    options,
    createdAt: new Date(),
    status: 'ACTIVE',
    desiredCount: options.desiredCount,
    minimumHealthyPercent: options.minimumHealthyPercent ?? 100,
    maximumPercent: options.maximumPercent ?? 200,
    circuitBreaker: options.circuitBreaker ?? {enable: false, rollback: false},
    deployments: [],
    history: [],
    events: [],
    production: undefined,
    candidate: undefined,
    shifted: 0,
  };
  beginDeployment(world, service, definition);
  return service;
}

/** Makes a new PRIMARY deployment; the one before it becomes ACTIVE, and is stopped where it was still in progress. */
export function beginDeployment(world: EcsWorld, service: Service, definition: string): Deployment {
  const now = new Date();
  const deployment = newDeployment(world, service, definition, now);
  for (const former of service.deployments) {
    former.status = 'ACTIVE';
    if (isInFlight(former.record)) {
      former.record.status = 'STOPPED';
      former.record.statusReason = 'Service deployment stopped because a newer one was started.';
      former.record.finishedAt = now;
    }
  }
  service.deployments.unshift(deployment);
  service.history.unshift({record: deployment.record, taskDefinition: definition, deployment});
  return deployment;
}

export const isInFlight = ({status}: ServiceDeployment): boolean =>
  ['IN_PROGRESS', 'ROLLBACK_REQUESTED', 'ROLLBACK_IN_PROGRESS'].includes(status);

function newDeployment(
  world: EcsWorld,
  service: Service,
  taskDefinition: string,
  now: Date,
): Deployment {
  const {options, desiredCount} = service;
  const id = `ecs-svc/${BigInt(`0x${hexId(8)}`)}`;
  const path = `${world.clusterName}/${options.name}/${hexId(8)}`;
  return {
    id,
    taskDefinition,
    createdAt: now,
    updatedAt: now,
    status: 'PRIMARY',
    desiredCount,
    failedTasks: 0,
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: `ECS deployment ${id} in progress.`,
    counts: '',
    retryAt: 0,
    group: nextGroup(options, service.production),
    record: {
      arn: arnOf(world, `service-deployment/${path}`),
      revisionArn: arnOf(world, `service-revision/${path}`),
      createdAt: now,
      status: 'IN_PROGRESS',
      breakerTriggered: false,
    },
  };
}

/** Adds an event. A text that was already there is not said again (ECS suppresses duplicates for six hours). */
export function say(service: Service, text: string): void {
  const message = `(service ${service.options.name}) ${text}`;
  const suppressed = /unable|is unhealthy in/.test(text);
  if (suppressed && service.events.some((event) => event.message === message)) {
    return;
  }
  service.events.unshift({id: crypto.randomUUID(), createdAt: new Date(), message});
  service.events.splice(100);
}

export const tasksOf = (world: EcsWorld, service: Service): readonly Task[] =>
  [...world.tasks.values()].filter((task) => task.service === service);
