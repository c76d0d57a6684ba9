import {DescribeServicesCommand, DescribeTasksCommand, ListTasksCommand} from '@aws-sdk/client-ecs';
import {DescribeTargetHealthCommand} from '@aws-sdk/client-elastic-load-balancing-v2';
import {afterEach, expect, test, vi} from 'vitest';
import type {ServiceOptions} from '../../../lab/aws/ecs.ts';
import type {Look, Session} from '../../../src/index.ts';
import {deployImage} from '../../../steps/ecs/deploy-image.ts';
import {ecsService} from '../../../steps/ecs/target.ts';
import {type EcsLab, startEcsLab} from '../../lab/aws/ecs-lab.ts';

// What AWS shows at a moment, the very next look names: nothing is waited for in between.
const input = {image: 'shop:2', environment: {}, desiredCount: 2, steadyMs: 100};
const ended: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(ended.splice(0).map((end) => end()));
});

test('a rollout that works is reported in the order in which it happens', async () => {
  const {told, check, deploy} = await begin();
  await deploy();
  await vi.waitFor(async () => expect((await check()).kind).toBe('done'), {timeout: 60_000});

  const order = [
    'rollout of web:2: PRIMARY IN_PROGRESS',
    '(web:2): RUNNING',
    'rollout of web:2: PRIMARY COMPLETED',
  ].map((text) => told.findIndex((line) => line.includes(text)));
  expect(order).not.toContain(-1);
  expect(order).toEqual(order.toSorted((one, other) => one - other));
  expect(told.filter((line) => line.includes('has started 2 tasks'))).toHaveLength(1);
  expect(told.filter((line) => line === 'rollout of web:2: PRIMARY COMPLETED')).toHaveLength(1);
});

test('a task that cannot be placed is named by the next look', async () => {
  const {lab, check, deploy, service} = await begin();
  lab.ecs.faults.noCapacity('MEMORY');
  await deploy();
  const event = await shownBy(async () =>
    (await service()).events?.find(({message}) => message?.includes('unable to place')),
  );
  await visible(check);
  expect(await saidBy(check)).toContain(`ECS: ${event.message}`);
});

test('an image that cannot be pulled is named by the next look', async () => {
  const {lab, check, deploy} = await begin();
  lab.ecs.faults.missingImage('shop:2');
  await deploy();
  await visible(check);
  await shownBy(() => stoppedReason(lab, 'CannotPullContainerError'));
  expect(await saidBy(check)).toContain('CannotPullContainerError: pull image manifest');
});

test('a circuit breaker that stops a rollout is named by the next look', async () => {
  const {lab, check, deploy, service} = await begin({
    circuitBreaker: {enable: true, rollback: false},
  });
  lab.ecs.faults.crash('shop:2', 3);
  await deploy();
  await shownBy(async () =>
    (await service()).deployments?.find(({rolloutState}) => rolloutState === 'FAILED'),
  );
  expect(await check()).toEqual({
    kind: 'blocked',
    reason:
      'On the service web of cluster shop, the rollout of web:2 is FAILED: ECS deployment circuit breaker: tasks failed to start; Essential container in task exited (exit code 3).',
    hint: 'Reverse. Or fix the cause, force a new deployment of the service, and resume.',
  });
});

test('a health check that flaps is named by the next look', async () => {
  const {lab, check, deploy} = await begin({healthCheckGraceMs: 600_000, desiredCount: 1}, 1);
  await deploy();
  await vi.waitFor(async () => expect((await check()).kind).toBe('done'), {timeout: 60_000});
  const [target] = lab.balancer.targets();
  const said: boolean[] = [];
  for (const failing of [true, false, true]) {
    lab.balancer.failHealthChecks(target?.id ?? '', failing);
    const state = failing ? 'unhealthy' : 'healthy';
    await shownBy(async () => (await health(lab)).find((one) => one === state));
    said.push((await saidBy(check)).includes('flaps: 2 times a healthy target of shop became'));
  }
  expect(said).toEqual([false, false, true]);
});

async function health(lab: EcsLab): Promise<readonly (string | undefined)[]> {
  const command = new DescribeTargetHealthCommand({TargetGroupArn: lab.targetGroupArn});
  const {TargetHealthDescriptions = []} = await lab.elbClient.send(command);
  return TargetHealthDescriptions.map(({TargetHealth}) => TargetHealth?.State);
}

async function stoppedReason(lab: EcsLab, words: string): Promise<string | undefined> {
  const asked = {cluster: 'shop', serviceName: 'web', desiredStatus: 'STOPPED'} as const;
  const {taskArns: tasks = []} = await lab.ecsClient.send(new ListTasksCommand(asked));
  if (tasks.length === 0) {
    return undefined;
  }
  const found = await lab.ecsClient.send(new DescribeTasksCommand({cluster: 'shop', tasks}));
  return found.tasks
    ?.map(({stoppedReason = ''}) => stoppedReason)
    .find((one) => one.includes(words));
}

/** Waits until AWS itself shows it. */
async function shownBy<Shown>(look: () => Promise<Shown | undefined>): Promise<Shown> {
  return vi.waitFor(
    async () => {
      const shown = await look();
      if (shown === undefined) {
        throw new Error('AWS does not show it yet');
      }
      return shown;
    },
    {timeout: 60_000, interval: 10},
  );
}

/** Our update is still hidden for a moment by a read of the past. */
const visible = (check: () => Promise<unknown>) =>
  vi.waitFor(async () => expect(JSON.stringify(await check())).not.toContain('was sent'), {
    timeout: 60_000,
  });

const saidBy = async (check: () => Promise<unknown>): Promise<string> =>
  JSON.stringify(await check());

async function begin(options: Partial<ServiceOptions> = {}, desiredCount = 2) {
  const lab = await startEcsLab({desiredCount, ...options});
  await lab.ecs.steady();
  const session = await ecsService.open(
    ecsService.config.parse({...lab.config, cluster: 'shop', service: 'web'}),
    {name: 'web', signal: new AbortController().signal},
  );
  ended.push(async () => {
    await session.close();
    await lab.stop();
  });
  const told: string[] = [];
  let begun = false;
  const look = (): Look<{service: typeof ecsService}, any> => ({
    input: deployImage.input.parse({...input, desiredCount}),
    targets: {service: session.reader},
    run: {id: 'r-1', entry: 'deploy', started: begun},
    now: new Date(),
    report: (line) => void told.push(line),
    signal: new AbortController().signal,
  });
  return {
    lab,
    told,
    check: () => deployImage.check(look()),
    deploy: async () => {
      await deployOn(session, look());
      begun = true;
    },
    service: async () => {
      const command = new DescribeServicesCommand({cluster: 'shop', services: ['web']});
      return (await lab.ecsClient.send(command)).services?.[0] ?? {};
    },
  };
}

async function deployOn(session: Session<any, any>, look: Look<any, any>): Promise<void> {
  const verdict = await deployImage.check(look);
  if (verdict.kind !== 'pending') {
    throw new Error(`It is ${verdict.kind}.`);
  }
  for (const action of await deployImage.plan(look, verdict.before)) {
    await action.perform(session.writer, look.signal, () => {});
  }
}
