import {setTimeout as sleep} from 'node:timers/promises';
import {DescribeServicesCommand, ECSClient, ListTaskDefinitionsCommand} from '@aws-sdk/client-ecs';
import {lawsOfStep} from 'switcharoo/testing';
import {describe, expect, test} from 'vitest';
import {createEcs, type RunningTask} from '../../../lab/aws/ecs.ts';
import {createS3} from '../../../lab/aws/s3.ts';
import {createSecretsManager} from '../../../lab/aws/secrets-manager.ts';
import {createSsm} from '../../../lab/aws/ssm.ts';
import type {Action, Look} from '../../../src/index.ts';
import {readingClient} from '../../../steps/aws/index.ts';
import {readyToDeploy} from '../../../steps/ecs/ready-to-deploy.ts';
import {registerRevision} from '../../../steps/ecs/register-revision.ts';
import {withoutValues} from '../../../steps/ecs/revision/containers.ts';
import {runRevision} from '../../../steps/ecs/run-revision.ts';
import {ecsService} from '../../../steps/ecs/target.ts';
import {settingsReadable} from '../../../steps/settings/readable.ts';
import {settingsStore} from '../../../steps/settings/target.ts';
import {started} from '../../lab/aws/started.ts';
import {FakeService} from './fake-service.ts';

const image = (letter: string) => `registry.lab/web@sha256:${letter.repeat(64)}`;
const arn = (revision: number) =>
  `arn:aws:ecs:us-east-1:123456789012:task-definition/web:${revision}`;

const settings = JSON.stringify({
  DATABASE_PASSWORD: {ssm: '/web/db'},
  API_KEY: {secretsManager: 'web/api', key: 'KEY'},
  SESSION_SECRET: 'plain-but-secret',
  WORKERS: 4,
});

/** A task that is no process: nobody asks it anything. */
async function launch(): Promise<RunningTask> {
  let end = (_: {code: number}) => {};
  const exited = new Promise<{code: number}>((resolve) => {
    end = resolve;
  });
  return {exited, stop: async () => end({code: 0})};
}

async function lab(desiredCount = 2) {
  const containers = [
    {
      name: 'application',
      image: image('a'),
      memory: 64,
      environment: [
        {name: 'DATABASE_PASSWORD', value: 'was plain'},
        {name: 'KEPT', value: 'as it was'},
      ],
    },
    {name: 'proxy', image: image('b'), memory: 64, essential: false},
  ];
  const ecs = createEcs({
    clusterName: 'shop',
    network: '127.0.9.',
    tickMs: 5,
    staleReadMs: 20,
    launch,
    secretOf: (from) => ssm.valueOf(from) ?? secrets.valueOf(from),
    taskDefinitions: [
      {family: 'web', containerDefinitions: containers},
      {family: 'web', containerDefinitions: containers, networkMode: 'host'},
    ],
    services: [{name: 'web', taskDefinition: 'web:1', desiredCount}],
  });
  const s3 = createS3({buckets: {config: {'web.json': settings}}});
  const ssm = createSsm({parameters: {'/web/db': 'db-secret'}});
  const secrets = createSecretsManager({secrets: {'web/api': '{"KEY": "api-secret"}'}});
  const aws = await started(ecs, s3, ssm, secrets);
  await ecs.steady();
  const signal = new AbortController().signal;
  const names = {cluster: 'shop', service: 'web'};
  const client = new ECSClient(readingClient(aws.config));
  const sessions = {
    service: await ecsService.open(ecsService.config.parse({...aws.config, ...names}), {
      name: 'web',
      signal,
    }),
    settings: await settingsStore.open(
      settingsStore.config.parse({...aws.config, bucket: 'config'}),
      {name: 'kept', signal},
    ),
  };
  return {
    aws,
    ecs,
    s3,
    secrets,
    sessions,
    client,
    picture: async () => {
      const asked = {cluster: 'shop', services: ['web']};
      const {services} = await client.send(new DescribeServicesCommand(asked));
      const {taskDefinitionArns} = await client.send(new ListTaskDefinitionsCommand({}));
      const [service] = services ?? [];
      return {
        runs: service?.taskDefinition,
        desiredCount: service?.desiredCount,
        registered: taskDefinitionArns,
      };
    },
    close: async () => {
      client.destroy();
      await Promise.all(Object.values(sessions).map((session) => session.close()));
      await ecs.stop();
      await aws[Symbol.asyncDispose]();
    },
  };
}

const registering = {
  containers: [
    {container: 'application', image: image('c'), settings: 'web.json'},
    {container: 'proxy', image: image('d')},
  ],
};

describe('in the lab', () => {
  lawsOfStep({
    step: registerRevision,
    input: registering,
    world: () => lab(),
    // A revision's number is never used again.
    comparable: (picture) => {
      const {registered, ...rest} = picture as {registered: readonly string[]};
      return {...rest, registered: registered.length};
    },
  });

  lawsOfStep({
    step: runRevision,
    input: {taskDefinition: arn(2), base: arn(1), desiredCount: 3, steadyMs: 20},
    world: () => lab(),
  });
});

describe('on a fake', () => {
  const fake = async () => {
    const service = new FakeService(
      {family: 'web', containerDefinitions: [{name: 'web', image: image('a')}]},
      2,
    );
    service.definitions.push({
      family: 'web',
      containerDefinitions: [{name: 'web', image: image('c')}],
    });
    return {sessions: {service: service.session()}, picture: async () => service.picture()};
  };
  lawsOfStep({
    step: runRevision,
    input: {taskDefinition: arn(2), base: arn(1), steadyMs: 0},
    world: fake,
    comparable: (picture) => ({...(picture as object), deployment: ''}),
  });
});

async function beforeOf(tried: Lab): Promise<any> {
  const verdict = await registerRevision.check(look(tried, registering));
  return verdict.kind === 'pending' ? verdict.before : undefined;
}

type Lab = Awaited<ReturnType<typeof lab>>;

const look = ({sessions}: Lab, input: unknown, more: object = {}): Look<any, any> => ({
  input,
  targets: {service: sessions.service.reader, settings: sessions.settings.reader},
  run: {id: 'r-1', entry: 'register', started: true, ...more},
  now: new Date(),
  signal: new AbortController().signal,
});

async function within(work: (tried: Lab) => Promise<void>) {
  const tried = await lab();
  try {
    await work(tried);
  } finally {
    await tried.close();
  }
}

test('no plain value of the settings is in the plan, the before-image or the output', () =>
  within(async (tried) => {
    const verdict = await registerRevision.check(look(tried, registering));
    const actions = await registerRevision.plan(look(tried, registering), await beforeOf(tried));
    const shown = JSON.stringify([verdict, actions]);
    expect(shown).not.toMatch(/plain-but-secret|was plain|db-secret|api-secret/);
    expect(actions.map(({does}) => does)).toEqual([
      `register a task definition of family web: application runs ${image('c')}, environment SESSION_SECRET, WORKERS, secrets API_KEY, DATABASE_PASSWORD; proxy runs ${image('d')}`,
    ]);
    expect(verdict).toMatchObject({
      kind: 'pending',
      differences: expect.arrayContaining([
        {what: 'image of proxy', is: image('b'), shouldBe: image('d')},
        {
          what: 'application secret DATABASE_PASSWORD',
          is: 'not set',
          shouldBe: 'arn:aws:ssm:us-east-1:123456789012:parameter/web/db',
        },
      ]),
    });
  }));

test('a secret stays at the version that it had when the revision was made', () =>
  within(async (tried) => {
    const [register] = await registerRevision.plan(look(tried, registering), await beforeOf(tried));
    const writer: any = tried.sessions.service.writer; // the action's part is the service
    await register?.perform(writer, new AbortController().signal, () => {});
    const registered = await tried.sessions.service.reader.taskDefinition(
      arn(3),
      new AbortController().signal,
    );
    const [application] = registered.containerDefinitions ?? [];
    expect(application?.environment).toEqual([
      {name: 'KEPT', value: 'as it was'},
      {name: 'SESSION_SECRET', value: 'plain-but-secret'},
      {name: 'WORKERS', value: '4'},
    ]);
    const pinned = application?.secrets?.find(({name}) => name === 'API_KEY')?.valueFrom ?? '';
    tried.secrets.rotate('web/api', '{"KEY": "rotated"}');
    expect(tried.secrets.valueOf(pinned)).toBe('api-secret');
  }));

test('what a container cannot be given is told by its name, never by its text', () =>
  within(async (tried) => {
    const told = [];
    const wrong = [
      '{"SECRET": "hidden-text"',
      '{"9LIVES": "hidden-text"}',
      '{"LIST": ["hidden-text"]}',
      '{"TEXT": "\\"LONG\\": 1", "LONG": 12345678901234567890}',
      '{"SHARE": 0.10}',
      '{"HUGE": 1e400}',
      '{"GONE": {"ssm": "/none"}}',
      '{"GONE": {"secretsManager": "none"}}',
    ];
    for (const text of wrong) {
      tried.s3.put('config', 'web.json', text);
      const error = await settingsReadable
        .check(look(tried, {keys: ['web.json']}))
        .catch((thrown) => thrown);
      told.push(error.problem.message);
      expect(JSON.stringify(error)).not.toContain('hidden-text');
      expect(String(error.cause ?? '')).not.toContain('hidden-text');
    }
    expect(told).toEqual([
      'The settings web.json cannot be given to a container: it is not JSON.',
      'The settings web.json cannot be given to a container: 9LIVES is not a name for a variable.',
      'The settings web.json cannot be given to a container: LIST is neither a text, a number, true or false, nor a reference.',
      'The settings web.json cannot be given to a container: LONG is a number that would arrive in another form; put it in quotes.',
      'The settings web.json cannot be given to a container: SHARE is a number that would arrive in another form; put it in quotes.',
      'The settings web.json cannot be given to a container: HUGE is a number that would arrive in another form; put it in quotes.',
      'A setting refers to the parameter /none, which kept does not have, or which has no current version.',
      'A setting refers to the secret none, which kept does not have, or which has no current version.',
    ]);
  }));

test('a service that somebody else deployed to meanwhile is left alone', () =>
  within(async (tried) => {
    const input = {taskDefinition: arn(2), base: arn(2), steadyMs: 0};
    expect(await runRevision.check(look(tried, {...input, taskDefinition: arn(3)}))).toEqual({
      kind: 'blocked',
      reason:
        'The service web of cluster shop runs web:1: neither web:2, which ran before, nor the revision that this step deploys.',
      hint: 'Set the service to web:2, then resume or reverse. AWS CloudTrail shows who called UpdateService.',
    });
  }));

test('before anything is built it is told what a deployment would stumble over', () =>
  within(async (tried) => {
    const check = (containers: readonly string[], desiredCount?: number) =>
      readyToDeploy.check(look(tried, {containers, desiredCount}));
    let ready = await check(['application']);
    for (let tries = 0; ready.kind === 'waiting' && tries < 200; tries += 1) {
      await sleep(25);
      ready = await check(['application']);
    }
    expect(ready).toEqual({kind: 'done', output: {taskDefinition: arn(1)}});
    expect(await check(['applikation'])).toEqual({
      kind: 'blocked',
      reason:
        'Task definition web:1 of the service web of cluster shop has no container applikation; it has 2: application, proxy.',
      hint: 'Correct the name of the container.',
    });
    expect(await check(['proxy'], 0)).toMatchObject({kind: 'blocked'});
  }));

test('a registration whose answer was lost is found, and nothing is registered twice', () =>
  within(async (tried) => {
    const writer: any = tried.sessions.service.writer; // the action's part is the service
    tried.aws.endpoint.faults.add({
      service: 'ecs',
      operation: 'RegisterTaskDefinition',
      kind: 'cut-after',
    });
    const [register] = await registerRevision.plan(look(tried, registering), await beforeOf(tried));
    await expect(
      register?.perform(writer, new AbortController().signal, () => {}),
    ).rejects.toMatchObject({problem: {code: 'aws-unreachable'}});
    expect(await registerRevision.check(look(tried, registering))).toEqual({
      kind: 'done',
      output: {taskDefinition: arn(3), base: arn(1)},
    });
    expect(tried.aws.endpoint.calls('ecs', 'RegisterTaskDefinition')).toBe(1);
  }));

test('goes back without the settings, which somebody has changed or removed since', () =>
  within(async (tried) => {
    const writer: any = tried.sessions.service.writer; // the action's part is the service
    const before = await beforeOf(tried);
    const signal = new AbortController().signal;
    const [register] = await registerRevision.plan(look(tried, registering), before);
    await register?.perform(writer, signal, () => {});
    tried.s3.put('config', 'web.json', 'no settings any more');

    const resumed = look(tried, registering, {before});
    expect(await registerRevision.check(resumed)).toEqual({
      kind: 'done',
      output: {taskDefinition: arn(3), base: arn(1)},
    });
    const back = await registerRevision.reverse(resumed, before);
    expect(back).toMatchObject([{does: 'deregister web:3'}]);
    const [deregister] = back as readonly Action<any>[];
    await deregister?.perform(writer, signal, () => {});
    expect(await registerRevision.check(resumed)).toMatchObject({kind: 'pending', before});
    expect(await registerRevision.reverse(resumed, before)).toEqual([]);
  }));

test('the before-image tells nothing of the settings', () =>
  within(async (tried) => {
    const one = await beforeOf(tried);
    tried.s3.put('config', 'web.json', '{"SESSION_SECRET": "another", "WORKERS": 4}');
    expect(await beforeOf(tried)).toEqual(one);
    expect(one).toEqual({base: arn(1), newest: 2});
  }));

test('an older revision with the same images is not taken for its own', () =>
  within(async (tried) => {
    const writer: any = tried.sessions.service.writer; // the action's part is the service
    const signal = new AbortController().signal;
    const perform = async (before: any) => {
      const [register] = await registerRevision.plan(look(tried, registering, {before}), before);
      await register?.perform(writer, signal, () => {});
    };
    await perform(await beforeOf(tried));
    tried.s3.put('config', 'web.json', '{"WORKERS": 8}');
    const before = await beforeOf(tried);
    const resumed = look(tried, registering, {before});
    expect(before).toEqual({base: arn(1), newest: 3});
    expect(await registerRevision.check(resumed)).toMatchObject({kind: 'pending', before});
    expect(await registerRevision.reverse(resumed, before)).toEqual([]);
    await perform(before);
    expect(await registerRevision.check(resumed)).toMatchObject({
      kind: 'done',
      output: {taskDefinition: arn(4)},
    });
  }));

test('a value that ECS quotes in a refusal is not told on', () => {
  const containers = [
    {
      container: 'application',
      image: image('c'),
      environment: {SECRET: 'hunter2', LONGER: 'hunter2-and-more', WORKERS: '4'},
      secrets: {},
    },
  ];
  expect(withoutValues('SECRET=hunter2 and LONGER=hunter2-and-more do not fit 4', containers)).toBe(
    'SECRET=[redacted] and LONGER=[redacted] do not fit 4',
  );
});
