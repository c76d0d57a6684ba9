import type {TaskDefinition} from '@aws-sdk/client-ecs';

/** What one task needs of an instance. */
export interface Need {
  readonly cpu: number;
  readonly memoryMiB: number;
  /** Ports of the host that it takes for itself alone: none where it has a network interface of its own. */
  readonly ports: readonly string[];
  readonly ownInterface: boolean;
  readonly attributes: readonly {readonly name: string; readonly value?: string}[];
}

export interface InstanceCapacity {
  readonly id: string;
  readonly status: string;
  readonly agentConnected: boolean;
  readonly capacityProvider?: string;
  readonly cpu: number;
  readonly memoryMiB: number;
  readonly takenPorts: readonly string[];
  /** All of its tasks. */
  readonly tasks: number;
  /** Those of the service. */
  readonly ofService: number;
  readonly attributes: readonly {readonly name: string; readonly value?: string}[];
}

/** How many tasks may run during a rollout (developer guide, "Rolling update"): `upper` rounded down, `lower` up. */
export interface Limits {
  readonly desired: number;
  readonly running: number;
  readonly upper: number;
  readonly lower: number;
  /** New tasks that all start before an old one stops: 1 in a rolling update. */
  readonly together: number;
}

export function limitsOf(service: {
  readonly desired: number;
  readonly running: number;
  readonly minimumHealthyPercent: number;
  readonly maximumPercent: number;
}): Limits {
  const {desired, running, minimumHealthyPercent, maximumPercent} = service;
  return {
    desired,
    running,
    upper: Math.floor((desired * maximumPercent) / 100),
    lower: Math.ceil((desired * minimumHealthyPercent) / 100),
    together: 1,
  };
}

/** New tasks that may run beside the old ones, and old ones that may stop before a new one runs. */
export const mayStart = ({desired, running, upper}: Limits): number =>
  Math.max(0, Math.min(desired, upper - running));
export const mayStop = ({running, lower}: Limits): number => Math.max(0, running - lower);

export interface Rules {
  readonly onePerInstance: boolean;
  /** Expressions that an instance must meet (`memberOf`). */
  readonly expressions: readonly string[];
  /** How many tasks with a network interface of their own an instance takes, where the input gives it. */
  readonly interfacesMax?: number | undefined;
}

/** Task-level sizes where there are any, else the sum over containers; placement goes by the reservation. */
export function needOf(definition: TaskDefinition): Need {
  const containers = definition.containerDefinitions ?? [];
  const ownInterface = definition.networkMode === 'awsvpc';
  return {
    cpu: definition.cpu ? Number(definition.cpu) : sum(containers.map(({cpu}) => cpu ?? 0)),
    memoryMiB: definition.memory
      ? Number(definition.memory)
      : sum(containers.map(({memoryReservation, memory}) => memoryReservation ?? memory ?? 0)),
    ports: ownInterface
      ? []
      : containers.flatMap(({portMappings = []}) =>
          portMappings.flatMap(({hostPort, protocol = 'tcp'}) =>
            hostPort ? [`${hostPort}/${protocol}`] : [],
          ),
        ),
    ownInterface,
    attributes: (definition.requiresAttributes ?? []).map(({name = '', value}) => ({
      name,
      ...(value === undefined ? {} : {value}),
    })),
  };
}

/** What an instance lacks for one more task, each in words with numbers; none: it fits. */
export function lacks(instance: InstanceCapacity, need: Need, rules: Rules): readonly string[] {
  const missing = need.attributes.filter(
    ({name, value}) =>
      !instance.attributes.some((has) => has.name === name && (value ?? has.value) === has.value),
  );
  const taken = need.ports.filter((port) => instance.takenPorts.includes(port));
  const full =
    need.ownInterface && instance.tasks >= (rules.interfacesMax ?? Number.POSITIVE_INFINITY);
  return [
    ...(instance.status === 'ACTIVE' ? [] : [`is ${instance.status}`]),
    ...(instance.agentConnected ? [] : ['has an agent that is not connected']),
    ...(instance.cpu >= need.cpu ? [] : [`has ${instance.cpu} of ${need.cpu} CPU units`]),
    ...(instance.memoryMiB >= need.memoryMiB
      ? []
      : [`has ${instance.memoryMiB} of ${need.memoryMiB} MiB of memory`]),
    ...(taken.length === 0 ? [] : [`has port ${taken.join(', ')} taken`]),
    ...(full
      ? [`has ${instance.tasks} of at most ${rules.interfacesMax} network interfaces taken`]
      : []),
    ...(missing.length === 0
      ? []
      : [`lacks the attribute ${missing.map(({name}) => name).join(', ')}`]),
    ...rules.expressions
      .filter((expression) => meets(instance, expression) === false)
      .map((expression) => `is not ${expression}`),
    ...(rules.onePerInstance && instance.ofService > 0
      ? ['runs a task of the service already, and may run no second one']
      : []),
  ];
}

/** How many of `count` equal tasks find a place. Their order makes no difference. */
export function fitting(
  instances: readonly InstanceCapacity[],
  need: Need,
  rules: Rules,
  count: number,
): number {
  let left = [...instances];
  for (let placed = 0; placed < count; placed += 1) {
    const free = left.find((instance) => lacks(instance, need, rules).length === 0);
    if (!free) {
      return placed;
    }
    left = left.map((instance) => (instance === free ? withOneMore(instance, need) : instance));
  }
  return count;
}

/** The instances as they are once the old tasks of the service are gone. */
export const withoutOld = (
  instances: readonly InstanceCapacity[],
  old: Need,
): readonly InstanceCapacity[] =>
  instances.map((instance) => ({
    ...instance,
    cpu: instance.cpu + instance.ofService * old.cpu,
    memoryMiB: instance.memoryMiB + instance.ofService * old.memoryMiB,
    takenPorts: instance.takenPorts.filter(
      (port) => instance.ofService === 0 || !old.ports.includes(port),
    ),
    tasks: instance.tasks - instance.ofService,
    ofService: 0,
  }));

/** The instance that lacks least, and what it lacks. */
export function nearest(
  instances: readonly InstanceCapacity[],
  need: Need,
  rules: Rules,
): {readonly instance: InstanceCapacity; readonly lacks: readonly string[]} | undefined {
  const [first] = instances
    .map((instance) => ({instance, lacks: lacks(instance, need, rules)}))
    .toSorted(
      (left, right) =>
        left.lacks.length - right.lacks.length ||
        right.instance.memoryMiB - left.instance.memoryMiB,
    );
  return first;
}

export const withOneMore = (instance: InstanceCapacity, need: Need): InstanceCapacity => ({
  ...instance,
  cpu: instance.cpu - need.cpu,
  memoryMiB: instance.memoryMiB - need.memoryMiB,
  takenPorts: [...instance.takenPorts, ...need.ports],
  tasks: instance.tasks + 1,
  ofService: instance.ofService + 1,
});

/**
 * Whether an instance meets an expression of the cluster query language; nothing where it is of an unsupported kind.
 */
export function meets(
  {attributes}: Pick<InstanceCapacity, 'attributes'>,
  expression: string,
): boolean | undefined {
  if (isCompound.test(expression)) {
    return undefined;
  }
  const [, name, operator, right = ''] =
    /^\s*attribute:([\w.-]+)\s*(==|!=|=~|in|exists|!exists)\s*(.*?)\s*$/.exec(expression) ?? [];
  const attribute = attributes.find((has) => has.name === name);
  switch (operator) {
    case '==':
      return attribute?.value === right;
    case '!=':
      return attribute?.value !== right;
    case '=~':
      return matches(attribute?.value ?? '', right);
    case 'in':
      return right
        .replace(/^\[|\]$/g, '')
        .split(',')
        .some((value) => value.trim() === attribute?.value);
    case 'exists':
      return attribute !== undefined;
    case '!exists':
      return attribute === undefined;
    default:
      return undefined;
  }
}

const isCompound = /\(|&&|\|\||^\s*!|\b(?:and|or|not)\b/i;

/** Patterns of ECS are those of Java: some are none here. */
function matches(value: string, pattern: string): boolean | undefined {
  try {
    return new RegExp(`^(?:${pattern})$`).test(value);
  } catch {
    return undefined;
  }
}

const sum = (numbers: readonly number[]): number =>
  numbers.reduce((total, number) => total + number, 0);
