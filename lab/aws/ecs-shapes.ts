import {breakerThreshold} from './ecs-circuit-breaker.ts';
import {
  arnOf,
  type Deployment,
  type EcsWorld,
  type Instance,
  isInFlight,
  lastPart,
  type Service,
  type ServiceDeployment,
  type Task,
  tasksOf,
} from './ecs-state.ts';
import {type ShiftingStrategy, strategyShape} from './ecs-strategy.ts';

/** JSON 1.1 carries times as seconds. */
const seconds = (date: Date | undefined): number | undefined => date && date.getTime() / 1_000;

export const clusterArn = (world: EcsWorld): string => arnOf(world, `cluster/${world.clusterName}`);

export function clusterShape(world: EcsWorld) {
  const tasks = [...world.tasks.values()];
  return {
    clusterArn: clusterArn(world),
    clusterName: world.clusterName,
    status: 'ACTIVE',
    registeredContainerInstancesCount: world.instances.length,
    runningTasksCount: runningIn(tasks),
    pendingTasksCount: tasks.filter(isPending).length,
    activeServicesCount: world.services.size,
  };
}

export interface ServiceSummary {
  readonly name: string;
  /** Family and revision. */
  readonly taskDefinition: string;
  readonly desiredCount: number;
  readonly runningCount: number;
}

export const serviceSummary = (world: EcsWorld, service: Service): ServiceSummary => ({
  name: service.options.name,
  taskDefinition: lastPart(service.deployments[0]?.taskDefinition ?? ''),
  desiredCount: service.desiredCount,
  runningCount: runningIn(tasksOf(world, service)),
});

const runningIn = (tasks: readonly Task[]): number =>
  tasks.filter(({lastStatus}) => lastStatus === 'RUNNING').length;

export function serviceShape(world: EcsWorld, service: Service, withTags: boolean) {
  const tasks = tasksOf(world, service);
  const {options} = service;
  const rolling = options.controller === undefined || options.controller === 'ECS';
  return {
    serviceArn: service.arn,
    serviceName: options.name,
    clusterArn: clusterArn(world),
    status: service.status,
    desiredCount: service.desiredCount,
    runningCount: runningIn(tasks),
    pendingCount: tasks.filter(isPending).length,
    ...(options.capacityProvider
      ? {
          capacityProviderStrategy: [
            {capacityProvider: options.capacityProvider, weight: 1, base: 0},
          ],
        }
      : {launchType: options.launchType ?? 'EC2'}),
    schedulingStrategy: 'REPLICA',
    deploymentController: {type: options.controller ?? 'ECS'},
    taskDefinition: service.deployments[0]?.taskDefinition,
    deploymentConfiguration: {
      deploymentCircuitBreaker: service.circuitBreaker,
      maximumPercent: service.maximumPercent,
      minimumHealthyPercent: service.minimumHealthyPercent,
      ...strategyShape(options.strategy),
    },
    enableExecuteCommand: options.enableExecuteCommand ?? false,
    ...(networkModeOf(world, service) === 'awsvpc' ? {networkConfiguration} : {}),
    loadBalancers: options.targetGroup
      ? [
          {
            targetGroupArn: options.targetGroup.arn,
            containerName: options.targetGroup.containerName,
            containerPort: options.targetGroup.containerPort,
            ...(options.strategy ? {advancedConfiguration: advanced(options.strategy)} : {}),
          },
        ]
      : [],
    deployments: service.deployments.map((deployment) =>
      deploymentShape(tasks, deployment, rolling),
    ),
    ...(service.history[0] && rolling
      ? {currentServiceDeployment: service.history[0].record.arn}
      : {}),
    events: service.events.map(({id, createdAt, message}) => ({
      id,
      createdAt: seconds(createdAt),
      message,
    })),
    createdAt: seconds(service.createdAt),
    placementConstraints: options.placementConstraints ?? [],
    placementStrategy: [],
    healthCheckGracePeriodSeconds: Math.round((options.healthCheckGraceMs ?? 0) / 1_000),
    ...(withTags ? {tags: options.tags ?? []} : {}),
  };
}

const advanced = ({alternateTargetGroup}: ShiftingStrategy) => ({
  alternateTargetGroupArn: alternateTargetGroup,
  productionListenerRule: alternateTargetGroup.replace(
    /:targetgroup\/.*/,
    ':listener-rule/app/lab/1/2/3',
  ),
  roleArn: `${alternateTargetGroup.split(':', 2).join(':')}:iam::123456789012:role/ecs-load-balancers`,
});

/** Where services with network interfaces of their own run. */
export const labSubnets = ['subnet-0lab1', 'subnet-0lab2'] as const;

const networkConfiguration = {
  awsvpcConfiguration: {
    subnets: labSubnets,
    securityGroups: ['sg-0lab'],
    assignPublicIp: 'DISABLED',
  },
};

const networkModeOf = ({definitions}: EcsWorld, {deployments}: Service): unknown =>
  definitions.find((definition) => definition.taskDefinitionArn === deployments[0]?.taskDefinition)
    ?.networkMode;

function deploymentShape(ofService: readonly Task[], deployment: Deployment, rolling: boolean) {
  const tasks = ofService.filter((task) => task.deployment === deployment);
  return {
    id: deployment.id,
    status: deployment.status,
    taskDefinition: deployment.taskDefinition,
    desiredCount: deployment.desiredCount,
    runningCount: runningIn(tasks),
    pendingCount: tasks.filter(isPending).length,
    failedTasks: deployment.failedTasks,
    createdAt: seconds(deployment.createdAt),
    updatedAt: seconds(deployment.updatedAt),
    launchType: 'EC2',
    // Other controllers have no rollout state.
    ...(rolling
      ? {
          rolloutState: deployment.rolloutState,
          rolloutStateReason: deployment.rolloutStateReason,
        }
      : {}),
  };
}

export function taskShape(world: EcsWorld, task: Task) {
  return {
    taskArn: task.arn,
    clusterArn: clusterArn(world),
    taskDefinitionArn: task.definition.taskDefinitionArn,
    containerInstanceArn: instanceArn(world, task.instance),
    group: task.group,
    startedBy: task.startedBy,
    enableExecuteCommand: task.executes,
    overrides: {containerOverrides: task.overrides},
    launchType: 'EC2',
    lastStatus: task.lastStatus,
    desiredStatus: task.desiredStatus,
    // Only a container health check would make it HEALTHY or UNHEALTHY.
    healthStatus: 'UNKNOWN',
    createdAt: seconds(task.createdAt),
    startedAt: seconds(task.startedAt),
    stoppedAt: seconds(task.stoppedAt),
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    attachments: [
      {
        type: 'ElasticNetworkInterface',
        status: task.lastStatus === 'STOPPED' ? 'DELETED' : 'ATTACHED',
        details: [{name: 'privateIPv4Address', value: task.address}],
      },
    ],
    containers: task.definition.containerDefinitions.map(({name, image}) => ({
      name,
      image,
      runtimeId: `${lastPart(task.arn)}-${runtimeNumber(name)}`,
      lastStatus: task.lastStatus,
      healthStatus: 'UNKNOWN',
      exitCode: task.exitCode,
      reason: task.containerReason,
      networkInterfaces: [{privateIpv4Address: task.address}],
    })),
  };
}

/** As awsvpc tasks have it: the task's id, and a number of the container's own. */
const runtimeNumber = (container: string): number =>
  [...container].reduce((sum, sign) => (sum * 31 + (sign.codePointAt(0) ?? 0)) % 4_000_000_000, 7);

type Recorded = Service['history'][number];

export function briefShape(world: EcsWorld, service: Service, {record}: Recorded) {
  return {
    serviceDeploymentArn: record.arn,
    serviceArn: service.arn,
    clusterArn: clusterArn(world),
    createdAt: seconds(record.createdAt),
    startedAt: seconds(record.createdAt),
    finishedAt: seconds(record.finishedAt),
    targetServiceRevisionArn: record.revisionArn,
    status: record.status,
    statusReason: record.statusReason,
  };
}

export function serviceDeploymentShape(world: EcsWorld, service: Service, recorded: Recorded) {
  const {record, deployment} = recorded;
  const {targetServiceRevisionArn: arn, ...brief} = briefShape(world, service, recorded);
  const tasks = tasksOf(world, service).filter((task) => task.deployment === deployment);
  return {
    ...brief,
    ...(record.staging && isInFlight(record) ? {lifecycleStage: record.staging.stage} : {}),
    targetServiceRevision: {
      arn,
      requestedTaskCount: deployment.desiredCount,
      runningTaskCount: tasks.filter(({lastStatus}) => lastStatus === 'RUNNING').length,
      pendingTaskCount: tasks.filter(isPending).length,
    },
    deploymentCircuitBreaker: {
      status: breakerStatus(service, record),
      failureCount: deployment.failedTasks,
      threshold: breakerThreshold(service),
    },
    ...(record.rollback
      ? {rollback: {...record.rollback, startedAt: seconds(record.rollback.startedAt)}}
      : {}),
  };
}

function breakerStatus(service: Service, record: ServiceDeployment): string {
  if (!service.circuitBreaker.enable) {
    return 'DISABLED';
  }
  if (record.breakerTriggered) {
    return 'TRIGGERED';
  }
  return record.finishedAt ? 'MONITORING_COMPLETE' : 'MONITORING';
}

export const instanceArn = (world: EcsWorld, {id}: Instance): string =>
  arnOf(world, `container-instance/${world.clusterName}/${id}`);

export function instanceShape(
  world: EcsWorld,
  instance: Instance,
  remaining: {cpu: number; memory: number; ports: readonly number[]},
) {
  const tasks = [...world.tasks.values()].filter((task) => task.instance === instance);
  return {
    containerInstanceArn: instanceArn(world, instance),
    ec2InstanceId: instance.id,
    status: instance.status ?? 'ACTIVE',
    agentConnected: instance.agentConnected ?? true,
    ...(instance.capacityProvider ? {capacityProviderName: instance.capacityProvider} : {}),
    runningTasksCount: runningIn(tasks),
    pendingTasksCount: tasks.filter(isPending).length,
    registeredResources: resources({...instance, ports: []}),
    remainingResources: resources(remaining),
    attributes: instance.attributes ?? [],
  };
}

const resources = ({
  cpu,
  memory,
  ports,
}: {
  cpu: number;
  memory: number;
  ports: readonly number[];
}) => [
  {name: 'CPU', type: 'INTEGER', integerValue: cpu},
  {name: 'MEMORY', type: 'INTEGER', integerValue: memory},
  {name: 'PORTS', type: 'STRINGSET', stringSetValue: ['22', ...ports.map(String)]},
  {name: 'PORTS_UDP', type: 'STRINGSET', stringSetValue: []},
];

const isPending = ({lastStatus}: Task): boolean =>
  lastStatus === 'PROVISIONING' || lastStatus === 'PENDING';
