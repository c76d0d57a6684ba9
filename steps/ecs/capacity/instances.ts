import type {TaskDefinition} from '@aws-sdk/client-ecs';

/** What one task takes of an instance. */
export interface Need {
  readonly cpu: number;
  readonly memoryMiB: number;
  /** Ports of the host that it takes for itself alone: none where it has a network interface of its own. */
  readonly ports: readonly string[];
  readonly ownInterface: boolean;
  readonly attributes: readonly {readonly name: string; readonly value?: string}[];
}

export interface InstanceRoom {
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

/** How the scheduler may move (developer guide, "Rolling update"): the upper limit rounded down, the lower one up. */
export interface Limits {
  readonly desired: number;
  readonly running: number;
  readonly upper: number;
  readonly lower: number;
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
  /** How many tasks with an interface of their own an instance takes, where somebody says it. */
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
export function lacks(room: InstanceRoom, need: Need, rules: Rules): readonly string[] {
  const missing = need.attributes.filter(
    ({name, value}) =>
      !room.attributes.some((one) => one.name === name && (value ?? one.value) === one.value),
  );
  const taken = need.ports.filter((port) => room.takenPorts.includes(port));
  const full = need.ownInterface && room.tasks >= (rules.interfacesMax ?? Number.POSITIVE_INFINITY);
  return [
    ...(room.status === 'ACTIVE' ? [] : [`is ${room.status}`]),
    ...(room.agentConnected ? [] : ['has an agent that is not connected']),
    ...(room.cpu >= need.cpu ? [] : [`has ${room.cpu} of ${need.cpu} CPU units`]),
    ...(room.memoryMiB >= need.memoryMiB
      ? []
      : [`has ${room.memoryMiB} of ${need.memoryMiB} MiB of memory`]),
    ...(taken.length === 0 ? [] : [`has port ${taken.join(', ')} taken`]),
    ...(full
      ? [`has ${room.tasks} of at most ${rules.interfacesMax} network interfaces taken`]
      : []),
    ...(missing.length === 0
      ? []
      : [`lacks the attribute ${missing.map(({name}) => name).join(', ')}`]),
    ...rules.expressions
      .filter((expression) => meets(room, expression) === false)
      .map((expression) => `is not ${expression}`),
    ...(rules.onePerInstance && room.ofService > 0
      ? ['runs one already, and may run no second']
      : []),
  ];
}

/** How many of so many equal tasks find a place. Equal ones fit or do not, whatever the order. */
export function fitting(
  rooms: readonly InstanceRoom[],
  need: Need,
  rules: Rules,
  wanted: number,
): number {
  let left = [...rooms];
  for (let placed = 0; placed < wanted; placed += 1) {
    const found = left.find((room) => lacks(room, need, rules).length === 0);
    if (!found) {
      return placed;
    }
    left = left.map((room) => (room === found ? withOneMore(room, need) : room));
  }
  return wanted;
}

/** The instances as they are once the old tasks of the service are gone. */
export const withoutOld = (rooms: readonly InstanceRoom[], old: Need): readonly InstanceRoom[] =>
  rooms.map((room) => ({
    ...room,
    cpu: room.cpu + room.ofService * old.cpu,
    memoryMiB: room.memoryMiB + room.ofService * old.memoryMiB,
    takenPorts: room.takenPorts.filter((port) => room.ofService === 0 || !old.ports.includes(port)),
    tasks: room.tasks - room.ofService,
    ofService: 0,
  }));

/** The instance that lacks least, and what. */
export function nearest(
  rooms: readonly InstanceRoom[],
  need: Need,
  rules: Rules,
): {readonly room: InstanceRoom; readonly lacks: readonly string[]} | undefined {
  const [first] = rooms
    .map((room) => ({room, lacks: lacks(room, need, rules)}))
    .toSorted(
      (one, other) =>
        one.lacks.length - other.lacks.length || other.room.memoryMiB - one.room.memoryMiB,
    );
  return first;
}

export const withOneMore = (room: InstanceRoom, need: Need): InstanceRoom => ({
  ...room,
  cpu: room.cpu - need.cpu,
  memoryMiB: room.memoryMiB - need.memoryMiB,
  takenPorts: [...room.takenPorts, ...need.ports],
  tasks: room.tasks + 1,
  ofService: room.ofService + 1,
});

/** Whether an instance meets an expression of the cluster query language; nothing where it is of a kind that is not read here. */
export function meets(
  {attributes}: Pick<InstanceRoom, 'attributes'>,
  expression: string,
): boolean | undefined {
  const [, name, operator, right = ''] =
    /^\s*attribute:([\w.-]+)\s*(==|!=|=~|in|exists|!exists)\s*(.*?)\s*$/.exec(expression) ?? [];
  const found = attributes.find((one) => one.name === name);
  switch (operator) {
    case '==':
      return found?.value === right;
    case '!=':
      return found?.value !== right;
    case '=~':
      return new RegExp(`^(?:${right})$`).test(found?.value ?? '');
    case 'in':
      return right
        .replace(/^\[|\]$/g, '')
        .split(',')
        .some((value) => value.trim() === found?.value);
    case 'exists':
      return found !== undefined;
    case '!exists':
      return found === undefined;
    default:
      return undefined;
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
