import {setTimeout as sleep} from 'node:timers/promises';
import {lawsOfStep} from 'switcharoo/testing';
import {describe, expect, test} from 'vitest';
import type {Look, Session} from '../../../src/index.ts';
import type {ServiceReader, ServiceWriter} from '../../../steps/ecs/contract.ts';
import {deployImage} from '../../../steps/ecs/deploy-image.ts';
import type {Definition} from '../../../steps/ecs/revision/task-definition.ts';
import type {ecsService} from '../../../steps/ecs/target.ts';
import {arnOf, FakeService} from './fake-service.ts';

const definition: Definition = {
  family: 'web',
  networkMode: 'awsvpc',
  containerDefinitions: [
    {
      name: 'shop',
      image: 'shop:1',
      environment: [
        {name: 'DATABASE_HOST', value: 'db1'},
        {name: 'DATABASE_PASSWORD', value: 'hunter2'},
        {name: 'LANG', value: 'C'},
      ],
      portMappings: [{containerPort: 8_080}],
    },
  ],
  tags: [{key: 'team', value: 'shop'}],
};

const input = {
  image: 'shop:2',
  environment: {DATABASE_HOST: 'aurora', DATABASE_PASSWORD: 'swordfish'},
  desiredCount: 2,
  steadyMs: 1,
};

describe('a service that runs', () => {
  lawsOfStep({
    step: deployImage,
    input,
    world: async () => worldOf(new FakeService(definition, 2)),
    blockedWorld: async () => {
      const service = new FakeService(definition, 2);
      service.overrides = {controller: 'CODE_DEPLOY'};
      return worldOf(service);
    },
    comparable,
  });
});

describe('a service that is parked at 0', () => {
  lawsOfStep({
    step: deployImage,
    input,
    world: async () => worldOf(new FakeService(definition, 0)),
    comparable,
  });
});

test('the plan names image, variables and count, and shows no value that may be a secret', async () => {
  const {session} = trial(new FakeService(definition, 0));
  const verdict = await check(session);
  expect(verdict).toEqual({
    kind: 'pending',
    before: {taskDefinition: arnOf(definition, 1), desiredCount: 0},
    differences: [
      {what: 'image of shop', is: 'shop:1', shouldBe: 'shop:2'},
      {what: 'environment DATABASE_HOST', is: 'db1', shouldBe: 'aurora'},
      {
        what: 'environment DATABASE_PASSWORD',
        is: 'another value',
        shouldBe: 'the new value, which is not shown',
      },
      {what: 'desired count', is: '0', shouldBe: '2'},
    ],
  });
  const actions = await deployImage.plan(look(session), firstBefore);
  expect(actions.map(({does}) => does)).toEqual([
    'register a task definition of family web with image shop:2 and environment DATABASE_HOST, DATABASE_PASSWORD',
    'update the service to run web with image shop:2, desired count 2',
  ]);
});

test('the new revision carries everything else over', async () => {
  const {service, session} = trial(new FakeService(definition, 2));
  await deploy(session);
  expect(service.definitions.at(-1)).toEqual({
    ...definition,
    containerDefinitions: [
      {
        ...definition.containerDefinitions?.[0],
        image: 'shop:2',
        environment: [
          {name: 'LANG', value: 'C'},
          {name: 'DATABASE_HOST', value: 'aurora'},
          {name: 'DATABASE_PASSWORD', value: 'swordfish'},
        ],
      },
    ],
  });
});

test('a read that still shows the old state right after the update is waited out', async () => {
  const {session} = trial(new FakeService(definition, 2));
  await deploy(session);
  expect(await check(session)).toEqual({
    kind: 'waiting',
    progress: 'web:2 was sent, but ECS does not show it yet',
  });
  expect(await check(session)).toEqual({
    kind: 'waiting',
    progress:
      'web:2: 0 of 2 tasks run, 2 of an earlier revision still live, 0 of 2 healthy at the load balancer, 2 deployments, rollout IN_PROGRESS',
  });
});

test('one good look is not enough: the second must come steadyMs later', async () => {
  const {session} = trial(new FakeService(definition, 2));
  await deploy(session);
  await check(session);
  await check(session);
  const at = (ms: number) => check(session, {steadyMs: 15_000, atMs: ms});
  expect(await at(0)).toMatchObject({
    kind: 'waiting',
    progress: 'web:2: all 2 tasks are healthy; watched for 0 of 15000 ms',
  });
  expect(await at(14_999)).toMatchObject({kind: 'waiting'});
  expect(await at(15_000)).toEqual({
    kind: 'done',
    output: {taskDefinition: arnOf(definition, 2), deployment: 'ecs-svc/2'},
  });
});

test('a rollout that was complete long ago is done at the first look', async () => {
  const {service, session} = trial(new FakeService(definition, 2));
  await deploy(session);
  await check(session);
  await check(session);
  expect(await check({...service.session()}, {steadyMs: 15_000, atMs: 80_000})).toMatchObject({
    kind: 'done',
  });
});

test('a rollout that fails is blocked, with the reason of its tasks', async () => {
  const {service, session} = trial(new FakeService(definition, 2));
  service.outcome = 'fails';
  await deploy(session);
  expect(await settled(session)).toEqual({
    kind: 'blocked',
    reason:
      'On the service web of cluster shop, the rollout of web:2 is FAILED: tasks failed to start; Essential container in task exited (exit code 1).',
    hint: 'Reverse. Or fix the cause, force a new deployment of the service, and resume.',
  });
});

test('a rollout that ECS rolled back does not count as stable, and can be reversed or tried again', async () => {
  const {service, session} = trial(new FakeService(definition, 0));
  service.outcome = 'is rolled back';
  await deploy(session);
  expect(await settled(session)).toEqual({
    kind: 'blocked',
    reason:
      'ECS has rolled the service web of cluster shop back from web:2 to web:1: Essential container in task exited (exit code 1).',
    hint: 'Fix the cause, stop here and resume: the run deploys it again. Or reverse.',
  });
  // Whoever resumes has a session of its own, and may try again.
  expect(await settled(service.session())).toMatchObject({kind: 'pending'});

  service.outcome = 'works';
  await reverse(session);
  expect(await settled(session)).toMatchObject({kind: 'pending', before: firstBefore});
});

test('a deployment by somebody else is not taken for that of this run', async () => {
  const {service, session} = trial(new FakeService(definition, 2));
  await deploy(session);
  await settled(session);
  service.definitions.push({
    ...definition,
    containerDefinitions: [{name: 'shop', image: 'theirs'}],
  });
  await service.deployByHand({taskDefinition: arnOf(definition, 3)});

  expect(await check(session)).toEqual({
    kind: 'blocked',
    reason:
      'Somebody else has deployed web:3 to the service web of cluster shop after web:2 was sent.',
    hint: 'Stop the other deployments of this service. Then resume, or reverse.',
  });
  expect(await deployImage.reverse(look(session), firstBefore)).toEqual({
    kind: 'blocked',
    reason:
      'The service web of cluster shop runs web:3: neither web:1, which ran before, nor the revision that this step deploys.',
    hint: 'Set the service to web:1, then resume or reverse. AWS CloudTrail shows who called UpdateService.',
  });
  await expect(deployImage.plan(look(session), firstBefore)).rejects.toMatchObject({
    problem: {code: 'ecs-service-drifted'},
  });
});

describe('a rollout in flight', () => {
  async function rollingOut(desiredCount: number) {
    const {service, session} = trial(new FakeService(definition, desiredCount));
    service.outcome = 'never ends';
    await deploy(session);
    await check(session);
    await check(session);
    service.outcome = 'works';
    return {session, before: {taskDefinition: arnOf(definition, 1), desiredCount}};
  }

  test('is stopped first when it is reversed', async () => {
    const {session, before} = await rollingOut(2);
    expect(await reverse(session, before)).toEqual([
      'stop the rollout of web:2: ECS rolls it back',
      'update the service to run web:1 again, desired count 2',
    ]);
    expect(await settled(session)).toMatchObject({kind: 'pending'});
  });

  test('of a service that was parked is not rolled back: that would start tasks of the old revision', async () => {
    const {session, before} = await rollingOut(0);
    expect(await reverse(session, before)).toEqual([
      'update the service to run web:1 again, desired count 0',
    ]);
    expect(await settled(session)).toMatchObject({kind: 'pending', before});
  });
});

test('a reversal after a crash does not trust a read that may be old', async () => {
  const service = new FakeService(definition, 0);
  // The update was sent, and whoever sent it died: the first look still shows what was before.
  await deploy(service.session());
  const {session} = trial(service);

  expect(await reverse(session)).toEqual([
    'update the service to run web:1 again, desired count 0',
  ]);

  expect(await settled(session)).toMatchObject({kind: 'pending', before: firstBefore});
  expect(service.picture()).toMatchObject({desiredCount: 0, taskDefinition: arnOf(definition, 1)});
  expect(await reverse(session)).toEqual([]);
});

test('the desired count is left alone when the step is given none', async () => {
  const {service, session} = trial(new FakeService(definition, 3));
  const {desiredCount: _, ...rest} = input;
  const verdict = await check(session, {input: rest});
  expect(verdict).toMatchObject({kind: 'pending', before: {desiredCount: null}});
  const before = {taskDefinition: arnOf(definition, 1), desiredCount: null};
  for (const action of await deployImage.plan(look(session, {input: rest}), before)) {
    await action.perform(session.writer, new AbortController().signal, () => {});
  }
  expect(service.picture()).toMatchObject({desiredCount: 3, taskDefinition: arnOf(definition, 2)});
});

describe('what cannot be deployed to is blocked before anything changes', () => {
  const cases = [
    {
      name: 'a service that is being deleted',
      overrides: {status: 'DRAINING'},
      reason: 'The service web of cluster shop is DRAINING: it is being deleted, or was deleted.',
    },
    {
      name: 'a service of CodeDeploy',
      overrides: {controller: 'CODE_DEPLOY'},
      reason: 'The service web of cluster shop is deployed by CODE_DEPLOY, not by ECS itself.',
    },
    {
      name: 'a service with a strategy that is newer than this version',
      overrides: {strategy: 'ROUND_THE_MOON'},
      reason:
        'The deployment strategy of the service web of cluster shop is ROUND_THE_MOON; this step supports ROLLING, BLUE_GREEN, LINEAR and CANARY.',
    },
    {
      name: 'percentages that lock the rollout',
      overrides: {minimumHealthyPercent: 100, maximumPercent: 100},
      reason:
        'The service web of cluster shop runs 2 tasks, and with a desired count of 2, minimumHealthyPercent 100 and maximumPercent 100 ECS may neither stop one nor start another.',
    },
    {
      name: 'a container that is not there',
      input: {container: 'sidecar'},
      reason:
        'Task definition web:1 of the service web of cluster shop has no container sidecar, only shop.',
    },
  ];
  for (const {name, overrides = {}, reason, ...given} of cases) {
    test(name, async () => {
      const {service, session} = trial(new FakeService(definition, 2));
      service.overrides = overrides;
      const verdict = await check(session, {input: {...input, ...given.input}});
      expect(verdict).toMatchObject({kind: 'blocked', reason});
    });
  }

  test('a service that would run nothing', async () => {
    const {session} = trial(new FakeService(definition, 0));
    const verdict = await check(session, {input: {image: 'shop:2', environment: {}}});
    expect(verdict).toMatchObject({
      kind: 'blocked',
      reason:
        'The service web of cluster shop has a desired count of 0: nothing would run after the deployment.',
    });
  });

  test('a variable that the container takes from a secret', async () => {
    const [container] = definition.containerDefinitions ?? [];
    const secrets = [{name: 'DATABASE_PASSWORD', valueFrom: 'arn:aws:ssm:::parameter/p'}];
    const {session} = trial(
      new FakeService({...definition, containerDefinitions: [{...container, secrets}]}, 2),
    );
    expect(await check(session)).toMatchObject({
      kind: 'blocked',
      reason:
        'Container shop of the service web of cluster shop takes DATABASE_PASSWORD from secrets, and the step gives plain values.',
    });
  });
});

const firstBefore = {taskDefinition: arnOf(definition, 1), desiredCount: 0};
type EcsSession = Session<ServiceReader, ServiceWriter>;

function trial(service: FakeService): {service: FakeService; session: EcsSession} {
  return {service, session: service.session()};
}

async function worldOf(service: FakeService) {
  return {sessions: {service: service.session()}, picture: async () => service.picture()};
}

/** Revisions and deployment ids never come back; what runs does. */
function comparable(picture: unknown) {
  // The picture of a fake, made above.
  const {taskDefinition, desiredCount} = picture as ReturnType<FakeService['picture']>;
  return {taskDefinition, desiredCount};
}

interface LookOptions {
  readonly input?: object;
  readonly steadyMs?: number;
  readonly atMs?: number;
}

const start = Date.now();

function look(
  session: EcsSession,
  options: LookOptions = {},
): Look<{service: typeof ecsService}, any> {
  const {steadyMs, atMs} = options;
  return {
    input: deployImage.input.parse({...(options.input ?? input), ...(steadyMs ? {steadyMs} : {})}),
    targets: {service: session.reader},
    run: {id: 'r-1', entry: 'deploy', started: true},
    now: atMs === undefined ? new Date() : new Date(start + atMs),
    signal: new AbortController().signal,
  };
}

const check = (session: EcsSession, options: LookOptions = {}) =>
  deployImage.check(look(session, options));

async function settled(session: EcsSession) {
  for (let looks = 0; looks < 20; looks += 1) {
    const verdict = await check(session);
    if (verdict.kind !== 'waiting') {
      return verdict;
    }
    await sleep(1);
  }
  throw new Error('It is still waiting.');
}

async function deploy(session: EcsSession): Promise<void> {
  const verdict = await check(session);
  if (verdict.kind !== 'pending') {
    throw new Error(`It is ${verdict.kind}.`);
  }
  for (const action of await deployImage.plan(look(session), verdict.before)) {
    await action.perform(session.writer, new AbortController().signal, () => {});
  }
}

async function reverse(session: EcsSession, before = firstBefore): Promise<readonly string[]> {
  const actions = await deployImage.reverse(look(session), before);
  if ('kind' in actions) {
    throw new Error(actions.reason);
  }
  for (const action of actions) {
    await action.perform(session.writer, new AbortController().signal, () => {});
  }
  return actions.map(({does}) => does);
}
