import {arnOf, type ContainerDefinition, type EcsWorld, type TaskDefinition} from './ecs-state.ts';
import {arnIn} from './partition.ts';
import {AwsError} from './replies.ts';

export type DefinitionInput = {
  readonly family: string;
  readonly containerDefinitions: readonly ContainerDefinition[];
  readonly [field: string]: unknown;
};

/** Makes a new revision. Each registration does, even of a definition that exists already. */
export function register(world: EcsWorld, input: Record<string, unknown>): TaskDefinition {
  const {family, containerDefinitions: containers} = input;
  if (typeof family !== 'string' || !/^[\w-]{1,255}$/.test(family)) {
    throw new AwsError(
      'ClientException',
      'Family contains invalid characters when it should only contain letters, numbers, hyphens, and underscores.',
    );
  }
  if (!Array.isArray(containers) || containers.length === 0) {
    throw new AwsError('ClientException', 'Container list cannot be empty.');
  }
  const revision =
    world.definitions.filter((definition) => definition.family === family).length + 1;
  const {tags, ...fields} = input;
  const definition: TaskDefinition = {
    ...fields,
    taskDefinitionArn: arnOf(world, `task-definition/${family}:${revision}`),
    family,
    revision,
    status: 'ACTIVE',
    containerDefinitions: containers.map((container) => containerOf(container, input)),
    volumes: input['volumes'] ?? [],
    placementConstraints: input['placementConstraints'] ?? [],
    compatibilities: ['EXTERNAL', 'EC2'],
    requiresAttributes: [],
    registeredAt: Date.now() / 1_000,
    registeredBy: `${arnIn(world.region)}:iam::${world.accountId}:user/lab`,
  };
  world.definitions.push(definition);
  world.definitionTags.set(definition.taskDefinitionArn, tags ?? []);
  return definition;
}

/** Tasks that run it continue, and it can still be described (API reference, DeregisterTaskDefinition). */
export function deregister(world: EcsWorld, reference: string): TaskDefinition {
  const definition = find(world, reference);
  if (!definition) {
    throw new AwsError('ClientException', 'The specified task definition does not exist.');
  }
  const inactive: TaskDefinition = {...definition, status: 'INACTIVE'};
  world.definitions[world.definitions.indexOf(definition)] = inactive;
  return inactive;
}

/** By ARN, `family:revision`, or `family` for the newest. */
export function find(world: EcsWorld, reference: string): TaskDefinition | undefined {
  const name = reference.split('/').at(-1) ?? reference;
  return world.definitions.findLast(
    ({family, revision, status}) =>
      (name === family && status === 'ACTIVE') || name === `${family}:${revision}`,
  );
}

/** A container with the defaults that ECS fills in. */
function containerOf(
  container: Partial<ContainerDefinition>,
  input: Record<string, unknown>,
): ContainerDefinition {
  const {name, image, memory, memoryReservation, portMappings} = container;
  if (!name || !image) {
    throw new AwsError('ClientException', 'Container.image should not be null or empty.');
  }
  if (memory === undefined && memoryReservation === undefined && input['memory'] === undefined) {
    throw new AwsError(
      'ClientException',
      `Invalid setting for container '${name}'. At least one of 'memory' or 'memoryReservation' must be specified.`,
    );
  }
  return {
    cpu: 0,
    essential: true,
    environment: [],
    mountPoints: [],
    volumesFrom: [],
    ...container,
    name,
    image,
    portMappings: (portMappings ?? []).map((mapping) => ({
      // In the network of its host, a container without a host port gets a random one.
      hostPort: input['networkMode'] === 'awsvpc' ? mapping.containerPort : 0,
      protocol: 'tcp',
      ...mapping,
    })),
  };
}
