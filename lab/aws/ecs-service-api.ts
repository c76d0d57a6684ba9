import {find} from './ecs-definitions.ts';
import {
  checkCluster,
  type EcsAccess,
  type Input,
  missing,
  type Operations,
  serviceOf,
  text,
  texts,
} from './ecs-input.ts';
import * as shapes from './ecs-shapes.ts';
import {beginDeployment, lastPart, type Service} from './ecs-state.ts';
import {AwsError} from './replies.ts';

export const serviceOperations: Operations = {
  DescribeServices: (api, input) => {
    checkCluster(api, input);
    const names = texts(input['services'], []);
    if (names.length === 0 || names.length > 10) {
      throw new AwsError(
        'InvalidParameterException',
        names.length === 0
          ? 'Services cannot be empty.'
          : 'Services cannot have more than 10 elements.',
      );
    }
    const services = names.flatMap((name) => api.world.services.get(lastPart(name)) ?? []);
    const withTags = texts(input['include'], []).includes('TAGS');
    return {
      services: services.map((service) => read(api, service, withTags)),
      failures: missing(names.filter((name) => !api.world.services.has(lastPart(name)))),
    };
  },

  UpdateService: (api, input) => {
    checkCluster(api, input);
    const service = serviceOf(api, text(input, 'service'));
    if (service.status !== 'ACTIVE') {
      throw new AwsError('ServiceNotActiveException', 'Service was not ACTIVE.');
    }
    return {service: update(api, service, input)};
  },
};

function update(api: EcsAccess, service: Service, input: Input): object {
  const {taskDefinition, desiredCount} = input;
  const stale = shapes.serviceShape(api.world, service, true);
  const definition =
    taskDefinition === undefined ? undefined : deployable(api, service, String(taskDefinition));
  if (desiredCount !== undefined && !(Number(desiredCount) >= 0)) {
    throw new AwsError('InvalidParameterException', 'desiredCount must not be negative.');
  }
  service.desiredCount = Number(desiredCount ?? service.desiredCount);
  configure(service, input['deploymentConfiguration']);
  const [primary] = service.deployments;
  const next = definition ?? primary?.taskDefinition;
  if (next && (next !== primary?.taskDefinition || input['forceNewDeployment'] === true)) {
    beginDeployment(api.world, service, next);
  } else if (primary) {
    primary.desiredCount = service.desiredCount;
  }
  service.stale = {
    until: Date.now() + api.staleReadMs,
    reads: api.faults.staleReads,
    view: stale,
  };
  return shapes.serviceShape(api.world, service, false);
}

function deployable(api: EcsAccess, service: Service, reference: string): string {
  const controller = service.options.controller ?? 'ECS';
  if (controller !== 'ECS') {
    throw new AwsError(
      'InvalidParameterException',
      controller === 'CODE_DEPLOY'
        ? 'Unable to update task definition on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.'
        : 'Unable to update task definition on services with an EXTERNAL deployment controller.',
    );
  }
  const definition = find(api.world, reference);
  if (!definition) {
    throw new AwsError('ClientException', 'TaskDefinition not found.');
  }
  if (definition.status === 'INACTIVE') {
    throw new AwsError('ClientException', 'TaskDefinition is inactive');
  }
  return definition.taskDefinitionArn;
}

function configure(service: Service, configuration: unknown): void {
  // A client of the SDK sends the modelled shape, or nothing.
  const given = (configuration ?? {}) as {
    minimumHealthyPercent?: number;
    maximumPercent?: number;
    deploymentCircuitBreaker?: {enable: boolean; rollback: boolean};
  };
  service.minimumHealthyPercent = given.minimumHealthyPercent ?? service.minimumHealthyPercent;
  service.maximumPercent = given.maximumPercent ?? service.maximumPercent;
  service.circuitBreaker = given.deploymentCircuitBreaker ?? service.circuitBreaker;
}

function read(api: EcsAccess, service: Service, withTags: boolean): object {
  const {stale} = service;
  if (!stale || (Date.now() >= stale.until && stale.reads === 0)) {
    return shapes.serviceShape(api.world, service, withTags);
  }
  stale.reads = Math.max(0, stale.reads - 1);
  return stale.view;
}
