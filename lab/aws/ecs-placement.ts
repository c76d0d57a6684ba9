import type {EcsWorld, Instance, TaskDefinition} from './ecs-state.ts';

type Resource = 'CPU' | 'MEMORY' | 'PORTS';

interface Size {
  readonly cpu: number;
  readonly memory: number;
  /** Of an instance: the taken ports. Of a task: the ports of the host that it needs for itself. */
  readonly ports: readonly number[];
}

type Placement =
  | {readonly instance: Instance}
  | {readonly lack: string; readonly nearest?: Instance; readonly resource?: Resource};

const noInstances = 'No Container Instances were found in your cluster.';

const lackTexts: Readonly<Record<Resource, string>> = {
  CPU: 'has insufficient CPU units available.',
  MEMORY: 'has insufficient memory available.',
  PORTS: 'is already using a port required by your task.',
};

/** The instance for a task, or the text of ECS why there is none. `fault`: what every instance pretends to lack. */
export function place(
  world: EcsWorld,
  definition: TaskDefinition,
  fault: 'CPU' | 'MEMORY' | undefined,
): Placement {
  const need = needOf(definition);
  const candidates = world.instances
    .filter(({status = 'ACTIVE', agentConnected = true}) => status === 'ACTIVE' && agentConnected)
    .map((instance) => ({instance, free: remaining(world, instance)}));
  const fitting = candidates.find(({free}) => lackIn(free, need) === undefined);
  if (fitting && !fault) {
    return {instance: fitting.instance};
  }
  const [nearest] = candidates;
  if (!nearest) {
    return {lack: noInstances};
  }
  const {instance, free} = nearest;
  const resource = fault ?? lackIn(free, need) ?? 'CPU';
  return {
    lack: `The closest matching (container-instance ${instance.id}) ${lackTexts[resource]}`,
    nearest: instance,
    resource,
  };
}

/** What the tasks of an instance leave free. */
export function remaining(world: EcsWorld, instance: Instance): Size {
  const needs = [...world.tasks.values()]
    .filter((task) => task.instance === instance && task.lastStatus !== 'STOPPED')
    .map(({definition}) => needOf(definition));
  return {
    cpu: instance.cpu - sum(needs.map(({cpu}) => cpu)),
    memory: instance.memory - sum(needs.map(({memory}) => memory)),
    ports: needs.flatMap(({ports}) => ports),
  };
}

/** What the running tasks of a service use of their memory reservation, each in percent. */
export const memoryUse = (world: EcsWorld, service: string): readonly number[] =>
  [...world.tasks.values()]
    .filter((task) => task.service?.options.name === service && task.lastStatus === 'RUNNING')
    .flatMap(({running, definition}) => {
      const used = running?.memoryMiB?.();
      return used === undefined ? [] : [(100 * used) / Math.max(1, needOf(definition).memory)];
    });

function lackIn(free: Size, need: Size): Resource | undefined {
  if (free.cpu < need.cpu) {
    return 'CPU';
  }
  if (free.memory < need.memory) {
    return 'MEMORY';
  }
  return need.ports.some((port) => free.ports.includes(port)) ? 'PORTS' : undefined;
}

/** Task-level sizes where given, else the sum over containers; placement uses the reservation. */
function needOf({
  cpu,
  memory,
  networkMode,
  containerDefinitions: containers,
}: TaskDefinition): Size {
  return {
    cpu: cpu ? Number(cpu) : sum(containers.map((container) => container.cpu ?? 0)),
    memory: memory
      ? Number(memory)
      : sum(containers.map((container) => container.memoryReservation ?? container.memory ?? 0)),
    // A task with a network interface of its own shares its ports with no other task.
    ports:
      networkMode === 'awsvpc'
        ? []
        : containers.flatMap(({portMappings = []}) =>
            portMappings.flatMap(({hostPort}) => hostPort || []),
          ),
  };
}

const sum = (numbers: readonly number[]): number =>
  numbers.reduce((total, number) => total + number, 0);
