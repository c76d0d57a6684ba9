import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {createAutoscaling} from '../../lab/aws/autoscaling.ts';
import {createCloudWatch} from '../../lab/aws/cloudwatch.ts';
import {createEcr} from '../../lab/aws/ecr.ts';
import {createEcs, type Ecs, type RunningTask} from '../../lab/aws/ecs.ts';
import {createS3} from '../../lab/aws/s3.ts';
import {createSecretsManager} from '../../lab/aws/secrets-manager.ts';
import {createSsm} from '../../lab/aws/ssm.ts';
import {createStore, digestOf, putManifest} from '../../lab/registry/store.ts';
import {credentials, type Started, started} from '../lab/aws/started.ts';
import {type Desk, type Ended, lastDocument, openDesk} from './switcharoo.ts';

const names = Array.from({length: 32}, (_, index) => `web${index + 1}`);
const host = '127.0.0.1:5000';
const oldDigest = digestOf(Buffer.from('old'));
const secretText = 'nobody-may-read-this-4711';

/** Tasks that are no processes: thirty services of them fit on any machine. */
async function launch(): Promise<RunningTask> {
  let end = (_: {code: number}) => {};
  const exited = new Promise<{code: number}>((resolve) => {
    end = resolve;
  });
  return {exited, stop: async () => end({code: 0})};
}

let desk: Desk;
let aws: Started;
let ecs: Ecs;
let inventory: string;
let newImage: string;

beforeEach(async () => {
  desk = openDesk();
  const store = createStore([{name: 'sidekiq-nginx', immutable: true}]);
  const repository = store.repositories.get('sidekiq-nginx');
  for (const tag of ['master.4', 'master.5', 'feature-cart.12']) {
    if (repository) {
      putManifest(repository, Buffer.from(JSON.stringify({tag})), 'application/json', tag);
    }
  }
  newImage = `${host}/sidekiq-nginx@${digestOf(Buffer.from(JSON.stringify({tag: 'master.5'})))}`;
  ecs = createEcs({
    clusterName: 'shop',
    network: '127.0.8.',
    tickMs: 20,
    staleReadMs: 20,
    launch,
    secretOf: () => 'given',
    instances: [{id: 'i-1', cpu: 100_000, memory: 100_000}],
    taskDefinitions: names.map((family) => ({
      family,
      containerDefinitions: [
        {name: 'application', image: `${host}/sidekiq-nginx@${oldDigest}`, memory: 64},
      ],
    })),
    services: names.map((name) => ({
      name,
      taskDefinition: `${name}:1`,
      desiredCount: 1,
      circuitBreaker: {enable: true, rollback: true},
      // One address a task, and the lab has fifty.
      minimumHealthyPercent: 0,
      maximumPercent: 100,
    })),
  });
  aws = await started(
    ecs,
    createEcr({store, host}),
    createS3({
      buckets: {config: {'web.json': JSON.stringify({KEY: secretText, DB: {ssm: '/db'}})}},
    }),
    createSsm({parameters: {'/db': 'db-password'}}),
    createSecretsManager({secrets: {}}),
    createAutoscaling({targets: {}}),
    createCloudWatch(() => []),
  );
  await ecs.steady();
  inventory = writeInventory();
});

afterEach(async () => {
  await desk.clear();
  await ecs.stop();
  await aws[Symbol.asyncDispose]();
});

function writeInventory(): string {
  const where = {region: 'us-east-1', endpoint: aws.endpoint.url, credentials};
  const service = (name: string) => [
    name.toUpperCase(),
    {kind: 'ecs-service', cluster: 'shop', service: name, ...where},
  ];
  const whole = {
    name: 'try',
    params: {
      steadyMs: 20,
      settings: Object.fromEntries(
        names.map((name) => [name.toUpperCase(), {application: 'web.json'}]),
      ),
    },
    targets: {
      ...Object.fromEntries(names.map(service)),
      registry: {kind: 'ecr-registry', ...where},
      settings: {kind: 'aws-settings', bucket: 'config', ...where},
    },
  };
  const file = join(desk.stateFolder, 'try.yaml');
  // JSON is YAML, too.
  writeFileSync(file, JSON.stringify(whole));
  return file;
}

const all = names.map((name) => name.toUpperCase());
const deploy = (...words: readonly string[]) =>
  desk.run('deploy', '-i', inventory, '--images', 'application=sidekiq-nginx=master.5', ...words);

/** The container that each service runs now, through the lab's own API. */
async function running(): Promise<readonly string[]> {
  const {ECSClient, DescribeServicesCommand, DescribeTaskDefinitionCommand} = await import(
    '@aws-sdk/client-ecs'
  );
  const client = new ECSClient({
    ...{region: 'us-east-1', endpoint: aws.endpoint.url},
    // The SDK notes in them where they are from.
    credentials: {...credentials},
  });
  const images = names.map(async (name) => {
    const asked = {cluster: 'shop', services: [name]};
    const {services} = await client.send(new DescribeServicesCommand(asked));
    const taskDefinition = services?.[0]?.taskDefinition;
    const described = await client.send(new DescribeTaskDefinitionCommand({taskDefinition}));
    return described.taskDefinition?.containerDefinitions?.[0]?.image ?? '';
  });
  try {
    return await Promise.all(images);
  } finally {
    client.destroy();
  }
}

/** With all that it printed, when it ended otherwise. */
function expectDone({code, stdout, stderr}: Ended): void {
  expect(code, stdout + stderr).toBe(0);
  expect(stderr).toBe('');
}

const lines = (text: string) => text.split('\n').filter(Boolean);

/** How many rollouts were under way at the same time at most, from the journal. */
function mostAtOnce(journal: string): number {
  let now = 0;
  let most = 0;
  for (const line of lines(journal)) {
    const {kind, entry} = JSON.parse(line);
    const isRollout = String(entry).startsWith('run:');
    if (isRollout && kind === 'entry-started') {
      now += 1;
      most = Math.max(most, now);
    } else if (isRollout && kind === 'entry-done') {
      now -= 1;
    }
  }
  return most;
}

const journalOf = (run: string) =>
  readFileSync(join(desk.stateFolder, run, 'journal.jsonl'), 'utf8');

describe('thirty-two services', () => {
  test('are deployed in one run, at most sixteen at once, with no secret in plan, log or journal, and go back', async () => {
    const ended = await deploy('--service', ...all, '--at-once', '16', '--yes', '--json');
    expectDone(ended);
    const report = lastDocument(ended);
    expect(report).toMatchObject({outcome: 'done'});
    expect(new Set(await running())).toEqual(new Set([newImage]));
    const journal = journalOf(report.run);
    expect(mostAtOnce(journal)).toBe(16);
    for (const text of [journal, ended.stdout]) {
      expect(text).not.toContain(secretText);
      expect(text).toContain('environment KEY');
    }

    const back = await desk.run('reverse', '--yes', '--json');
    expectDone(back);
    expect(new Set(await running())).toEqual(new Set([`${host}/sidekiq-nginx@${oldDigest}`]));
  });

  test('killed in the middle, the run is resumed, and every service is deployed to once', async () => {
    const first = desk.start(
      ...['deploy', '-i', inventory, '--images', 'application=sidekiq-nginx=master.5'],
      ...['--service', ...all.slice(0, 8), '--at-once', '2', '--yes'],
    );
    await first.said('run:WEB3: started');
    first.child.kill('SIGKILL');
    await first.ended;
    const resumed = await desk.run('resume', '--yes', '--json');
    expect(resumed.code, resumed.stdout + resumed.stderr).toBe(0);
    expect(new Set((await running()).slice(0, 8))).toEqual(new Set([newImage]));
    expect(aws.endpoint.calls('ecs', 'UpdateService')).toBe(8);
    expect(aws.endpoint.calls('ecs', 'RegisterTaskDefinition')).toBe(8);
  });
});

test('an image that cannot be pulled stops the others before they begin, and what stands goes back', async () => {
  ecs.faults.missingImage(newImage);
  const words = ['--service', 'WEB1', 'WEB2', 'WEB3', '--at-once', '1', '--yes'];
  const ended = await deploy(
    ...words,
    '--on-failure',
    'reverse',
    '--param',
    'steadyMs=20',
    '--json',
  );
  expect(ended.code, ended.stdout + ended.stderr).toBe(4);
  expect(ended.stdout).toContain('CannotPullContainerError');
  expect(lastDocument(ended).entries.map(({id, state}: any) => `${id} ${state}`)).toEqual(
    expect.arrayContaining(['run:WEB1 reversed', 'run:WEB2 not-started', 'run:WEB3 not-started']),
  );
  expect(new Set(await running())).toEqual(new Set([`${host}/sidekiq-nginx@${oldDigest}`]));
});

test('what is not there is told before anything is changed', async () => {
  const ended = await desk.run(
    ...['deploy', '-i', inventory, '--service', 'WEB1'],
    ...['--images', 'aplication=sidekiq-nginx=master.9', '--yes'],
  );
  expect(ended.code, ended.stdout + ended.stderr).toBe(3);
  const told = (ended.stdout + ended.stderr).replace(/\s+/g, ' ');
  expect(told).toContain('has no container aplication; it has 1: application.');
  expect(told).toContain('has no image master.9; it has 3 tags, among them master.4, master.5.');
  expect(aws.endpoint.calls('ecs', 'UpdateService')).toBe(0);
});

test('the next tag of a branch is one above its highest in the registry', async () => {
  const tag = (branch: string) =>
    desk.run('tag', '-i', inventory, '--repository', 'sidekiq-nginx', '--branch', branch);
  const tags = await Promise.all(['master', 'feature/cart', 'new'].map(tag));
  tags.forEach(expectDone);
  expect(tags.map(({stdout}) => stdout.trim())).toEqual(['master.6', 'feature-cart.13', 'new.1']);
});
