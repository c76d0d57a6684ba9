import {afterEach, describe, expect, test} from 'vitest';
import type {Action, Blocked, Look} from '../../../src/index.ts';
import type {AnyGate, AnyStep, AnyUnit} from '../../../src/model/step.ts';
import {deployImage} from '../../../steps/ecs/deploy-image.ts';
import {readyToDeploy} from '../../../steps/ecs/ready-to-deploy.ts';
import {registerRevision} from '../../../steps/ecs/register-revision.ts';
import {rolloutCapacity} from '../../../steps/ecs/rollout-capacity.ts';
import {runRevision} from '../../../steps/ecs/run-revision.ts';
import {runTask} from '../../../steps/ecs/run-task.ts';
import {type Estate, type ServedEstate, serveEstate} from './served-estate.ts';

let served: ServedEstate;
afterEach(() => served?.stop());

const serve = async (estate: Estate) => {
  served = await serveEstate(estate);
};
const revision = (number: number) =>
  `arn:aws:ecs:us-east-1:111122223333:task-definition/web:${number}`;
const pinned = `reg/app@sha256:${'a'.repeat(64)}`;
const image = {image: 'reg/app:2', environment: {}, steadyMs: 0};

const look = (unit: AnyUnit, input: object, run: object = {}): Look<any, any> => ({
  input: unit.input.parse(input),
  targets: {
    service: served.session.reader,
    settings: {settings: async () => ({environment: {}, secrets: {}})},
  },
  run: {id: 'r', entry: 'e', started: false, ...run},
  now: new Date(),
  signal: new AbortController().signal,
});
const check = (unit: AnyUnit, input: object, run: object = {}) =>
  (unit as AnyGate).check(look(unit, input, run));
async function perform(actions: readonly Action<any>[] | Blocked): Promise<readonly string[]> {
  if ('kind' in actions) {
    throw new Error(actions.reason);
  }
  for (const action of actions) {
    await action.perform(served.session.writer, new AbortController().signal, () => {});
  }
  return actions.map(({does}) => does);
}
const begin = async (step: Pick<AnyStep, 'plan'> & AnyUnit, input: object) => {
  const verdict = await check(step, input);
  if (verdict.kind !== 'pending') {
    throw new Error(JSON.stringify(verdict));
  }
  const {before, differences} = verdict;
  const texts = await perform(await step.plan(look(step, input, {before}), before));
  return {before, differences, texts, run: {started: true, before}};
};
const settled = async (unit: AnyUnit, input: object, run: object) => {
  await check(unit, input, run);
  return check(unit, input, run);
};

describe('a revision that was deregistered while the service runs it', () => {
  test('is registered again before the image is deployed, and the reversal returns to it', async () => {
    await serve({});
    served.deregister('web:1');
    const {before, differences, texts, run} = await begin(deployImage, image);
    expect(before).toEqual({taskDefinition: revision(1), desiredCount: null});
    expect(differences).toContainEqual({
      what: 'web:1, which a reversal needs',
      is: 'deregistered',
      shouldBe: 'registered again',
    });
    expect(texts).toEqual([
      'register web:1 again: it was deregistered, and a reversal needs it',
      'register a task definition of family web with image reg/app:2',
      'update the service to run web with image reg/app:2',
    ]);
    expect(await settled(deployImage, image, run)).toMatchObject({
      kind: 'done',
      output: {taskDefinition: revision(3)},
    });

    const reverse = () =>
      deployImage.reverse(look(deployImage, image, run) as never, before as never);
    expect(await perform(await reverse())).toEqual(['update the service to run web:1 again']);
    expect(served.service()).toMatchObject({taskDefinition: revision(2)});
    expect(await settled(deployImage, image, run)).toMatchObject({kind: 'pending', before});
    expect(await reverse()).toEqual([]);
  });

  test('is registered again in the reversal, where it was deregistered after the deployment', async () => {
    await serve({});
    const {before, run} = await begin(deployImage, image);
    served.deregister('web:1');
    const actions = await deployImage.reverse(
      look(deployImage, image, run) as never,
      before as never,
    );
    expect(await perform(actions)).toEqual([
      'register web:1 again: it was deregistered, and a reversal needs it',
      'update the service to run web:1 again',
    ]);
    expect(served.service()).toMatchObject({taskDefinition: revision(3)});
    expect(await settled(deployImage, image, run)).toMatchObject({kind: 'pending', before});
  });

  test('may have been the base of a registered revision, for which a run that died registers it once', async () => {
    await serve({});
    served.deregister('web:1');
    const containers = [{container: 'app', image: pinned}];
    await begin(registerRevision, {containers});
    const input = {taskDefinition: revision(2), base: revision(1), steadyMs: 0};
    const {before} = (await check(runRevision, input)) as {before: {taskDefinition: string}};
    const plan = () =>
      runRevision.plan(look(runRevision, input, {before}) as never, before as never);
    const [first] = await plan();
    await perform([first as Action<any>]);
    expect((await plan()).map(({does}) => does)).toEqual(['update the service to run web:2']);
    await perform(await plan());
    const run = {started: true, before};
    expect(await settled(runRevision, input, run)).toMatchObject({kind: 'done'});
    await perform(
      await runRevision.reverse(look(runRevision, input, run) as never, before as never),
    );
    expect(served.service()).toMatchObject({taskDefinition: revision(3)});
    expect(await settled(runRevision, input, run)).toMatchObject({kind: 'pending', before});
  });
});

test('a target is healthy by whichever address its target group has', async () => {
  await serve({
    service: {loadBalancers: [{targetGroupArn: 'tg6', containerName: 'app', containerPort: 80}]},
    task: {
      containers: [
        {
          ...{name: 'app', lastStatus: 'RUNNING'},
          networkInterfaces: [{privateIpv4Address: '10.0.0.10', ipv6Address: '2600:1f18:0::10'}],
        },
      ],
    },
    targets: ['2600:1F18::0010'],
  });
  expect(await check(readyToDeploy, {containers: ['app']})).toMatchObject({kind: 'done'});
});

describe('a variable that is there twice', () => {
  const twice = (...values: readonly string[]): Estate => ({
    definition: {
      containerDefinitions: [
        {
          ...{name: 'app', image: 'reg/app:2'},
          environment: values.map((value) => ({name: 'SIDE_PORT', value})),
        },
      ],
    },
  });
  const input = {...image, environment: {SIDE_PORT: 'new'}};

  test('has the value that comes last', async () => {
    await serve(twice('new', 'old'));
    const {differences} = await begin(deployImage, input);
    expect(differences).toEqual([{what: 'environment SIDE_PORT', is: 'old', shouldBe: 'new'}]);
    expect(served.writes[0]?.input['containerDefinitions']).toMatchObject([
      {environment: [{name: 'SIDE_PORT', value: 'new'}]},
    ]);
  });

  test('needs no change where the last one is as it should be', async () => {
    await serve(twice('old', 'new'));
    expect(await check(deployImage, input)).toMatchObject({kind: 'done'});
  });
});

describe('fields that the SDK does not know', () => {
  const newer: Estate = {
    definition: {
      somethingNew: {mode: 'strict'},
      containerDefinitions: [
        {
          ...{name: 'app', image: 'reg/app:1', dockerLabels: {constructor: 'z'}},
          ...{somethingNewer: ['a'], healthCheck: {command: ['true'], retriesNew: 3}},
        },
      ],
    },
    service: {somethingOfServices: 5},
  };
  const unknown = 'absent: the AWS SDK of this version of switcharoo does not know this field';
  const named = [
    {what: 'somethingNew of web:1', is: '{"mode":"strict"}', shouldBe: unknown},
    {what: 'app.somethingNewer of web:1', is: '["a"]', shouldBe: unknown},
    {what: 'app.healthCheck.retriesNew of web:1', is: '3', shouldBe: unknown},
  ];

  test('are named in the plan of a deployment and of a registered revision', async () => {
    await serve(newer);
    for (const [step, input] of [
      [deployImage, image],
      [registerRevision, {containers: [{container: 'app', image: pinned}]}],
    ] as const) {
      const {differences} = (await check(step, input)) as {differences: readonly object[]};
      expect(differences.slice(1)).toEqual(expect.arrayContaining(named));
      expect(differences).toHaveLength(4);
    }
  });

  test('of a service are named in the plan of a task', async () => {
    await serve(newer);
    expect(await check(runTask, {command: ['true']})).toMatchObject({
      differences: [
        {is: 'not run'},
        {what: 'somethingOfServices of the service', is: '5', shouldBe: unknown},
      ],
    });
  });
});

test('a task of its own gets all that RunTask takes of what the service has', async () => {
  const placement = {
    placementConstraints: [{type: 'memberOf', expression: 'attribute:stack == prod'}],
    placementStrategy: [{type: 'binpack', field: 'memory'}],
    enableECSManagedTags: true,
    enableExecuteCommand: true,
    launchType: 'EC2',
  };
  await serve({
    service: {
      ...placement,
      propagateTags: 'SERVICE',
      tags: [
        {key: 'team', value: 'x'},
        {key: 'aws:cloudformation:stack-name', value: 's'},
      ],
      healthCheckGracePeriodSeconds: 5,
      deployments: [
        {
          ...{id: 'ecs-svc/1', status: 'PRIMARY', taskDefinition: revision(1)},
          volumeConfigurations: [
            {
              name: 'ebs',
              managedEBSVolume: {
                ...{roleArn: 'arn:r', sizeInGiB: 20},
                tagSpecifications: [{resourceType: 'volume', propagateTags: 'SERVICE'}],
              },
            },
          ],
        },
      ],
    },
  });
  await begin(runTask, {command: ['true']});
  const {startedBy, clientToken, ...input} = served.writes[0]?.input ?? {};
  expect([startedBy, clientToken].map((text) => typeof text)).toEqual(['string', 'string']);
  expect(input).toEqual({
    ...placement,
    cluster: 'c',
    count: 1,
    taskDefinition: revision(1),
    overrides: {containerOverrides: [{name: 'app', command: ['true']}]},
    tags: [{key: 'team', value: 'x'}],
    volumeConfigurations: [
      {
        name: 'ebs',
        managedEBSVolume: {
          ...{roleArn: 'arn:r', sizeInGiB: 20},
          tagSpecifications: [{resourceType: 'volume'}],
          terminationPolicy: {deleteOnTermination: true},
        },
      },
    ],
  });
});

describe('a DAEMON service', () => {
  const daemon: Estate = {
    service: {
      ...{schedulingStrategy: 'DAEMON', launchType: 'EC2'},
      deploymentConfiguration: {maximumPercent: 100, minimumHealthyPercent: 0},
    },
  };

  test('takes no desired count, and the plan says so before anything is registered', async () => {
    await serve(daemon);
    const reason =
      'The service web of cluster c is a DAEMON service: it runs one task on each instance, and ECS refuses a desired count.';
    expect(await check(deployImage, {...image, desiredCount: 1})).toMatchObject({reason});
    expect(await check(readyToDeploy, {containers: ['app'], desiredCount: 1})).toMatchObject({
      reason,
    });
    expect(served.writes).toEqual([]);
  });

  test('is deployed and reversed without one, and the plan says how', async () => {
    await serve(daemon);
    const {before, differences, run} = await begin(deployImage, image);
    expect(differences).toContainEqual({
      what: 'tasks of the DAEMON service',
      is: '1, one on each instance',
      shouldBe: 'stopped and started again, instance by instance',
    });
    expect(await settled(deployImage, image, run)).toMatchObject({kind: 'done'});
    await perform(
      await deployImage.reverse(look(deployImage, image, run) as never, before as never),
    );
    expect(await settled(deployImage, image, run)).toMatchObject({kind: 'pending', before});
  });
});

describe('a service of an EXTERNAL controller', () => {
  const external = (more: object): Estate => ({
    service: {
      ...{deploymentController: {type: 'EXTERNAL'}, deployments: [], taskDefinition: undefined},
      ...more,
    },
  });
  const taskSet = {id: 'ecs-svc/9', status: 'PRIMARY', taskDefinition: revision(1)};

  test('is named by each step that would deploy to it', async () => {
    await serve(external({taskSets: [taskSet]}));
    for (const [unit, input] of [
      [deployImage, image],
      [registerRevision, {containers: [{container: 'app', image: pinned}]}],
      [runRevision, {taskDefinition: revision(2), base: revision(1)}],
      [readyToDeploy, {containers: ['app']}],
      [rolloutCapacity, {}],
    ] as const) {
      expect(await check(unit, input), unit.name).toMatchObject({
        kind: 'blocked',
        reason: expect.stringContaining('is deployed by EXTERNAL'),
      });
    }
  });

  test('gives a task of its own what its PRIMARY task set has', async () => {
    await serve(external({taskSets: [{...taskSet, launchType: 'EC2'}]}));
    await begin(runTask, {command: ['true']});
    expect(served.writes[0]?.input).toMatchObject({launchType: 'EC2', taskDefinition: revision(1)});
  });

  test('without a task set has nothing that a task could run', async () => {
    await serve(external({}));
    expect(await check(runTask, {command: ['true']})).toMatchObject({
      kind: 'blocked',
      reason:
        'The service web of cluster c has no task definition: it is deployed by EXTERNAL, and has no PRIMARY task set.',
    });
  });
});

describe('capacity that only AWS can judge', () => {
  const instance = {
    containerInstanceArn: 'arn:i-1',
    ec2InstanceId: 'i-1',
    ...{status: 'ACTIVE', agentConnected: true, capacityProviderName: 'mi'},
    remainingResources: [
      {name: 'CPU', type: 'INTEGER', integerValue: 100},
      {name: 'MEMORY', type: 'INTEGER', integerValue: 100},
    ],
  };
  const on = (provider: object, launchType?: string): Estate => ({
    service: {
      launchType,
      capacityProviderStrategy: launchType ? [] : [{capacityProvider: 'mi', weight: 1}],
    },
    instances: [instance],
    capacityProviders: [{name: 'mi', status: 'ACTIVE', ...provider}],
  });

  test.for([
    {
      name: 'Managed Instances',
      estate: on({type: 'MANAGED_INSTANCES', managedInstancesProvider: {}}),
      what: 'the capacity provider mi (MANAGED_INSTANCES)',
    },
    {
      name: 'a provider that is newer than this version',
      estate: on({type: 'MOON_BASE'}),
      what: 'the capacity provider mi (MOON_BASE)',
    },
    {
      name: 'a provider that ECS does not describe',
      estate: on({name: 'another'}),
      what: 'the capacity provider mi (of an unknown kind)',
    },
    {
      name: 'a launch type that is newer than this version',
      estate: on({}, 'MOON_BASE'),
      what: 'the launch type MOON_BASE',
    },
  ])('$name: not checked, and named', async ({estate, what}) => {
    await serve(estate);
    expect(await check(rolloutCapacity, {})).toMatchObject({
      kind: 'done',
      output: {on: 'OTHER', fit: null, notChecked: expect.arrayContaining([what])},
      remarks: [`The capacity for new tasks was not checked: only AWS knows it for ${what}.`],
    });
  });

  test('subnets without a count of their addresses: not checked, and named', async () => {
    const subnets = ['subnet-1', 'subnet-2'];
    await serve({service: {networkConfiguration: {awsvpcConfiguration: {subnets}}}});
    expect(await check(rolloutCapacity, {})).toMatchObject({
      kind: 'done',
      output: {
        addressesLeft: null,
        notChecked: expect.arrayContaining([
          'the free addresses of the subnets (EC2 did not return a count for each of subnet-1, subnet-2)',
        ]),
      },
    });
  });

  test('an expression of more than one part, and a GPU: not checked, and named', async () => {
    const expression = 'attribute:stack == prod and attribute:zone == a';
    await serve({
      definition: {
        networkMode: 'bridge',
        ...{cpu: '50', memory: '50', placementConstraints: [{type: 'memberOf', expression}]},
        containerDefinitions: [
          {name: 'app', image: 'x', resourceRequirements: [{type: 'GPU', value: '1'}]},
        ],
      },
      service: {launchType: 'EC2'},
      instances: [{...instance, attributes: [{name: 'stack', value: 'prod'}]}],
    });
    expect(await check(rolloutCapacity, {})).toMatchObject({
      kind: 'done',
      output: {
        on: 'EC2',
        notChecked: expect.arrayContaining([expression, 'the resource GPU of the instances']),
      },
    });
  });
});
