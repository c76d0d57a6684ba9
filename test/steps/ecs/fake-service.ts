import type {Session} from '../../../src/index.ts';
import type {ServiceUpdate} from '../../../steps/ecs/contract.ts';
import type {Definition} from '../../../steps/ecs/revision/task-definition.ts';
import type {RolloutCalls} from '../../../steps/ecs/rollout/calls.ts';
import {openRollout} from '../../../steps/ecs/rollout/session.ts';
import {
  type DeploymentState,
  primaryOf,
  type ServiceState,
  type TaskState,
} from '../../../steps/ecs/rollout/state.ts';

const group = 'target-group/shop';

/** What becomes of a rollout in the fake. */
export type Outcome = 'works' | 'fails' | 'is rolled back' | 'never ends';

interface Stage {
  readonly deployments: readonly DeploymentState[];
  readonly desiredCount: number;
}

/** A small true ECS service: each look at it shows the next stage of what UpdateService began. */
export class FakeService {
  readonly definitions: Definition[];
  /** ARNs of revisions that were deregistered. */
  readonly inactive = new Set<string>();
  /** What the next update leads to. */
  outcome: Outcome = 'works';
  /** Fields of the service that a test sets otherwise. */
  overrides: Partial<ServiceState> = {};
  #now: Stage;
  #next: Stage[] = [];
  #deployments = 0;
  #clock = Date.parse('2026-01-01T00:00:00Z');

  constructor(definition: Definition, desiredCount: number) {
    this.definitions = [definition];
    this.#now = {desiredCount, deployments: [this.#deployment(arnOf(definition, 1))]};
  }

  /** All that a step could change. */
  picture() {
    const {desiredCount, deployments} = this.#next.at(-1) ?? this.#now;
    return {
      desiredCount,
      taskDefinition: deployments[0]?.taskDefinition,
      deployment: deployments[0]?.id,
      registered: this.definitions.length,
    };
  }

  /** Only what a rollout uses: one-off tasks and the like are tried in the lab. */
  session(): Session<any, any> {
    const rollout = openRollout('service web of cluster shop', this.#calls());
    return {...rollout, close: async () => {}};
  }

  /** As somebody else would do it. */
  async deployByHand(update: ServiceUpdate): Promise<void> {
    this.#update(update);
    this.#now = this.#next.at(-1) ?? this.#now;
    this.#next = [];
  }

  #calls(): RolloutCalls {
    return {
      describeService: async () => this.#look(),
      describeRevision: async (reference) => {
        const definition = this.definitions.find(
          (candidate, index) => arnOf(candidate, index + 1) === reference,
        );
        const none = {family: undefined, containerDefinitions: undefined};
        return {
          definition: definition ?? this.definitions[0] ?? none,
          isActive: !this.inactive.has(reference),
          unknown: [],
        };
      },
      listRevisions: async () =>
        this.definitions
          .map((one, index) => arnOf(one, index + 1))
          .filter((arn) => !this.inactive.has(arn))
          .reverse(),
      describeServiceDeployment: async () => undefined,
      describeTasks: async () => this.#tasks(),
      describeTargetHealth: async () =>
        this.#tasks()
          .filter(({lastStatus}) => lastStatus === 'RUNNING')
          .map(({addresses}) => ({group, id: addresses[0] ?? '', state: 'healthy'})),
      registerTaskDefinition: async (definition) => {
        this.definitions.push(definition);
        return arnOf(definition, this.definitions.length);
      },
      deregisterTaskDefinition: async (reference) => void this.inactive.add(reference),
      updateService: async (update) => this.#update(update),
      stopServiceDeployment: async () => {
        if (this.#next.length === 0 && primaryOf(this.#state())?.rolloutState === 'COMPLETED') {
          return 'nothing-in-flight';
        }
        const {deployments, desiredCount} = this.#next[0] ?? this.#now;
        const former = deployments.at(-1);
        if (former) {
          this.#next = [{desiredCount, deployments: [completed(former)]}];
        }
        return 'stopping';
      },
    };
  }

  #look(): ServiceState {
    this.#now = this.#next.shift() ?? this.#now;
    return this.#state();
  }

  #state(): ServiceState {
    const {desiredCount, deployments} = this.#now;
    return {
      status: 'ACTIVE',
      controller: 'ECS',
      strategy: 'ROLLING',
      scheduling: 'REPLICA',
      bakeMs: 0,
      alternates: {},
      desiredCount,
      runningCount: desiredCount,
      pendingCount: 0,
      minimumHealthyPercent: 100,
      maximumPercent: 200,
      deployments,
      events: [],
      targetGroups: [group],
      currentServiceDeployment: `service-deployment/${deployments[0]?.id}`,
      ...this.overrides,
    };
  }

  #tasks(): readonly TaskState[] {
    const {desiredCount, deployments} = this.#now;
    const serving = deployments.find(({rolloutState}) => rolloutState === 'COMPLETED');
    const running = Array.from({length: serving ? desiredCount : 0}, (_, index) =>
      taskOf(serving, index, 'RUNNING'),
    );
    const broken = deployments.filter(({rolloutState}) => rolloutState === 'FAILED');
    return [...running, ...broken.map((one) => taskOf(one, 9, 'STOPPED'))];
  }

  #update({taskDefinition, desiredCount}: ServiceUpdate): {id: string; createdAt: Date} {
    const {deployments, desiredCount: count} = this.#next.at(-1) ?? this.#now;
    const wanted = desiredCount ?? count;
    // The first look after an update still shows what was before.
    this.#next.push(this.#now);
    const [former] = deployments;
    if (former?.taskDefinition === taskDefinition) {
      this.#next.push({desiredCount: wanted, deployments});
      return former;
    }
    const deployment = this.#deployment(taskDefinition);
    this.#next.push(...this.#stages(deployment, wanted, former));
    return deployment;
  }

  #stages(
    fresh: DeploymentState,
    desiredCount: number,
    former?: DeploymentState,
  ): readonly Stage[] {
    const old = former ? [{...former, status: 'ACTIVE'}] : [];
    const moving: Stage = {
      desiredCount,
      deployments: [{...fresh, rolloutState: 'IN_PROGRESS'}, ...old],
    };
    const broken = {...fresh, rolloutState: 'FAILED', rolloutStateReason: 'tasks failed to start.'};
    switch (this.outcome) {
      case 'works':
        return [moving, {desiredCount, deployments: [fresh]}];
      case 'never ends':
        return [moving];
      case 'fails':
        return [moving, {desiredCount, deployments: [broken, ...old]}];
      case 'is rolled back':
        return former
          ? [
              moving,
              {
                desiredCount,
                deployments: [completed(former), {...broken, status: 'ACTIVE'}],
              },
              {desiredCount, deployments: [completed(former)]},
            ]
          : [moving];
    }
  }

  #deployment(taskDefinition: string): DeploymentState {
    this.#deployments += 1;
    this.#clock += 1_000;
    return {
      id: `ecs-svc/${this.#deployments}`,
      status: 'PRIMARY',
      taskDefinition,
      failedTasks: 0,
      rolloutState: 'COMPLETED',
      createdAt: new Date(this.#clock),
      // A moment ago: old times alone would already prove that it is steady.
      updatedAt: new Date(),
    };
  }
}

export const arnOf = ({family}: Definition, revision: number): string =>
  `arn:aws:ecs:us-east-1:123456789012:task-definition/${family}:${revision}`;

const completed = (deployment: DeploymentState): DeploymentState => ({
  ...deployment,
  status: 'PRIMARY',
  rolloutState: 'COMPLETED',
});

const taskOf = (
  deployment: DeploymentState | undefined,
  number: number,
  lastStatus: string,
): TaskState => ({
  arn: `task/${deployment?.id}-${number}`,
  taskDefinition: deployment?.taskDefinition ?? '',
  startedBy: deployment?.id ?? '',
  lastStatus,
  healthStatus: 'UNKNOWN',
  exitCodes: lastStatus === 'STOPPED' ? [1] : [],
  ...(lastStatus === 'STOPPED' ? {stoppedReason: 'Essential container in task exited'} : {}),
  addresses: [`10.0.0.${number}`],
});
