import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {Look, Session} from '../../../src/index.ts';
import type {ServiceReader, ServiceWriter} from '../../../steps/ecs/contract.ts';
import {rolloutCapacity} from '../../../steps/ecs/rollout-capacity.ts';
import {ecsService} from '../../../steps/ecs/target.ts';
import {type EcsLab, startEcsLab} from '../../lab/aws/ecs-lab.ts';

// Each cluster of the lab runs two tasks of 256 CPU units and 512 MiB, before its gate is asked.
const instance = (id: string, memory: number, more: object = {}) => ({
  id,
  cpu: 2_048,
  memory,
  ...more,
});
const onHost = {
  family: 'web',
  networkMode: 'bridge',
  containerDefinitions: [
    {
      name: 'shop',
      image: 'shop:1',
      cpu: 256,
      memory: 512,
      portMappings: [{containerPort: 18_080, hostPort: 80}],
    },
  ],
};

interface Case {
  readonly name: string;
  readonly service?: Parameters<typeof startEcsLab>[0];
  readonly cluster?: Parameters<typeof startEcsLab>[1];
  readonly input?: object;
  readonly verdict: object;
}

const cases: readonly Case[] = [
  {
    name: 'with capacity for all new tasks beside the old ones it is open, and says what it did not check',
    cluster: {instances: [instance('i-1', 4_096)]},
    verdict: {
      kind: 'done',
      output: {
        on: 'EC2',
        mayStart: 2,
        fit: 2,
        waitsForInstances: false,
        cpu: 256,
        memoryMiB: 512,
        memoryUsedPercent: expect.any(Number),
        addressesLeft: 200,
        vcpuLeft: null,
        notChecked: ['the network interfaces of the instances'],
      },
    },
  },
  {
    name: 'with capacity for one at a time it is open as well',
    cluster: {instances: [instance('i-1', 1_600)]},
    verdict: {kind: 'done', output: {mayStart: 2, fit: 1}},
  },
  {
    name: 'without capacity for one more it says what is missing, and what would help',
    cluster: {instances: [instance('i-1', 1_100)]},
    verdict: {
      kind: 'blocked',
      reason:
        'A task of the service web of cluster shop needs 256 CPU units, 512 MiB, a network interface, but the 1 instance has no capacity for one more, and 2 of the 2 running tasks must keep running: the nearest, i-1, has 76 of 512 MiB of memory.',
      hint: expect.stringMatching(
        /^Lower minimumHealthyPercent to 50 or less \(one task may then stop first\); or add an instance with 256 CPU units, 512 MiB, a network interface free; or lower the memory reservation: a task reserves 512 MiB and used at most \d+ MiB \(\d+ %\) in the last day\.$/,
      ),
    },
  },
  {
    name: 'where one may stop first, the same capacity is enough',
    service: {minimumHealthyPercent: 50},
    cluster: {instances: [instance('i-1', 1_100)]},
    verdict: {kind: 'done', output: {fit: 0}},
  },
  {
    name: 'more tasks than the cluster could hold at all are refused',
    cluster: {instances: [instance('i-1', 1_600), instance('i-2', 600)]},
    input: {desiredCount: 5},
    verdict: {
      kind: 'blocked',
      reason: expect.stringMatching(
        /but the 2 instances have capacity for 4 of 5 tasks, even without the old ones: the nearest, i-., has \d+ of 512 MiB of memory\.$/,
      ),
      hint: expect.stringMatching(/; or ask for fewer tasks\.$/),
    },
  },
  {
    name: 'a port of the host is taken by the old task of each instance',
    service: {targetGroup: undefined as never},
    cluster: {
      instances: [instance('i-1', 4_096), instance('i-2', 4_096)],
      taskDefinitions: [onHost],
    },
    verdict: {
      kind: 'blocked',
      reason: expect.stringContaining('the nearest, i-1, has port 80/tcp taken'),
      hint: expect.stringContaining('set hostPort to 0, and ECS chooses the port of the host'),
    },
  },
  {
    name: 'limits that allow no move are reported before anything else',
    service: {minimumHealthyPercent: 100, maximumPercent: 100},
    verdict: {
      kind: 'blocked',
      reason:
        'The service web of cluster shop may run at most 2 tasks (maximumPercent 100) and at least 2 (minimumHealthyPercent 100) of 2, and runs 2: ECS may neither start one nor stop one.',
      hint: 'Raise maximumPercent to 150 or more; or lower minimumHealthyPercent to 50 or less (one task may then stop first).',
    },
  },
  {
    name: 'a capacity provider that adds instances is waited for',
    service: {capacityProvider: 'spot'},
    cluster: {
      instances: [instance('i-1', 1_100, {capacityProvider: 'spot'})],
      capacityProviders: [{name: 'spot', managedScaling: 'ENABLED'}],
    },
    verdict: {kind: 'done', output: {fit: 0, waitsForInstances: true}},
  },
  {
    name: 'on Fargate there are no instances: addresses and vCPU decide',
    service: {launchType: 'FARGATE'},
    verdict: {
      kind: 'done',
      output: {on: 'FARGATE', fit: 2, addressesLeft: 200, vcpuLeft: 63.5, notChecked: []},
    },
  },
  {
    name: 'on Fargate what is left of the vCPU is counted in tasks',
    service: {launchType: 'FARGATE'},
    cluster: {vcpu: {most: 1, used: 0.5}},
    input: {desiredCount: 3},
    verdict: {kind: 'done', output: {fit: 2, vcpuLeft: 0.5}},
  },
  {
    name: 'on Fargate without vCPU for one more it says what is missing, and what would help',
    service: {launchType: 'FARGATE'},
    cluster: {vcpu: {most: 8, used: 7.9}},
    verdict: {
      kind: 'blocked',
      reason:
        'The capacity for a rollout of the service web of cluster shop is too small: the account runs 7.9 of at most 8 vCPU on FARGATE: not enough for one more task, and 2 of the 2 running tasks must keep running.',
      hint: 'Lower minimumHealthyPercent to 50 or less (one task may then stop first); or request an increase of the Fargate quota L-3032A538 in Service Quotas, which takes AWS from minutes to days.',
    },
  },
  {
    name: 'on Fargate where one may stop first, the same vCPU is enough',
    service: {launchType: 'FARGATE', minimumHealthyPercent: 50},
    cluster: {vcpu: {most: 8, used: 7.9}},
    verdict: {kind: 'done', output: {fit: 0}},
  },
  {
    name: 'more tasks than the quota of vCPU could ever hold are refused',
    service: {launchType: 'FARGATE'},
    cluster: {vcpu: {most: 1, used: 0.5}},
    input: {desiredCount: 5},
    verdict: {
      kind: 'blocked',
      reason: expect.stringContaining(
        'the account runs 0.5 of at most 1 vCPU on FARGATE: enough for 4 of 5 tasks, even without the old ones.',
      ),
      hint: expect.stringMatching(/; or ask for fewer tasks\.$/),
    },
  },
  {
    name: 'on Fargate Spot the quota is another, and where nothing is measured it says so',
    service: {capacityProvider: 'FARGATE_SPOT'},
    verdict: {
      kind: 'done',
      output: {
        on: 'FARGATE',
        vcpuLeft: null,
        notChecked: [
          "the account's quota of vCPU (CloudWatch has measured nothing in the last hour)",
        ],
      },
    },
  },
  {
    name: 'without a free address no task with an interface of its own can start',
    cluster: {instances: [instance('i-1', 4_096)], freeAddresses: 0},
    verdict: {
      kind: 'blocked',
      reason:
        'The capacity for a rollout of the service web of cluster shop is too small: subnets subnet-0lab1, subnet-0lab2 have 0 free addresses: not enough for one more task, and 2 of the 2 running tasks must keep running.',
      hint: 'Lower minimumHealthyPercent to 50 or less (one task may then stop first); or add a subnet to the service, or free addresses in its subnets.',
    },
  },
  {
    name: 'with one free address, one moves at a time',
    cluster: {instances: [instance('i-1', 4_096)], freeAddresses: 1},
    verdict: {kind: 'done', output: {on: 'EC2', fit: 1, addressesLeft: 1}},
  },
];

describe.each(cases)('$name', ({service = {}, cluster = {}, input = {}, verdict}) => {
  let lab: EcsLab;
  let session: Session<ServiceReader, ServiceWriter>;
  beforeAll(async () => {
    lab = await startEcsLab(service, cluster);
    await lab.ecs.steady();
    session = await openedOn(lab);
  });
  afterAll(async () => {
    await session.close();
    await lab.stop();
  });

  test('ecs.rollout-capacity', async () => {
    expect(await rolloutCapacity.check(lookAt(session, input))).toMatchObject(verdict);
  });
});

test('without the right to read metrics it goes without, and says so where it matters', async () => {
  const lab = await startEcsLab({}, {instances: [instance('i-1', 1_100)]});
  await lab.ecs.steady();
  lab.endpoint.faults.add({service: 'monitoring', kind: 'deny', times: Number.POSITIVE_INFINITY});
  const session = await openedOn(lab);
  const verdict = await rolloutCapacity.check(lookAt(session, {}));
  await session.close();
  await lab.stop();
  expect(verdict).toMatchObject({
    kind: 'blocked',
    hint: expect.stringContaining(
      'The memory that its tasks use is not known: AWS does not allow this call for service web of cluster shop',
    ),
  });
});

test('without the rights to see addresses and quotas it goes without, and says which', async () => {
  const lab = await startEcsLab({launchType: 'FARGATE'});
  await lab.ecs.steady();
  for (const service of ['ec2', 'servicequotas']) {
    lab.endpoint.faults.add({service, kind: 'deny', times: Number.POSITIVE_INFINITY});
  }
  const session = await openedOn(lab);
  const verdict = await rolloutCapacity.check(lookAt(session, {}));
  await session.close();
  await lab.stop();
  expect(verdict).toMatchObject({
    kind: 'done',
    output: {
      fit: 2,
      notChecked: [
        expect.stringMatching(/^the free addresses of the subnets \(AWS does not allow/),
        expect.stringMatching(/^the account's quota of vCPU \(AWS does not allow/),
      ],
    },
  });
});

test('without the right to see the instances it says that nobody has checked them', async () => {
  const lab = await startEcsLab({}, {instances: [{id: 'i-1', cpu: 2_048, memory: 4_096}]});
  await lab.ecs.steady();
  lab.endpoint.faults.add({service: 'ecs', operation: 'ListContainerInstances', kind: 'deny'});
  const session = await openedOn(lab);
  const verdict = await rolloutCapacity.check(lookAt(session, {}));
  await session.close();
  await lab.stop();
  expect(verdict).toMatchObject({
    kind: 'done',
    output: {fit: null, notChecked: [expect.stringMatching(/^the instances of the cluster \(AWS/)]},
    remarks: [
      expect.stringMatching(
        /^Whether the instances have the capacity for new tasks was not checked: AWS does not allow/,
      ),
    ],
  });
});

const openedOn = ({config}: EcsLab): Promise<Session<ServiceReader, ServiceWriter>> =>
  ecsService.open(ecsService.config.parse({...config, cluster: 'shop', service: 'web'}), {
    name: 'web',
    signal: new AbortController().signal,
  });

const lookAt = (
  session: Session<ServiceReader, ServiceWriter>,
  input: object,
): Look<{service: typeof ecsService}, any> => ({
  input: rolloutCapacity.input.parse(input),
  targets: {service: session.reader},
  run: {id: 'r-1', entry: 'capacity', started: false},
  now: new Date(),
  signal: new AbortController().signal,
});
