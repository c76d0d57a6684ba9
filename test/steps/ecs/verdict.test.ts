import {describe, expect, test} from 'vitest';
import type {
  DeploymentState,
  ServiceState,
  Snapshot,
  TaskState,
} from '../../../steps/ecs/rollout/state.ts';
import {fateOf, type Sent} from '../../../steps/ecs/rollout/update.ts';
import {isDeadlocked, judgeRollout} from '../../../steps/ecs/rollout/verdict.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 3, 0, second));

const primary: DeploymentState = {
  id: 'ecs-svc/2',
  status: 'PRIMARY',
  taskDefinition: 'task-definition/web:2',
  failedTasks: 0,
  rolloutState: 'COMPLETED',
  createdAt: at(10),
  updatedAt: at(20),
};
const former: DeploymentState = {
  ...primary,
  id: 'ecs-svc/1',
  status: 'ACTIVE',
  taskDefinition: 'task-definition/web:1',
  createdAt: at(1),
};

const service: ServiceState = {
  status: 'ACTIVE',
  controller: 'ECS',
  strategy: 'ROLLING',
  scheduling: 'REPLICA',
  bakeMs: 0,
  alternates: {},
  desiredCount: 2,
  runningCount: 2,
  pendingCount: 0,
  minimumHealthyPercent: 100,
  maximumPercent: 200,
  deployments: [primary],
  events: [],
  targetGroups: ['shop'],
};

const task = (number: number, changes: Partial<TaskState> = {}): TaskState => ({
  arn: `task/${number}`,
  taskDefinition: primary.taskDefinition,
  startedBy: primary.id,
  lastStatus: 'RUNNING',
  healthStatus: 'UNKNOWN',
  startedAt: at(12 + number),
  exitCodes: [],
  addresses: [`10.0.0.${number}`],
  ...changes,
});

const good: Snapshot = {
  service,
  tasks: [task(1), task(2)],
  targets: [1, 2].map((number) => ({group: 'shop', id: `10.0.0.${number}`, state: 'healthy'})),
};

test('a rollout is good when all of it is, and says since when', () => {
  expect(judgeRollout(good)).toEqual({
    kind: 'good',
    signature: 'ecs-svc/2 2 task/1 task/2',
    since: at(20),
  });
});

describe('what looks stable and is not', () => {
  const cases: readonly {name: string; seen: Partial<Snapshot>; progress: string}[] = [
    {
      name: 'a task of the old revision that still runs',
      seen: {
        tasks: [...good.tasks, task(3, {taskDefinition: former.taskDefinition})],
      },
      progress: 'web:2: 2 of 2 tasks run, 1 of an earlier revision still live',
    },
    {
      name: 'a task of the old revision that is told to stop and has not',
      seen: {
        tasks: [
          ...good.tasks,
          task(3, {taskDefinition: former.taskDefinition, lastStatus: 'STOPPING'}),
        ],
      },
      progress: 'web:2: 2 of 2 tasks run, 1 of an earlier revision still live',
    },
    {
      name: 'a rollout without an end yet',
      seen: {service: {...service, deployments: [{...primary, rolloutState: 'IN_PROGRESS'}]}},
      progress: 'web:2: 2 of 2 tasks run, rollout IN_PROGRESS',
    },
    {
      name: 'a deployment that lingers while it drains',
      seen: {service: {...service, deployments: [primary, former]}},
      progress: 'web:2: 2 of 2 tasks run, 2 deployments',
    },
    {
      name: 'a target that fails its health checks',
      seen: {
        targets: [
          {group: 'shop', id: '10.0.0.1', state: 'healthy'},
          {
            group: 'shop',
            id: '10.0.0.2',
            state: 'unhealthy',
            description: 'Health checks failed with these codes: [503]',
          },
        ],
      },
      progress:
        'web:2: 2 of 2 tasks run, 1 of 2 healthy at the load balancer (Health checks failed with these codes: [503])',
    },
    {
      name: 'healthy targets that are other tasks',
      seen: {
        targets: [8, 9].map((number) => ({
          group: 'shop',
          id: `10.0.0.${number}`,
          state: 'healthy',
        })),
      },
      progress: 'web:2: 2 of 2 tasks run, 0 of 2 healthy at the load balancer',
    },
    {
      name: 'a task that its own health check calls unhealthy',
      seen: {tasks: [task(1), task(2, {healthStatus: 'UNHEALTHY'})]},
      progress: 'web:2: 2 of 2 tasks run, 1 unhealthy by their own health check',
    },
    {
      name: 'tasks that crash, with their reason and what ECS says',
      seen: {
        service: {
          ...service,
          runningCount: 1,
          pendingCount: 1,
          events: [
            {at: at(30), message: '(service web) has started 1 tasks: (task 2).'},
            {
              at: at(25),
              message: '(service web) is unable to consistently start tasks successfully.',
            },
            {at: at(5), message: '(service web) was unable to place a task, long ago.'},
          ],
        },
        tasks: [
          task(1),
          task(2, {lastStatus: 'PENDING'}),
          task(3, {
            lastStatus: 'STOPPED',
            stoppedReason: 'Essential container in task exited',
            exitCodes: [137],
          }),
          task(4, {
            lastStatus: 'STOPPED',
            stoppedReason: 'Scaling activity initiated by (deployment ecs-svc/2)',
          }),
        ],
        targets: good.targets.slice(0, 1),
      },
      progress:
        'web:2: 1 of 2 tasks run, 1 on the way up or down, 1 of 2 healthy at the load balancer. stopped: Essential container in task exited (exit code 137). ECS: (service web) is unable to consistently start tasks successfully.',
    },
  ];
  for (const {name, seen, progress} of cases) {
    test(name, () => {
      expect(judgeRollout({...good, ...seen})).toEqual({kind: 'moving', progress});
    });
  }
});

test('targets of the type instance are counted, because their ids are those of hosts', () => {
  const tasks = [task(1, {addresses: []}), task(2, {addresses: []})];
  const targets = ['i-1', 'i-1'].map((id) => ({group: 'shop', id, state: 'healthy'}));
  expect(judgeRollout({...good, tasks, targets})).toMatchObject({kind: 'good'});
});

test('behind a classic load balancer there is no rollout state, and the counts decide', () => {
  const {rolloutState: _, ...stateless} = primary;
  const seen = {...good, service: {...service, deployments: [stateless], targetGroups: []}};
  expect(judgeRollout(seen)).toMatchObject({kind: 'good'});
});

describe('the fate of an update', () => {
  const sent: Sent = {
    taskDefinition: primary.taskDefinition,
    desiredCount: 2,
    deployment: {id: primary.id, createdAt: primary.createdAt},
    atMs: 10_000,
    seen: false,
  };
  const {deployment: _, ...lost} = sent;
  const old = {...former, status: 'PRIMARY'};
  const theirs = {...primary, id: 'ecs-svc/3', taskDefinition: 'web:3', createdAt: at(30)};
  const cases = [
    {name: 'is in place', sent, deployments: [primary, former], fate: 'in-place'},
    {name: 'is not visible yet', sent, deployments: [old], fate: 'not-visible'},
    {
      name: 'is gone after it was seen: rolled back',
      sent: {...sent, seen: true},
      deployments: [old],
      fate: 'rolled-back',
    },
    {
      name: 'is being rolled back',
      sent,
      deployments: [old, {...primary, status: 'ACTIVE', rolloutState: 'FAILED'}],
      fate: 'rolled-back',
    },
    {name: 'never appeared in a minute', sent, deployments: [old], second: 70, fate: 'rolled-back'},
    {name: 'was superseded', sent, deployments: [theirs], fate: 'superseded'},
    {
      name: 'may still arrive, its answer lost',
      sent: lost,
      deployments: [old],
      fate: 'not-visible',
    },
    {name: 'did not arrive', sent: lost, deployments: [old], second: 20, fate: 'not-arrived'},
    {
      name: 'shows its count last',
      sent: {...sent, desiredCount: 3},
      deployments: [primary],
      fate: 'not-visible',
    },
    {
      name: 'and autoscaling may move the count later',
      sent: {...sent, desiredCount: 3, seen: true},
      deployments: [primary],
      fate: 'in-place',
    },
  ];
  for (const {name, sent, deployments, second = 11, fate} of cases) {
    test(name, () => {
      expect(fateOf(sent, {...service, deployments}, second * 1_000)).toBe(fate);
    });
  }
});

describe('percentages that lock a rollout (developer guide, "Rolling update")', () => {
  const cases = [
    {desired: 1, minimum: 100, maximum: 100, locked: true},
    {desired: 3, minimum: 100, maximum: 125, locked: true},
    {desired: 4, minimum: 100, maximum: 125, locked: false},
    {desired: 2, minimum: 75, maximum: 100, locked: true},
    {desired: 2, minimum: 50, maximum: 100, locked: false},
    {desired: 0, minimum: 100, maximum: 100, locked: false},
  ];
  for (const {desired, minimum, maximum, locked} of cases) {
    test(`${desired} tasks, ${minimum} to ${maximum} %: ${locked ? 'locked' : 'free'}`, () => {
      const limits = {minimumHealthyPercent: minimum, maximumPercent: maximum};
      expect(isDeadlocked({...service, ...limits, runningCount: desired}, desired)).toBe(locked);
    });
  }
});

test('a task that cannot be placed is named, also when ECS said so before this rollout and keeps quiet now', () => {
  const message =
    '(service web) was unable to place a task because no container instance met all of its requirements.';
  const deployments = [{...primary, rolloutState: 'IN_PROGRESS'}];
  const judged = (changes: Partial<ServiceState>) =>
    judgeRollout({...good, tasks: [task(1)], service: {...service, deployments, ...changes}});

  expect(judged({events: [{at: at(11), message}]})).toMatchObject({
    progress: expect.stringMatching(new RegExp(`ECS: .*${'unable to place a task'}.*[.]$`)),
  });
  expect(judged({events: [{at: at(2), message}]})).toMatchObject({
    progress: expect.stringContaining(
      `${message} (event of 2026-01-01T03:00:02.000Z, not repeated)`,
    ),
  });
  // It starts tasks: what was said earlier is over.
  expect(JSON.stringify(judged({pendingCount: 1, events: [{at: at(2), message}]}))).not.toContain(
    'unable',
  );
});
