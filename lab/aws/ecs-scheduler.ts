import {breakCircuit, breakerThreshold, rollBack} from './ecs-circuit-breaker.ts';
import {lowerOf, upperOf} from './ecs-limits.ts';
import {advanceStage, mayEndOld, weightsOf} from './ecs-stages.ts';
import {
  beginDeployment,
  type Deployment,
  type EcsWorld,
  lastPart,
  type Service,
  say,
  type Task,
  type TaskDefinition,
  tasksOf,
} from './ecs-state.ts';
import type {Tasks} from './ecs-tasks.ts';

/** Stopped tasks stay visible for an hour (ECS API, DescribeTasks). */
const stoppedVisibleMs = 3_600_000;
const retryAfterFailureMs = 300;

/** One turn of the ECS service scheduler: it moves every service one step towards what was asked for. */
export function tick(world: EcsWorld, tasks: Tasks): void {
  for (const task of world.tasks.values()) {
    tasks.advance(task);
    if (task.stoppedAt && Date.now() - task.stoppedAt.getTime() > stoppedVisibleMs) {
      world.tasks.delete(task.arn);
    }
  }
  for (const service of world.services.values()) {
    if (service.status === 'ACTIVE') {
      scheduleService(new Turn(world, tasks, service));
    }
  }
}

function scheduleService(turn: Turn): void {
  turn.stopUnhealthy();
  turn.countFailures();
  turn.rollBackOnRequest();
  turn.forgetFailuresOfHealthy();
  turn.advanceStage();
  const started = turn.startMissing();
  const stopped = turn.stopSurplus();
  turn.sayDeadlock(started + stopped);
  turn.forgetEmptyDeployments();
  turn.complete();
  turn.noteCounts();
}

class Turn {
  readonly #world: EcsWorld;
  readonly #runner: Tasks;
  readonly #service: Service;

  constructor(world: EcsWorld, runner: Tasks, service: Service) {
    this.#world = world;
    this.#runner = runner;
    this.#service = service;
  }

  stopUnhealthy(): void {
    const {targetGroup} = this.#service.options;
    for (const task of this.#intended()) {
      const illness = this.#runner.illness(task);
      if (illness && targetGroup) {
        const group = `(target-group ${targetGroup.arn})`;
        say(
          this.#service,
          `(port ${targetGroup.containerPort}) is unhealthy in ${group} due to (reason ${illness}).`,
        );
        this.#runner.stop(
          task,
          'ServiceSchedulerInitiated',
          `Task failed ELB health checks in ${group}`,
        );
        this.#failed(task);
      }
    }
  }

  countFailures(): void {
    const ended = tasksOf(this.#world, this.#service).filter(
      ({lastStatus, stopCode, counted}) =>
        lastStatus === 'STOPPED' && stopCode !== 'ServiceSchedulerInitiated' && !counted,
    );
    for (const task of ended) {
      this.#failed(task);
    }
  }

  rollBackOnRequest(): void {
    const {primary} = this;
    if (primary.record.status === 'ROLLBACK_REQUESTED') {
      rollBack(this.#service, primary, 'Service deployment rolled back because of a user request.');
    }
  }

  /** "Once a service deployment has one or more successfully running tasks, the failed task count resets to zero." */
  forgetFailuresOfHealthy(): void {
    if (this.#of(this.primary).some((task) => this.#runner.isHealthy(task))) {
      this.primary.failedTasks = 0;
    }
  }

  advanceStage(): void {
    const {primary} = this;
    const healthy = this.#of(primary).filter((task) => this.#runner.isHealthy(task)).length;
    advanceStage(this.#service, primary, {
      isReady: healthy === this.#service.desiredCount,
      minuteMs: this.#world.minuteMs,
    });
    if (this.#service.options.strategy) {
      this.#runner.divideTraffic(weightsOf(this.#service));
    }
  }

  startMissing(): number {
    const {primary} = this;
    const definition = this.#world.definitions.find(
      ({taskDefinitionArn}) => taskDefinitionArn === primary.taskDefinition,
    );
    const missing = this.#service.desiredCount - this.#of(primary).length;
    const allowed = Math.min(missing, upperOf(this.#service) - this.#intended().length);
    if (!definition || primary.rolloutState === 'FAILED' || Date.now() < primary.retryAt) {
      return Math.max(allowed, 0);
    }
    const started = this.#start(primary, definition, allowed);
    if (started.length > 0) {
      this.#sayTasks(`has started ${started.length} tasks:`, started);
    }
    return Math.max(allowed, 0);
  }

  /** Old tasks go first, and of them those that serve nobody; never below the lower limit of healthy ones. */
  stopSurplus(): number {
    const old = this.#intended().filter(({deployment}) => deployment !== this.primary);
    const tooMany = this.#of(this.primary).slice(this.#service.desiredCount);
    const ending = mayEndOld(this.#service, this.primary) ? this.#idleFirst(old) : [];
    const surplus = [...ending, ...tooMany];
    let healthy = this.#intended().filter((task) => this.#runner.isHealthy(task)).length;
    const stopped: Task[] = [];
    for (const task of surplus) {
      const serves = this.#runner.isHealthy(task);
      if (serves && healthy - 1 < lowerOf(this.#service)) {
        continue;
      }
      healthy -= serves ? 1 : 0;
      const reason = `Scaling activity initiated by (deployment ${this.primary.id})`;
      this.#runner.stop(task, 'ServiceSchedulerInitiated', reason);
      stopped.push(task);
    }
    if (stopped.length > 0) {
      this.#sayTasks(`has stopped ${stopped.length} running tasks:`, stopped);
    }
    return stopped.length;
  }

  sayDeadlock(moves: number): void {
    const {primary} = this;
    const allHealthy = this.#intended().every((task) => this.#runner.isHealthy(task));
    const incomplete = this.#of(primary).length < this.#service.desiredCount;
    const rolls = this.#service.options.strategy === undefined;
    if (
      rolls &&
      moves === 0 &&
      primary.rolloutState === 'IN_PROGRESS' &&
      incomplete &&
      allHealthy
    ) {
      say(
        this.#service,
        'was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.',
      );
    }
  }

  forgetEmptyDeployments(): void {
    const live = new Set(
      tasksOf(this.#world, this.#service)
        .filter(({lastStatus}) => lastStatus !== 'STOPPED')
        .map(({deployment}) => deployment),
    );
    this.#service.deployments = this.#service.deployments.filter(
      (deployment) => deployment === this.primary || live.has(deployment),
    );
  }

  complete(): void {
    const {primary} = this;
    const service = this.#service;
    const healthy = this.#of(primary).filter((task) => this.#runner.isHealthy(task)).length;
    const complete =
      healthy === service.desiredCount &&
      service.deployments.length === 1 &&
      mayEndOld(service, primary);
    if (primary.rolloutState !== 'IN_PROGRESS' || !complete || this.#leaving(primary)) {
      return;
    }
    primary.rolloutState = 'COMPLETED';
    primary.rolloutStateReason = `ECS deployment ${primary.id} completed.`;
    primary.updatedAt = new Date();
    service.lastCompleted = primary;
    for (const {record} of service.history) {
      if (record.status === 'ROLLBACK_IN_PROGRESS') {
        Object.assign(record, {status: 'ROLLBACK_SUCCESSFUL', finishedAt: new Date()});
      }
    }
    if (primary.record.status === 'IN_PROGRESS') {
      Object.assign(primary.record, {status: 'SUCCESSFUL', finishedAt: new Date()});
    }
    say(service, `(deployment ${primary.id}) deployment completed.`);
    say(service, 'has reached a steady state.');
  }

  noteCounts(): void {
    this.primary.desiredCount = this.#service.desiredCount;
    for (const deployment of this.#service.deployments) {
      const of = tasksOf(this.#world, this.#service).filter(
        (task) => task.deployment === deployment,
      );
      const counts = of.map(({lastStatus}) => lastStatus).join();
      if (counts !== deployment.counts) {
        deployment.counts = counts;
        deployment.updatedAt = new Date();
      }
    }
  }

  get primary(): Deployment {
    const [primary] = this.#service.deployments;
    // A service is created with its first deployment, and the PRIMARY one is never removed.
    return primary ?? beginDeployment(this.#world, this.#service, '');
  }

  #start(deployment: Deployment, definition: TaskDefinition, count: number): readonly Task[] {
    const started: Task[] = [];
    for (let number = 0; number < count; number += 1) {
      const task = this.#runner.start(this.#service, deployment, definition);
      if (!task) {
        break;
      }
      started.push(task);
    }
    return started;
  }

  #failed(task: Task): void {
    const {deployment} = task;
    const service = this.#service;
    task.counted = true;
    if (!deployment) {
      return;
    }
    deployment.failedTasks += 1;
    deployment.retryAt = Date.now() + retryAfterFailureMs;
    if (deployment !== this.primary || deployment.rolloutState !== 'IN_PROGRESS') {
      return;
    }
    if (service.circuitBreaker.enable && deployment.failedTasks >= breakerThreshold(service)) {
      breakCircuit(service, deployment);
    } else if (deployment.failedTasks >= 3) {
      say(service, 'is unable to consistently start tasks successfully.');
    }
  }

  #sayTasks(what: string, tasks: readonly Task[]): void {
    say(this.#service, `${what} ${tasks.map(({arn}) => `(task ${lastPart(arn)})`).join(' ')}.`);
  }

  #idleFirst(tasks: readonly Task[]): readonly Task[] {
    const serves = (task: Task) => Number(this.#runner.isHealthy(task));
    return tasks.toSorted((left, right) => serves(left) - serves(right));
  }

  /** Tasks that are meant to run. */
  #intended(): readonly Task[] {
    return tasksOf(this.#world, this.#service).filter(
      ({desiredStatus}) => desiredStatus === 'RUNNING',
    );
  }

  #of(deployment: Deployment): readonly Task[] {
    return this.#intended().filter((task) => task.deployment === deployment);
  }

  /** Tasks of a deployment that are told to stop and have not. */
  #leaving(deployment: Deployment): boolean {
    return tasksOf(this.#world, this.#service).some(
      (task) =>
        task.deployment === deployment &&
        task.desiredStatus === 'STOPPED' &&
        task.lastStatus !== 'STOPPED',
    );
  }
}
