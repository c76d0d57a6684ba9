import {
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  ListTaskDefinitionsCommand,
} from '@aws-sdk/client-ecs';
import {lawsOfStep} from 'switcharoo/testing';
import {afterEach, describe, expect, test, vi} from 'vitest';
import type {ServiceOptions} from '../../../lab/aws/ecs.ts';
import type {Look, Session} from '../../../src/index.ts';
import type {ServiceReader, ServiceWriter} from '../../../steps/ecs/contract.ts';
import {deployImage} from '../../../steps/ecs/deploy-image.ts';
import {ecsService} from '../../../steps/ecs/target.ts';
import {type EcsLab, startEcsLab} from '../../lab/aws/ecs-lab.ts';

const input = {
  image: 'shop:2',
  environment: {DATABASE_HOST: 'aurora', DATABASE_PASSWORD: 'new-secret'},
  desiredCount: 2,
  steadyMs: 100,
};

const opened: {lab: EcsLab; close(): Promise<void>}[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map(({close}) => close()));
});

describe('a service that is parked at 0', () => {
  lawsOfStep({
    step: deployImage,
    input,
    world: () => world({desiredCount: 0}),
    blockedWorld: () => world({desiredCount: 0, controller: 'EXTERNAL'}),
    comparable,
  });
});

describe('a service that runs', () => {
  lawsOfStep({step: deployImage, input, world: () => world({desiredCount: 2}), comparable});
});

test('a rollout is told while it moves, and ends with the new image alone', async () => {
  const {lab, session} = await begin({desiredCount: 2});
  lab.ecs.faults.staleReads(1);
  await deploy(session);

  const told = await followed(session);

  expect(told.at(-1)).toMatchObject({kind: 'done'});
  expect(told[0]).toEqual({
    kind: 'waiting',
    progress: 'web:2 was sent, but ECS does not show it yet',
  });
  expect(await served(lab)).toBe('shop:2');
  expect(lab.alive()).toBe(2);
});

test('an image that does not exist is blocked with the text of ECS, and reversed', async () => {
  const {lab, session} = await begin({
    desiredCount: 2,
    circuitBreaker: {enable: true, rollback: true},
  });
  lab.ecs.faults.missingImage('shop:2');
  await deploy(session);

  expect((await followed(session)).at(-1)).toEqual({
    kind: 'blocked',
    reason:
      'ECS has rolled the service web of cluster shop back from web:2 to web:1: CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref shop:2: shop:2: not found.',
    hint: 'Fix the cause, stop here and resume: the run deploys it again. Or reverse.',
  });

  await reverse(session);
  expect((await followed(session)).at(-1)).toMatchObject({kind: 'pending', before: firstBefore(2)});
  expect(await served(lab)).toBe('shop:1');
});

test('tasks that the load balancer cannot reach keep it waiting, and the text says why', async () => {
  const {lab, session} = await begin({desiredCount: 2, healthCheckGraceMs: 0});
  lab.ecs.faults.unreachable('shop:2');
  await deploy(session);

  await vi.waitFor(
    async () => {
      const verdict = await check(session);
      expect(verdict.kind).toBe('waiting');
      expect(JSON.stringify(verdict)).toContain(
        `stopped: Task failed ELB health checks in (target-group ${lab.targetGroupArn})`,
      );
    },
    {timeout: 60_000},
  );

  // In flight: it is stopped first.
  expect(await reverse(session)).toEqual([
    'stop the rollout of web:2: ECS rolls it back',
    'update the service to run web:1 again, desired count 2',
  ]);
  expect((await followed(session)).at(-1)).toMatchObject({kind: 'pending', before: firstBefore(2)});
});

test("what AWS refuses is said in the operator's words", async () => {
  const {lab} = await begin({desiredCount: 0});
  const codes = [];
  for (const wrong of [
    {service: 'none'},
    {cluster: 'none'},
    {credentials: {accessKeyId: 'AKIALAB', secretAccessKey: 'wrong'}},
    {endpoint: 'http://127.0.0.1:9'},
  ]) {
    const session = await open(lab, wrong);
    codes.push(await check(session).catch((error) => error.problem?.code ?? error));
    await session.close();
  }
  expect(codes).toEqual([
    'ecs-service-not-found',
    'ecs-cluster-not-found',
    'aws-credentials-refused',
    'aws-unreachable',
  ]);
});

test('a lost answer to a write is not sent again: a look settles it', async () => {
  const {lab, session} = await begin({desiredCount: 2});
  const before = await check(session);
  lab.endpoint.faults.add({service: 'ecs', operation: 'UpdateService', kind: 'cut-after'});
  const [register, update] = await deployImage.plan(look(session), firstBefore(2));
  await perform(session, register);
  await expect(perform(session, update)).rejects.toMatchObject({
    problem: {code: 'aws-unreachable'},
  });

  expect(before.kind).toBe('pending');
  expect(lab.endpoint.calls('ecs', 'UpdateService')).toBe(1);
  expect((await followed(session)).at(-1)).toMatchObject({kind: 'done'});
});

const firstBefore = (desiredCount: number) => ({
  taskDefinition: 'arn:aws:ecs:us-east-1:123456789012:task-definition/web:1',
  desiredCount,
});

type EcsSession = Session<ServiceReader, ServiceWriter>;

async function begin(
  service: Partial<ServiceOptions>,
): Promise<{lab: EcsLab; session: EcsSession}> {
  const lab = await startEcsLab(service);
  await lab.ecs.steady();
  const session = await open(lab);
  opened.push({
    lab,
    close: async () => {
      await session.close();
      await lab.stop();
      expect(lab.alive()).toBe(0);
    },
  });
  return {lab, session};
}

const open = (lab: EcsLab, wrong: object = {}): Promise<EcsSession> =>
  ecsService.open(
    ecsService.config.parse({...lab.config, cluster: 'shop', service: 'web', ...wrong}),
    {name: 'web', signal: new AbortController().signal},
  );

async function world(service: Partial<ServiceOptions>) {
  const {lab, session} = await begin(service);
  return {sessions: {service: session}, picture: () => picture(lab)};
}

/** All that the step could change: what is registered, what the service is to run, and what runs. */
async function picture(lab: EcsLab) {
  const asked = {cluster: 'shop', services: ['web']};
  const {services = []} = await lab.ecsClient.send(new DescribeServicesCommand(asked));
  const {taskDefinitionArns = []} = await lab.ecsClient.send(new ListTaskDefinitionsCommand({}));
  const taskDefinition = services[0]?.taskDefinition;
  const running = await lab.ecsClient.send(new DescribeTaskDefinitionCommand({taskDefinition}));
  return {
    registered: taskDefinitionArns.length,
    deployment: services[0]?.deployments?.[0]?.id,
    taskDefinition: running.taskDefinition?.taskDefinitionArn,
    desiredCount: services[0]?.desiredCount,
    alive: lab.alive(),
    targets: lab.balancer.targets().map(({state}) => state),
  };
}

/** Revisions and deployment ids never come back; what runs does. */
function comparable(whole: unknown) {
  // The picture of a lab, made above.
  const {registered: _, deployment: __, ...what} = whole as Awaited<ReturnType<typeof picture>>;
  return what;
}

const look = (session: EcsSession): Look<{service: typeof ecsService}, any> => ({
  input: deployImage.input.parse(input),
  targets: {service: session.reader},
  run: {id: 'r-1', entry: 'deploy', started: true},
  now: new Date(),
  signal: new AbortController().signal,
});

const check = (session: EcsSession) => deployImage.check(look(session));

/** All verdicts up to one that is not `waiting`. */
async function followed(session: EcsSession) {
  const verdicts: Awaited<ReturnType<typeof check>>[] = [];
  await vi.waitFor(
    async () => {
      const verdict = await check(session);
      verdicts.push(verdict);
      expect(verdict.kind).not.toBe('waiting');
    },
    {timeout: 60_000, interval: 20},
  );
  return verdicts;
}

type Planned = Awaited<ReturnType<typeof deployImage.plan>>[number];

const perform = async (session: EcsSession, action: Planned | undefined) =>
  action?.perform(session.writer, new AbortController().signal, () => {});

async function deploy(session: EcsSession): Promise<void> {
  const verdict = await check(session);
  if (verdict.kind !== 'pending') {
    throw new Error(`It is ${verdict.kind}.`);
  }
  for (const action of await deployImage.plan(look(session), verdict.before)) {
    await perform(session, action);
  }
}

async function reverse(session: EcsSession): Promise<readonly string[]> {
  const actions = await deployImage.reverse(look(session), firstBefore(2));
  if ('kind' in actions) {
    throw new Error(actions.reason);
  }
  for (const action of actions) {
    await perform(session, action);
  }
  return actions.map(({does}) => does);
}

async function served({balancer: {address, port}}: EcsLab): Promise<string> {
  const answer = await fetch(`http://${address}:${port}/`, {headers: {connection: 'close'}});
  return answer.text();
}
