import {
  environmentOf,
  imageOf,
  logStreamOf,
  overrideOf,
  portOf,
  secretsOf,
} from './ecs-containers.ts';
import {crashCode, type FaultState} from './ecs-faults.ts';
import type {TaskOptions} from './ecs-launch.ts';
import {place} from './ecs-placement.ts';
import {
  arnOf,
  type Deployment,
  type EcsWorld,
  hexId,
  type Instance,
  type Service,
  say,
  type Task,
  type TaskDefinition,
} from './ecs-state.ts';

const taskNumbers = 50;
/** Starts, moves on and stops tasks. Each one is a real process on an address of its own. */
export class Tasks {
  readonly #world: EcsWorld;
  readonly #options: TaskOptions;
  readonly #faults: FaultState;
  /** Launches under way: they end as processes, which stopAll stops. */
  readonly #launches = new Set<Promise<void>>();
  #number = 0;

  constructor(world: EcsWorld, options: TaskOptions, faults: FaultState) {
    this.#world = world;
    this.#options = options;
    this.#faults = faults;
  }

  start(service: Service, deployment: Deployment, definition: TaskDefinition): Task | undefined {
    const placed = place(this.#world, definition, this.#faults.noCapacity);
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

  /** A one-off task, as RunTask starts it: nothing starts it again. */
  run(
    definition: TaskDefinition,
    order: Pick<Task, 'startedBy' | 'group' | 'overrides' | 'executes'>,
  ): Task | {readonly arn: string; readonly reason: string} {
    const placed = place(this.#world, definition, this.#faults.noCapacity);
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

  divideTraffic(weights: Readonly<Record<string, number>>): void {
    this.#options.divideTraffic?.(weights);
  }

  isHealthy(task: Task): boolean {
    const balanced = task.service?.options.targetGroup && this.#options.loadBalancer;
    return (
      task.lastStatus === 'RUNNING' && (!balanced || this.#targetOf(task)?.state === 'healthy')
    );
  }

  /** Why a running task is unhealthy at the load balancer, once its grace period is over. */
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

  /** Addresses are used in turn: a connection to a task of the past must not reach a new one. */
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

  #logOf(task: Task): (line: string) => void {
    const log = logStreamOf(task);
    return log ? (line) => this.#options.logs?.write(log.group, log.stream, line) : () => {};
  }

  /** As the agent gives them to a container: at its start, and never again. */
  #secretsFor(task: Task): Record<string, string> {
    const given = secretsOf(task).map(({name, valueFrom}) => [
      name,
      this.#options.secretOf(valueFrom) ?? '',
    ]);
    return Object.fromEntries(given);
  }

  #crashOnFault(task: Task): void {
    if (crashCode(this.#faults, imageOf(task)) !== undefined) {
      void task.running?.stop(0);
    }
  }

  #exited(task: Task, code: number | null): void {
    task.exitCode = crashCode(this.#faults, imageOf(task)) ?? code ?? 137;
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
      const arn = task.deployment?.group ?? group.arn;
      this.#options.loadBalancer.register(task.address, task.address, port, arn);
      say(service, `registered 1 targets in (target-group ${arn})`);
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
