import type {LoadBalancer} from '../load-balancer.ts';
import {
  arnOf,
  type Deployment,
  type EcsWorld,
  hexId,
  type Instance,
  lastPart,
  type RunningTask,
  type Service,
  say,
  type Task,
  type TaskDefinition,
} from './ecs-state.ts';

export interface LaunchRequest {
  readonly taskArn: string;
  readonly image: string;
  /** The environment of the task definition's container, nothing else. */
  readonly environment: Readonly<Record<string, string>>;
  /** The task's own loopback address. */
  readonly address: string;
  /** The port of its first port mapping. */
  readonly port: number | undefined;
  /** Instead of what the image runs. */
  readonly command?: readonly string[];
  /** Takes each line that its process writes. */
  readonly log: (line: string) => void;
}

export interface TaskOptions {
  readonly launch: (request: LaunchRequest) => Promise<RunningTask>;
  readonly loadBalancer?: LoadBalancer;
  /** The task's address by its number: `127.X.Y.150` onwards. */
  readonly addressOf: (number: number) => string;
  readonly stopGraceMs: number;
  readonly logs?: {write(group: string, stream: string, line: string): void};
  readonly secretOf: (valueFrom: string) => string | undefined;
  readonly isThere: (image: string) => boolean;
}

/** What can go wrong with tasks, switched on and off by image. */
export interface EcsFaults {
  /** No registry has this image: `CannotPullContainerError`. */
  missingImage(image: string): void;
  /** Its process ends right after it ran. */
  crash(image: string, exitCode: number): void;
  /** The load balancer cannot reach its tasks (a wrong security group): they never become healthy. */
  unreachable(image: string): void;
  /** No container instance has room for another task. */
  noRoom(reason: 'CPU' | 'MEMORY'): void;
  clear(): void;
}

export interface FaultState {
  readonly missing: Set<string>;
  readonly crashing: Map<string, number>;
  readonly unreachable: Set<string>;
  noRoom: 'CPU' | 'MEMORY' | undefined;
}

export const noFaults = (): FaultState => ({
  missing: new Set(),
  crashing: new Map(),
  unreachable: new Set(),
  noRoom: undefined,
});

export const switches = (state: FaultState): EcsFaults => ({
  missingImage: (image) => void state.missing.add(image),
  crash: (image, exitCode) => void state.crashing.set(image, exitCode),
  unreachable: (image) => void state.unreachable.add(image),
  noRoom: (reason) => {
    state.noRoom = reason;
  },
  clear: () => Object.assign(state, noFaults()),
});

const taskNumbers = 50;
const noInstances = 'No Container Instances were found in your cluster.';

interface LogConfiguration {
  readonly logDriver?: string;
  readonly options?: Readonly<Record<string, string>>;
}

type Resource = 'CPU' | 'MEMORY' | 'PORTS';

interface Size {
  readonly cpu: number;
  readonly memory: number;
  /** Of an instance: those that are taken. Of a task: those that it takes for itself alone. */
  readonly ports: readonly number[];
}

const lackTexts: Readonly<Record<Resource, string>> = {
  CPU: 'has insufficient CPU units available.',
  MEMORY: 'has insufficient memory available.',
  PORTS: 'is already using a port required by your task.',
};

function lackIn(room: Size, need: Size): Resource | undefined {
  if (room.cpu < need.cpu) {
    return 'CPU';
  }
  if (room.memory < need.memory) {
    return 'MEMORY';
  }
  return need.ports.some((port) => room.ports.includes(port)) ? 'PORTS' : undefined;
}

/** Starts, moves on and stops tasks. Each one is a real process on an address of its own. */
export class Tasks {
  readonly #world: EcsWorld;
  readonly #options: TaskOptions;
  readonly #faults: FaultState;
  /** Launches under way: they end as processes that somebody has to stop. */
  readonly #launches = new Set<Promise<void>>();
  #number = 0;

  constructor(world: EcsWorld, options: TaskOptions, faults: FaultState) {
    this.#world = world;
    this.#options = options;
    this.#faults = faults;
  }

  start(service: Service, deployment: Deployment, definition: TaskDefinition): Task | undefined {
    const placed = this.#place(definition);
    if ('lack' in placed) {
      say(
        service,
        `was unable to place a task because no container instance met all of its requirements. Reason: ${placed.lack} For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.`,
      );
      return undefined;
    }
    return this.#add(definition, placed.instance, {
      service,
      deployment,
      startedBy: deployment.id,
      group: `service:${service.options.name}`,
      overrides: [],
      executes: service.options.enableExecuteCommand ?? false,
    });
  }

  /** A task of its own, as RunTask starts it: nobody starts it again. */
  run(
    definition: TaskDefinition,
    order: Pick<Task, 'startedBy' | 'group' | 'overrides' | 'executes'>,
  ): Task | {readonly arn: string; readonly reason: string} {
    const placed = this.#place(definition);
    if ('lack' in placed) {
      const {nearest, resource} = placed;
      const arn = nearest ? arnOf(this.#world, `container-instance/${nearest.id}`) : '';
      return {arn, reason: nearest ? `RESOURCE:${resource}` : 'MISSING'};
    }
    return (
      this.#add(definition, placed.instance, order) ?? {
        arn: arnOf(this.#world, `container-instance/${placed.instance.id}`),
        reason: 'RESOURCE:ENI',
      }
    );
  }

  #add(
    definition: TaskDefinition,
    instance: Instance,
    order: Pick<Task, 'startedBy' | 'group' | 'overrides' | 'executes'> &
      Partial<Pick<Task, 'service' | 'deployment'>>,
  ): Task | undefined {
    const address = this.#freeAddress();
    if (!address) {
      return undefined;
    }
    const task: Task = {
      ...order,
      arn: arnOf(this.#world, `task/${this.#world.clusterName}/${hexId()}`),
      definition,
      address,
      instance,
      createdAt: new Date(),
      lastStatus: 'PROVISIONING',
      desiredStatus: 'RUNNING',
      launching: false,
      counted: false,
    };
    this.#world.tasks.set(task.arn, task);
    return task;
  }

  /** One tick in a task's life. */
  advance(task: Task): void {
    if (task.lastStatus === 'PROVISIONING') {
      this.#pull(task);
    } else if (task.lastStatus === 'PENDING' && !task.launching) {
      const launch = this.#launch(task).finally(() => this.#launches.delete(launch));
      this.#launches.add(launch);
    } else if (task.lastStatus === 'RUNNING') {
      this.#crashOnFault(task);
    } else if (task.lastStatus === 'DEACTIVATING' && !this.#targetOf(task)) {
      void this.#end(task);
    }
  }

  /** First out of the load balancer, then the process; `advance` does the rest. */
  stop(task: Task, stopCode: string, stoppedReason: string): void {
    if (task.desiredStatus === 'STOPPED') {
      return;
    }
    Object.assign(task, {desiredStatus: 'STOPPED', stopCode, stoppedReason});
    if (task.lastStatus === 'RUNNING') {
      task.lastStatus = 'DEACTIVATING';
      this.#deregister(task);
    } else if (!task.launching) {
      this.#stopped(task);
    }
  }

  isHealthy(task: Task): boolean {
    const balanced = task.service?.options.targetGroup && this.#options.loadBalancer;
    return (
      task.lastStatus === 'RUNNING' && (!balanced || this.#targetOf(task)?.state === 'healthy')
    );
  }

  /** Why the load balancer holds a running task for unhealthy, once its grace period is over. */
  illness(task: Task): string | undefined {
    const target = this.#targetOf(task);
    const grace = task.service?.options.healthCheckGraceMs ?? 0;
    const forgiven = Date.now() - (task.startedAt?.getTime() ?? Date.now()) < grace;
    return task.lastStatus === 'RUNNING' && target?.state === 'unhealthy' && !forgiven
      ? (target.description ?? 'Health checks failed')
      : undefined;
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.#launches);
    const running = [...this.#world.tasks.values()].filter(({stoppedAt}) => !stoppedAt);
    await Promise.all(running.map((task) => task.running?.stop(this.#options.stopGraceMs)));
  }

  #place(
    definition: TaskDefinition,
  ): {instance: Instance} | {lack: string; nearest?: Instance; resource?: Resource} {
    const need = needOf(definition);
    const rooms = this.#world.instances
      .filter(({status = 'ACTIVE', agentConnected = true}) => status === 'ACTIVE' && agentConnected)
      .map((instance) => ({instance, room: this.remaining(instance)}));
    const fitting = rooms.find(({room}) => lackIn(room, need) === undefined);
    if (fitting && !this.#faults.noRoom) {
      return fitting;
    }
    const [nearest] = rooms;
    if (!nearest) {
      return {lack: noInstances};
    }
    const {instance, room} = nearest;
    const resource = this.#faults.noRoom ?? lackIn(room, need) ?? 'CPU';
    return {
      lack: `The closest matching (container-instance ${instance.id}) ${lackTexts[resource]}`,
      nearest: instance,
      resource,
    };
  }

  memoryUse(service: string): readonly number[] {
    return [...this.#world.tasks.values()]
      .filter((task) => task.service?.options.name === service && task.lastStatus === 'RUNNING')
      .flatMap(({running, definition}) => {
        const used = running?.memoryMiB?.();
        return used === undefined ? [] : [(100 * used) / Math.max(1, needOf(definition).memory)];
      });
  }

  remaining(instance: Instance): Size {
    const needs = [...this.#world.tasks.values()]
      .filter((task) => task.instance === instance && task.lastStatus !== 'STOPPED')
      .map(({definition}) => needOf(definition));
    return {
      cpu: instance.cpu - sum(needs.map(({cpu}) => cpu)),
      memory: instance.memory - sum(needs.map(({memory}) => memory)),
      ports: needs.flatMap(({ports}) => ports),
    };
  }

  /** Addresses go round, so that a connection meant for a task of the past does not reach a new one. */
  #freeAddress(): string | undefined {
    const taken = new Set(
      [...this.#world.tasks.values()]
        .filter(({lastStatus}) => lastStatus !== 'STOPPED')
        .map(({address}) => address),
    );
    for (let tries = 0; tries < taskNumbers; tries += 1) {
      const address = this.#options.addressOf(this.#number % taskNumbers);
      this.#number += 1;
      if (!taken.has(address)) {
        return address;
      }
    }
    return undefined;
  }

  #pull(task: Task): void {
    const image = imageOf(task);
    if (this.#faults.missing.has(image) || !this.#options.isThere(image)) {
      const reason = `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${image}: ${image}: not found`;
      task.containerReason = reason;
      this.#failed(task, 'TaskFailedToStart', reason);
      return;
    }
    const unread = secretsOf(task).find(({valueFrom}) => !this.#options.secretOf(valueFrom));
    if (unread) {
      const reason = `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret ${unread.valueFrom}`;
      this.#failed(task, 'TaskFailedToStart', reason);
      return;
    }
    task.lastStatus = 'PENDING';
  }

  async #launch(task: Task): Promise<void> {
    task.launching = true;
    const command = overrideOf(task)?.command;
    try {
      const running = await this.#options.launch({
        taskArn: task.arn,
        image: imageOf(task),
        environment: {...environmentOf(task), ...this.#secretsFor(task)},
        address: task.address,
        port: portOf(task),
        ...(command ? {command} : {}),
        log: this.#logOf(task),
      });
      task.running = running;
      void running.exited.then(({code}) => this.#exited(task, code));
    } catch (error) {
      task.launching = false;
      this.#failed(task, 'TaskFailedToStart', `CannotStartContainerError: ${String(error)}`);
      return;
    }
    task.launching = false;
    if (task.desiredStatus === 'STOPPED') {
      return void this.#end(task);
    }
    task.lastStatus = 'RUNNING';
    task.startedAt = new Date();
    this.#register(task);
  }

  /** Where the awslogs driver sends what a container writes: `prefix/container/task id`. */
  #logOf(task: Task): (line: string) => void {
    const main = mainOf(task);
    const driver = main?.['logConfiguration'] as LogConfiguration | undefined; // as the SDK models it
    const {'awslogs-group': group, 'awslogs-stream-prefix': prefix} = driver?.options ?? {};
    return driver?.logDriver === 'awslogs' && group && prefix
      ? (line) =>
          this.#options.logs?.write(group, `${prefix}/${main?.name}/${lastPart(task.arn)}`, line)
      : () => {};
  }

  /** As the agent hands them to a container at its start, and never again. */
  #secretsFor(task: Task): Record<string, string> {
    const given = secretsOf(task).map(({name, valueFrom}) => [
      name,
      this.#options.secretOf(valueFrom) ?? '',
    ]);
    return Object.fromEntries(given);
  }

  #crashOnFault(task: Task): void {
    if (this.#faults.crashing.has(imageOf(task))) {
      void task.running?.stop(0);
    }
  }

  #exited(task: Task, code: number | null): void {
    task.exitCode = this.#faults.crashing.get(imageOf(task)) ?? code ?? 137;
    if (task.lastStatus === 'RUNNING') {
      this.#deregister(task);
      this.#failed(task, 'EssentialContainerExited', 'Essential container in task exited');
    } else if (task.lastStatus !== 'STOPPED' && !task.launching) {
      this.#stopped(task);
    }
  }

  #failed(task: Task, stopCode: string, stoppedReason: string): void {
    task.stopCode ??= stopCode;
    task.stoppedReason ??= stoppedReason;
    this.#stopped(task);
  }

  #stopped(task: Task): void {
    task.desiredStatus = 'STOPPED';
    task.lastStatus = 'STOPPED';
    task.stoppedAt = new Date();
  }

  async #end(task: Task): Promise<void> {
    task.lastStatus = 'STOPPING';
    await task.running?.stop(this.#options.stopGraceMs);
    // Without a process there is no exit to wait for.
    this.#stopped(task);
  }

  #register(task: Task): void {
    const {service} = task;
    const group = service?.options.targetGroup;
    if (group && this.#options.loadBalancer) {
      const reachable = !this.#faults.unreachable.has(imageOf(task));
      // Port 1 stands for a port that the security group keeps closed.
      const port = reachable ? group.containerPort : 1;
      this.#options.loadBalancer.register(task.address, task.address, port, group.arn);
      say(service, `registered 1 targets in (target-group ${group.arn})`);
    }
  }

  #deregister(task: Task): void {
    const {service} = task;
    const group = service?.options.targetGroup;
    if (group && this.#targetOf(task)) {
      this.#options.loadBalancer?.deregister(task.address);
      say(service, `deregistered 1 targets in (target-group ${group.arn})`);
      say(service, 'has begun draining connections on 1 tasks.');
    }
  }

  #targetOf({address, service}: Task) {
    return service?.options.targetGroup
      ? this.#options.loadBalancer?.targets().find(({id}) => id === address)
      : undefined;
  }
}

/** Task-level sizes where given, else the sum over containers; placement uses the reservation. */
function needOf({cpu, memory, networkMode, containerDefinitions}: TaskDefinition): Size {
  return {
    cpu: cpu ? Number(cpu) : sum(containerDefinitions.map((one) => one.cpu ?? 0)),
    memory: memory
      ? Number(memory)
      : sum(containerDefinitions.map((one) => one.memoryReservation ?? one.memory ?? 0)),
    // A task with a network interface of its own shares its ports with nobody.
    ports:
      networkMode === 'awsvpc'
        ? []
        : containerDefinitions.flatMap(({portMappings = []}) =>
            portMappings.flatMap(({hostPort}) => hostPort || []),
          ),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** A task of the lab is one process: its first essential container. */
const mainOf = ({definition: {containerDefinitions}}: Task) =>
  containerDefinitions.find(({essential}) => essential !== false);

const imageOf = (task: Task): string => mainOf(task)?.image ?? '';
const portOf = (task: Task): number | undefined => mainOf(task)?.portMappings?.[0]?.containerPort;
const overrideOf = (task: Task) => task.overrides.find(({name}) => name === mainOf(task)?.name);
const secretsOf = (task: Task) => mainOf(task)?.secrets ?? [];
const environmentOf = (task: Task): Record<string, string> =>
  Object.fromEntries(
    [...(mainOf(task)?.environment ?? []), ...(overrideOf(task)?.environment ?? [])].map(
      ({name, value}) => [name, value],
    ),
  );
