import {setTimeout as sleep} from 'node:timers/promises';
import {
  ApplicationAutoScalingClient,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import {lawsOfStep} from 'switcharoo/testing';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {Look, Session} from '../../../src/index.ts';
import type {ServiceReader, ServiceWriter} from '../../../steps/ecs/contract.ts';
import {startWorkers} from '../../../steps/ecs/start-workers.ts';
import {ecsService} from '../../../steps/ecs/target.ts';
import {type EcsLab, startEcsLab} from '../../lab/aws/ecs-lab.ts';
import {arnOf, FakeService} from './fake-service.ts';

const definition = {family: 'worker', containerDefinitions: [{name: 'worker', image: 'worker:1'}]};
const input = {desiredCount: 2, steadyMs: 1};
const signal = new AbortController().signal;

const parked = () => new FakeService(definition, 0);
const worldOf = (fake: FakeService) => {
  const {reader, writer, close} = fake.session();
  const scaling = async () => undefined;
  return {
    sessions: {service: {reader: {...reader, scaling}, writer: {...writer, scaling}, close}},
    picture: async () => fake.picture(),
  };
};

lawsOfStep({
  step: startWorkers,
  input,
  world: async () => worldOf(parked()),
  blockedWorld: async () => worldOf(new FakeService(definition, 1)),
});

const lookAt = (
  reader: ServiceReader,
  run: object = {},
): Look<{service: typeof ecsService}, typeof input> => ({
  input,
  targets: {service: reader},
  run: {id: 'r-1', entry: 'start-workers', started: false, ...run},
  now: new Date(),
  signal,
});

test('tasks that this run did not start are no workers of this run: it is blocked, and says how many', async () => {
  const {sessions} = worldOf(new FakeService(definition, 3));
  expect(await startWorkers.check(lookAt(sessions.service.reader))).toMatchObject({
    kind: 'blocked',
    reason:
      'The service web of cluster shop has a desired count of 3 and 3 tasks, which this run did not start.',
  });
});

test('somebody else who changes the number of tasks meanwhile is reported, and a reversal stops all of them', async () => {
  const fake = parked();
  const {sessions} = worldOf(fake);
  await fake.deployByHand({taskDefinition: arnOf(definition, 1), desiredCount: 5});
  const before = {taskDefinition: arnOf(definition, 1), desiredCount: 0};
  const later = lookAt(sessions.service.reader, {started: true, before});
  expect(await startWorkers.check(later)).toMatchObject({
    kind: 'blocked',
    reason: 'The service web of cluster shop has a desired count of 5, and this run set it to 2.',
  });
  expect(await startWorkers.reverse(later, before)).toMatchObject([
    {does: 'stop all tasks of the service: set its desired count to 0'},
  ]);
});

test.for([
  {name: 'as the counts of the service say', overrides: {runningCount: 1, pendingCount: 1}},
  {name: 'as the list of tasks says', overrides: {desiredCount: 0, runningCount: 0}, tasks: 2},
])('a reversal is not over while a task is left, $name', async ({overrides, tasks = 0}) => {
  const fake = new FakeService(definition, tasks);
  fake.overrides = overrides;
  const {sessions} = worldOf(fake);
  const before = {taskDefinition: arnOf(definition, 1), desiredCount: 0};
  const ending = lookAt(sessions.service.reader, {started: true, before});
  expect(await startWorkers.check(ending)).toEqual({
    kind: 'waiting',
    progress: '2 tasks of the service web of cluster shop still to end',
  });
});

describe('in the lab', () => {
  let lab: EcsLab;
  let session: Session<ServiceReader, ServiceWriter>;
  beforeAll(async () => {
    lab = await startEcsLab({desiredCount: 0});
    await lab.ecs.steady();
    session = await ecsService.open(
      ecsService.config.parse({...lab.config, cluster: 'shop', service: 'web'}),
      {name: 'worker', signal},
    );
  });
  afterAll(async () => {
    await session.close();
    await lab.stop();
  });

  const registered = async (limits: {MinCapacity: number; MaxCapacity: number}) => {
    const client = new ApplicationAutoScalingClient(lab.config as never);
    await client.send(
      new RegisterScalableTargetCommand({
        ServiceNamespace: 'ecs',
        ScalableDimension: 'ecs:service:DesiredCount',
        ResourceId: 'service/shop/web',
        ...limits,
      }),
    );
    client.destroy();
  };

  test('they start once nothing else could start them, and a reversal is over when the last process is', async () => {
    const {reader, writer} = session;
    expect(await startWorkers.check(lookAt(reader))).toMatchObject({
      kind: 'blocked',
      reason:
        'Application Auto Scaling keeps at least 1 task of the service web of cluster shop: it may start them at any time.',
    });
    await registered({MinCapacity: 0, MaxCapacity: 6});
    expect(await startWorkers.check(lookAt(reader))).toMatchObject({
      kind: 'blocked',
      reason:
        'Application Auto Scaling may start tasks of the service web of cluster shop by itself, up to 6.',
    });
    await writer.suspend({in: true, out: true, scheduled: true}, signal);
    const pending = await startWorkers.check(lookAt(reader));
    expect(pending).toEqual({
      kind: 'pending',
      before: {taskDefinition: expect.stringMatching(/web:1$/), desiredCount: 0},
      differences: [
        {what: 'tasks of the service web of cluster shop', is: 'none', shouldBe: '2 of web:1'},
      ],
    });
    const before = pending.kind === 'pending' ? pending.before : expect.unreachable();
    const perform = async (actions: Awaited<ReturnType<typeof startWorkers.plan>>) => {
      for (const action of actions) {
        await action.perform(writer, signal, () => {});
      }
    };
    const ended = async (kind: string) => {
      for (;;) {
        const verdict = await startWorkers.check(lookAt(reader, {started: true, before}));
        if (verdict.kind === kind) {
          return verdict;
        }
        await sleep(10);
      }
    };
    await perform(await startWorkers.plan(lookAt(reader), before));
    expect(await ended('done')).toMatchObject({
      output: {taskDefinition: before.taskDefinition},
    });
    expect(lab.alive()).toBe(2);

    const actions = await startWorkers.reverse(lookAt(reader, {started: true, before}), before);
    await perform(Array.isArray(actions) ? actions : expect.unreachable());
    const verdict = await ended('pending');
    expect(lab.alive()).toBe(0);
    expect(verdict).toMatchObject({before});
    expect(lab.ecs.services()[0]).toMatchObject({desiredCount: 0});
  });
});
