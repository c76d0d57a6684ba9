import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {env, pid} from 'node:process';
import {ListServiceDeploymentsCommand} from '@aws-sdk/client-ecs';
import {afterAll, afterEach, expect, test, vi} from 'vitest';
import type {ShiftingStrategy} from '../../../lab/aws/ecs-strategy.ts';
import {arnsOf, groupArnOf} from '../../../lab/aws/elb-arns.ts';
import {compare, type Exchange} from '../../../scripts/wire/compare.ts';
import type {Action, Look, Session} from '../../../src/index.ts';
import type {ServiceReader, ServiceWriter} from '../../../steps/ecs/contract.ts';
import {deployImage} from '../../../steps/ecs/deploy-image.ts';
import {rolloutCapacity} from '../../../steps/ecs/rollout-capacity.ts';
import {ecsService} from '../../../steps/ecs/target.ts';
import {type EcsLab, startEcsLab} from '../../lab/aws/ecs-lab.ts';

// ECS deploys these services in its own time; a minute of theirs is short here.
type Strategy = Omit<ShiftingStrategy, 'alternateTargetGroup'>;
const blueGreen: Strategy = {kind: 'BLUE_GREEN', bakeMinutes: 3};
const linear: Strategy = {kind: 'LINEAR', bakeMinutes: 3, percent: 50, stepMinutes: 2};
const input = {image: 'shop:2', environment: {}, steadyMs: 50};
/** Partitions of their own: whatever is an ARN there begins with `arn:aws-cn` or `arn:aws-us-gov`. */
const china = 'cn-north-1';
const govCloud = 'us-gov-west-1';
const usual = 'us-east-1';
const partitions: Readonly<Record<string, string>> = {[china]: 'aws-cn', [govCloud]: 'aws-us-gov'};
let before: {readonly taskDefinition: string; readonly desiredCount: null};

// Each exchange of these tests is recorded: the last test compares them. `npm run wire` has a folder of its own.
const folder = mkdtempSync(join(tmpdir(), 'shifted-traffic-'));
const record = env['SWITCHAROO_WIRE'] ?? folder;
vi.stubEnv('SWITCHAROO_WIRE', record);
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, {recursive: true});
});

let lab: EcsLab;
let session: Session<ServiceReader, ServiceWriter>;
afterEach(async () => {
  await session?.close();
  await lab?.stop();
});

async function begin(strategy: Strategy, cluster: object = {}, region = usual): Promise<void> {
  const alternateTargetGroup = groupArnOf({name: 'shop', region}, 'green');
  const partition = partitions[region] ?? 'aws';
  before = {
    taskDefinition: `arn:${partition}:ecs:${region}:123456789012:task-definition/web:1`,
    desiredCount: null,
  };
  lab = await startEcsLab(
    {
      strategy: {...strategy, alternateTargetGroup},
      targetGroup: {
        arn: arnsOf({name: 'shop', region}).targetGroup,
        ...{containerName: 'shop', containerPort: 18_080},
      },
    },
    {minuteMs: 150, targetGroups: ['green'], region, ...cluster},
  );
  await lab.ecs.steady();
  session = await ecsService.open(
    ecsService.config.parse({...lab.config, cluster: 'shop', service: 'web'}),
    {name: 'web', signal: new AbortController().signal},
  );
}

const look = (started = true): Look<{service: typeof ecsService}, any> => ({
  input: deployImage.input.parse(input),
  targets: {service: session.reader},
  run: {id: 'r-1', entry: 'deploy', started, ...(started ? {before} : {})},
  now: new Date(),
  signal: new AbortController().signal,
});
const check = () => deployImage.check(look());
const perform = async (actions: readonly Action<any>[]): Promise<readonly string[]> => {
  for (const action of actions) {
    await action.perform(session.writer, new AbortController().signal, () => {});
  }
  return actions.map(({does}) => does);
};
const deploy = async () => perform(await deployImage.plan(look(), before));
const reverse = async () => {
  const actions = await deployImage.reverse(look(), before);
  if ('kind' in actions) {
    throw new Error(actions.reason);
  }
  return perform(actions);
};
/** Waits until a check says so, and gives what all checks said. */
async function until(text: string | RegExp): Promise<string> {
  const said: string[] = [];
  await vi.waitFor(
    async () => {
      said.push(JSON.stringify(await check()));
      expect(said.at(-1)).toMatch(text);
    },
    {timeout: 60_000, interval: 20},
  );
  return said.join('\n');
}
const deployments = async () => {
  const command = new ListServiceDeploymentsCommand({cluster: 'shop', service: 'web'});
  const {serviceDeployments = []} = await lab.ecsClient.send(command);
  return serviceDeployments.map(({status}) => status);
};
const served = async (times = 1): Promise<readonly string[]> => {
  const answers = new Set<string>();
  for (let time = 0; time < times; time += 1) {
    const {address, port} = lab.balancer;
    const answer = await fetch(`http://${address}:${port}/`, {headers: {connection: 'close'}});
    answers.add(await answer.text());
  }
  return [...answers].sort();
};

test.for([
  {...blueGreen, region: usual},
  {...linear, region: china},
])(
  '$kind in $region: it is done after the bake time, and a reversal is one more such deployment',
  async ({region, ...strategy}) => {
    await begin(strategy, {}, region);
    expect(await deployImage.check(look(false))).toMatchObject({
      kind: 'pending',
      before,
      remarks: [
        expect.stringContaining(
          `ECS deploys the service web of cluster shop with the strategy ${strategy.kind}`,
        ),
      ],
    });
    await deploy();
    const said = await until(/"kind":"done"/);
    expect(said).toContain('deployment IN_PROGRESS in stage BAKE_TIME');
    expect(said).toContain('2 of an earlier revision still live');
    // The entry may take as much longer as ECS waits by itself.
    const minutes = strategy.bakeMinutes + (strategy.stepMinutes ?? 0);
    expect(said).toContain(`"ownMs":${minutes * 60_000}`);
    expect([await served(4), lab.alive()]).toEqual([['shop:2'], 2]);

    expect(await reverse()).toEqual(['update the service to run web:1 again']);
    const back = await until(/"kind":"pending"/);
    expect(back).toContain('is still rolling out web:1');
    expect(back).toContain('stage BAKE_TIME');
    expect([await served(4), lab.alive()]).toEqual([['shop:1'], 2]);
    expect(await check()).toMatchObject({kind: 'pending', before});
  },
);

test('CANARY: a part of the visitors comes first, and a reversal before the end rolls all back at once', async () => {
  await begin({kind: 'CANARY', bakeMinutes: 30, percent: 50, stepMinutes: 4}, {}, govCloud);
  await deploy();
  await until('PRODUCTION_TRAFFIC_SHIFT');
  expect(await served(8)).toEqual(['shop:1', 'shop:2']);
  await until('BAKE_TIME');
  expect([await served(4), lab.alive()]).toEqual([['shop:2'], 4]);
  expect(await reverse()).toEqual([
    'stop the rollout of web:2: ECS rolls it back',
    'update the service to run web:1 again',
  ]);
  expect(await served(4)).toEqual(['shop:1']);
  await until(/"kind":"pending"/);
  expect(lab.alive()).toBe(2);
  // No further deployment was begun, which would have had a bake time of its own.
  expect(await deployments()).toEqual(['ROLLBACK_SUCCESSFUL', 'SUCCESSFUL']);
});

test('new tasks that fail are rolled back, and the reasons are named', async () => {
  await begin({kind: 'BLUE_GREEN', bakeMinutes: 1});
  lab.ecs.faults.missingImage('shop:2');
  await deploy();
  await until('stopped: CannotPullContainerError');
  expect(await served(4)).toEqual(['shop:1']);
  expect(await reverse()).toEqual([
    'stop the rollout of web:2: ECS rolls it back',
    'update the service to run web:1 again',
  ]);
  await until(/"kind":"pending"/);
});

test('all new tasks need their capacity beside the old ones', async () => {
  const instances = [{id: 'i-1', cpu: 2_048, memory: 1_600}];
  await begin({kind: 'BLUE_GREEN', bakeMinutes: 1}, {instances});
  const verdict = await rolloutCapacity.check({
    ...look(false),
    input: rolloutCapacity.input.parse({}),
  });
  expect(verdict).toMatchObject({
    kind: 'blocked',
    reason: expect.stringContaining(
      'has capacity for 1 of 2 new tasks beside the old ones, and ECS starts all of them before it stops an old one',
    ),
  });
});

test('an account that may not see the deployment waits for its old tasks', async () => {
  await begin({kind: 'BLUE_GREEN', bakeMinutes: 3});
  lab.endpoint.faults.add({
    ...{service: 'ecs', operation: 'DescribeServiceDeployments', kind: 'deny'},
    times: Number.POSITIVE_INFINITY,
  });
  await deploy();
  const said = await until(/"kind":"done"/);
  expect(said).toContain('2 of an earlier revision still live');
  expect(said).not.toContain('in stage');
});

test('what ECS says of these strategies agrees with its model, and a wrong name or type is found', async () => {
  const exchanges = readFileSync(join(record, `${pid}.jsonl`), 'utf8')
    .trim()
    .split('\n')
    .map((line): Exchange => JSON.parse(line))
    .filter(({service}) => service === 'ecs');
  const mismatches = async (some: readonly Exchange[]) =>
    (await Promise.all(some.map(compare))).flatMap((comparison) =>
      'mismatches' in comparison ? comparison.mismatches : [],
    );
  expect(await mismatches(exchanges)).toEqual([]);
  const seeded: readonly (readonly [fault: RegExp, instead: string, says: string])[] = [
    [/"strategy":/, '"kind":', 'kind is not in the model'],
    [/"bakeTimeInMinutes":\d+/, '"bakeTimeInMinutes":"3"', 'bakeTimeInMinutes is no number'],
    [/"stepPercent":/, '"percent":', 'linearConfiguration.percent is not in the model'],
    [/"canaryPercent":[\d.]+/, '"canaryPercent":"10"', 'canaryPercent is no number'],
    [/"lifecycleStage":/, '"stage":', 'serviceDeployments[0].stage is not in the model'],
    [/"targetServiceRevision":\{[^}]*\}/, '"targetServiceRevision":[]', 'targetServiceRevision'],
  ];
  for (const [fault, instead, says] of seeded) {
    const exchange = exchanges.find(({reply}) => fault.test(reply.body ?? ''));
    if (!exchange?.reply.body) {
      throw new Error(`no answer of ECS has ${fault}`);
    }
    const reply = {...exchange.reply, body: exchange.reply.body.replace(fault, instead)};
    expect(await mismatches([{...exchange, reply}])).toEqual([expect.stringContaining(says)]);
  }
});
