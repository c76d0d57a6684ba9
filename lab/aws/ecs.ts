import {setTimeout as sleep} from 'node:timers/promises';
import type {LoadBalancer} from '../load-balancer.ts';
import type {Scaled} from './autoscaling.ts';
import {EcsApi} from './ecs-api.ts';
import {type DefinitionInput, find, register} from './ecs-definitions.ts';
import {type EcsFaults, noFaults, switches} from './ecs-faults.ts';
import type {LaunchRequest, TaskOptions} from './ecs-launch.ts';
import {memoryUse} from './ecs-placement.ts';
import {tick} from './ecs-scheduler.ts';
import {type ServiceSummary, serviceSummary} from './ecs-shapes.ts';
import {
  type CapacityProvider,
  type EcsWorld,
  type Instance,
  newService,
  type RunningTask,
  type ServiceOptions,
} from './ecs-state.ts';
import {Tasks} from './ecs-tasks.ts';
import type {Logs} from './logs.ts';
import type {AwsService} from './service.ts';

export type {DefinitionInput} from './ecs-definitions.ts';
export type {EcsFaults} from './ecs-faults.ts';
export type {LaunchRequest} from './ecs-launch.ts';
export type {RunningTask, ServiceOptions} from './ecs-state.ts';

export interface EcsOptions {
  readonly clusterName: string;
  /** Registered in this order: the first of a family is its revision 1. */
  readonly taskDefinitions: readonly DefinitionInput[];
  readonly services: readonly ServiceOptions[];
  /** Starts the process that an image stands for. */
  readonly launch: (request: LaunchRequest) => Promise<RunningTask>;
  /** Serves the target groups of all services. */
  readonly loadBalancer?: LoadBalancer;
  /** Sets the weights of target groups in the listener's rule, for services that shift traffic between two. */
  readonly divideTraffic?: (weights: Readonly<Record<string, number>>) => void;
  /** `127.X.Y.`: tasks live on .150 to .199. */
  readonly network: string;
  readonly instances?: readonly Instance[];
  readonly capacityProviders?: readonly CapacityProvider[];
  readonly region?: string;
  readonly accountId?: string;
  readonly tickMs?: number;
  /** A minute of the bake times of services. */
  readonly minuteMs?: number;
  /** How long DescribeServices still shows the old state after UpdateService: the API is eventually consistent. */
  readonly staleReadMs?: number;
  readonly stopGraceMs?: number;
  /** Takes what containers with the awslogs driver write. */
  readonly logs?: Logs;
  /** What `valueFrom` of a container's secret leads to. */
  readonly secretOf?: (valueFrom: string) => string | undefined;
  /** Whether an image can be pulled. */
  readonly isThere?: (image: string) => boolean;
}

export interface Ecs extends AwsService {
  readonly faults: EcsFaults;
  /** What the tasks of a service use of their memory reservation, each in percent: what CloudWatch measures. */
  memoryUse(service: string): readonly number[];
  services(): readonly ServiceSummary[];
  /** The desired count of a service, for Application Auto Scaling. */
  scaled(service: string): Scaled;
  /** As if an hour had passed: ECS no longer shows stopped tasks. */
  forgetStopped(): void;
  /** Resolves once the rollout of every service is complete. */
  steady(): Promise<void>;
  /** Ends the scheduler and every task. */
  stop(): Promise<void>;
}

/** A cluster of the lab: the ECS API in front of a scheduler whose tasks are real processes. */
export function createEcs(options: EcsOptions): Ecs {
  const world = worldOf(options);
  const faults = noFaults();
  const tasks = new Tasks(world, taskOptions(options), faults);
  const api = new EcsApi(world, tasks, {staleReadMs: options.staleReadMs ?? 200, faults});
  const stopped = new AbortController();
  const tickMs = options.tickMs ?? 100;
  const pause = () => sleep(tickMs, undefined, {signal: stopped.signal}).catch(() => {});

  const ticking = (async () => {
    while (!stopped.signal.aborted) {
      tick(world, tasks);
      await pause();
    }
  })();

  return {
    signingName: 'ecs',
    handle: async (request) => api.handle(request),
    faults: switches(faults),
    memoryUse: (name) => memoryUse(world, name),
    services: () => [...world.services.values()].map((service) => serviceSummary(world, service)),
    scaled: (name) => ({
      get: () => world.services.get(name)?.desiredCount ?? 0,
      set: (desiredCount) => {
        const service = world.services.get(name);
        if (service) {
          service.desiredCount = desiredCount;
        }
      },
    }),
    forgetStopped: () => {
      for (const task of world.tasks.values()) {
        if (task.stoppedAt) {
          world.tasks.delete(task.arn);
        }
      }
    },
    steady: async () => {
      while (!isSteady(world) && !stopped.signal.aborted) {
        await pause();
      }
    },
    stop: async () => {
      stopped.abort();
      await ticking;
      await tasks.stopAll();
    },
  };
}

function taskOptions(options: EcsOptions): TaskOptions {
  return {
    launch: options.launch,
    ...(options.loadBalancer ? {loadBalancer: options.loadBalancer} : {}),
    ...(options.divideTraffic ? {divideTraffic: options.divideTraffic} : {}),
    secretOf: options.secretOf ?? (() => undefined),
    isThere: options.isThere ?? (() => true),
    addressOf: (number) => `${options.network}${150 + number}`,
    stopGraceMs: options.stopGraceMs ?? 3_000,
    ...(options.logs ? {logs: options.logs} : {}),
  };
}

function worldOf(options: EcsOptions): EcsWorld {
  const world: EcsWorld = {
    region: options.region ?? 'us-east-1',
    accountId: options.accountId ?? '123456789012',
    clusterName: options.clusterName,
    minuteMs: options.minuteMs ?? 60_000,
    instances: options.instances ?? [{id: 'i-0a1b2c3d4e5f60718', cpu: 8_192, memory: 16_384}],
    capacityProviders: options.capacityProviders ?? [],
    definitions: [],
    definitionTags: new Map(),
    services: new Map(),
    tasks: new Map(),
  };
  for (const definition of options.taskDefinitions) {
    register(world, definition);
  }
  for (const service of options.services) {
    const definition = find(world, service.taskDefinition);
    if (!definition) {
      throw new Error(`Service ${service.name} names no task definition of this lab.`);
    }
    world.services.set(service.name, newService(world, service, definition.taskDefinitionArn));
  }
  return world;
}

const isSteady = ({services}: EcsWorld): boolean =>
  [...services.values()].every(
    ({deployments}) => deployments.length === 1 && deployments[0]?.rolloutState === 'COMPLETED',
  );
