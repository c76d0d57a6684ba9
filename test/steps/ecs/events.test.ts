import {expect, test} from 'vitest';
import {changesSince, flapping, type RolloutPicture} from '../../../steps/ecs/rollout/events.ts';
import type {ServiceState, Snapshot, TaskState} from '../../../steps/ecs/rollout/state.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 3, 0, second));
const group =
  'arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/shop/73e2d6bc24d8a067';

const deployment = {
  id: 'ecs-svc/2',
  status: 'PRIMARY',
  taskDefinition: 'arn:aws:ecs:us-east-1:123456789012:task-definition/web:2',
  failedTasks: 0,
  rolloutState: 'IN_PROGRESS',
  createdAt: at(10),
  updatedAt: at(20),
};

const service: ServiceState = {
  status: 'ACTIVE',
  controller: 'ECS',
  strategy: 'ROLLING',
  scheduling: 'REPLICA',
  bakeMs: 0,
  alternates: {},
  desiredCount: 1,
  runningCount: 1,
  pendingCount: 0,
  minimumHealthyPercent: 100,
  maximumPercent: 200,
  deployments: [deployment],
  events: [],
  targetGroups: [group],
};

const task: TaskState = {
  arn: 'arn:aws:ecs:us-east-1:123456789012:task/shop/1a2b3c4d5e6f',
  taskDefinition: deployment.taskDefinition,
  startedBy: deployment.id,
  lastStatus: 'PENDING',
  healthStatus: 'UNKNOWN',
  exitCodes: [],
  addresses: ['10.0.0.1'],
};

const snapshot = (changes: Partial<Snapshot>): Snapshot => ({
  service,
  tasks: [],
  targets: [],
  ...changes,
});
const target = (state: string, description?: string) => ({
  group,
  id: '10.0.0.1',
  state,
  ...(description ? {description} : {}),
});

/** The lines of one snapshot after the other. */
function linesOf(...snapshots: readonly Snapshot[]): readonly string[] {
  let picture: RolloutPicture | undefined;
  return snapshots.flatMap((look) => {
    const changes = changesSince(picture, look);
    picture = changes.picture;
    return changes.lines;
  });
}

test('events, tasks and targets are reported once, when they change', () => {
  const started = {at: at(11), message: '(service web) has started 1 tasks: (task 1a2b3c4d).'};
  const before = {at: at(5), message: '(service web) has reached a steady state.'};
  const events = [started, before];
  expect(
    linesOf(
      snapshot({service: {...service, events: [before]}}),
      snapshot({service: {...service, events}, tasks: [task]}),
      snapshot({service: {...service, events}, tasks: [task]}),
      snapshot({
        service: {...service, events},
        tasks: [{...task, lastStatus: 'RUNNING'}],
        targets: [target('initial')],
      }),
      snapshot({
        service: {
          ...service,
          events,
          deployments: [
            {...deployment, rolloutState: 'FAILED', rolloutStateReason: 'tasks failed to start.'},
          ],
        },
        tasks: [
          {
            ...task,
            lastStatus: 'STOPPED',
            stoppedReason: 'Essential container in task exited',
            exitCodes: [137],
          },
        ],
        targets: [target('unhealthy', 'Request timed out')],
      }),
    ),
  ).toEqual([
    'rollout of web:2: PRIMARY IN_PROGRESS',
    'ECS: has started 1 tasks: (task 1a2b3c4d).',
    'task 1a2b3c4d (web:2): PENDING',
    'task 1a2b3c4d (web:2): RUNNING',
    'target 10.0.0.1 in shop: initial',
    'task 1a2b3c4d (web:2): STOPPED (Essential container in task exited, exit code 137)',
    'target 10.0.0.1 in shop: initial -> unhealthy (Request timed out)',
    'rollout of web:2: PRIMARY FAILED (tasks failed to start.)',
  ]);
});

test('a rollout that one look shows from its beginning to its end is told in that order', () => {
  const completed = {...deployment, rolloutState: 'COMPLETED'};
  const running = {tasks: [{...task, lastStatus: 'RUNNING'}], targets: [target('healthy')]};
  expect(
    linesOf(snapshot({}), snapshot({service: {...service, deployments: [completed]}, ...running})),
  ).toEqual([
    'rollout of web:2: PRIMARY IN_PROGRESS',
    'task 1a2b3c4d (web:2): RUNNING',
    'target 10.0.0.1 in shop: healthy',
    'rollout of web:2: PRIMARY COMPLETED',
  ]);
});

test('a process that comes later reports what belongs to the newest deployment, and nothing older', () => {
  const events = [
    {at: at(12), message: '(service web) has started 1 tasks: (task 1a2b3c4d).'},
    {at: at(5), message: '(service web) has reached a steady state.'},
  ];
  const old = {...task, arn: 'task/old', startedBy: 'ecs-svc/1'};
  expect(linesOf(snapshot({service: {...service, events}, tasks: [old, task]}))).toEqual([
    'ECS: has started 1 tasks: (task 1a2b3c4d).',
    'rollout of web:2: PRIMARY IN_PROGRESS',
    'task 1a2b3c4d (web:2): PENDING',
  ]);
});

test('a health check flaps when healthy targets fail for the second time in a rollout', () => {
  const states = ['initial', 'healthy', 'unhealthy', 'healthy', 'unhealthy'];
  let picture: RolloutPicture | undefined;
  const flaps = states.map((state) => {
    const changes = changesSince(picture, snapshot({targets: [target(state)]}));
    picture = changes.picture;
    return flapping(changes.picture);
  });
  expect(flaps).toEqual([
    [],
    [],
    [],
    [],
    ['the health check flaps: 2 times a healthy target of shop became unhealthy'],
  ]);
  const next = {...service, deployments: [{...deployment, id: 'ecs-svc/3'}]};
  const after = changesSince(picture, snapshot({service: next, targets: [target('unhealthy')]}));
  expect(flapping(after.picture)).toEqual([]);
});
