import {expect, test} from 'vitest';
import {createAutoscaling} from '../../../lab/aws/autoscaling.ts';
import {createEc2} from '../../../lab/aws/ec2.ts';
import {createIdentity} from '../../../lab/aws/identity.ts';
import {type AwsConfig, awsClients, awsRemarks} from '../../../steps/aws/index.ts';
import {clockText} from '../../../steps/aws/sdk/clock.ts';
import {freeAddressesOf} from '../../../steps/ecs/capacity/subnets.ts';
import {started} from '../../lab/aws/started.ts';

const minute = 60_000;

async function opened() {
  let desired = 1;
  const autoscaling = createAutoscaling({
    targets: {
      'service/shop/web': {
        min: 0,
        max: 4,
        scaled: {
          get: () => desired,
          set: (count) => {
            desired = count;
          },
        },
      },
    },
  });
  return started(
    autoscaling,
    createIdentity().sts,
    createEc2([{id: 'subnet-1', freeAddresses: 9}]),
  );
}

const scaling = (config: AwsConfig) =>
  awsClients(
    config,
    () => import('@aws-sdk/client-application-auto-scaling'),
    (sdk, settings) => new sdk.ApplicationAutoScalingClient(settings),
  );

const target = {
  ServiceNamespace: 'ecs',
  ScalableDimension: 'ecs:service:DesiredCount',
  ResourceId: 'service/shop/web',
} as const;

const write = (clients: ReturnType<typeof scaling>) =>
  clients.ask('service web', ({sdk, writing}) =>
    writing.send(new sdk.RegisterScalableTargetCommand({...target, MinCapacity: 1})),
  );

const read = (clients: ReturnType<typeof scaling>) =>
  clients.ask('service web', ({sdk, reading}) =>
    reading.send(new sdk.DescribeScalableTargetsCommand({ServiceNamespace: 'ecs'})),
  );

test.each([
  {name: 'behind', aheadMs: 7 * minute},
  {name: 'ahead of', aheadMs: -26 * 60 * minute},
])(
  'with a clock $name that of AWS, the very first write is done, and so are reads',
  async ({aheadMs}) => {
    await using lab = await opened();
    lab.endpoint.clock.aheadMs = aheadMs;
    const clients = scaling(lab.config);
    await write(clients);
    await read(clients);
    const described = await read(clients);
    expect(described.ScalableTargets?.map(({MinCapacity}) => MinCapacity)).toEqual([1]);
    // Refused once, and then with the right time.
    expect(lab.endpoint.calls('application-autoscaling', 'RegisterScalableTarget')).toBe(2);
    expect(lab.endpoint.calls('application-autoscaling', 'DescribeScalableTargets')).toBe(2);
  },
);

test('the clock is measured once for all services of an account', async () => {
  await using lab = await opened();
  lab.endpoint.clock.aheadMs = 10 * minute;
  await read(scaling(lab.config));
  const sts = awsClients(
    lab.config,
    () => import('@aws-sdk/client-sts'),
    (sdk, settings) => new sdk.STSClient(settings),
  );
  await sts.ask('the account', ({sdk, reading}) =>
    reading.send(new sdk.GetCallerIdentityCommand({})),
  );
  await write(scaling(lab.config));
  expect(lab.endpoint.calls('sts', 'GetCallerIdentity')).toBe(1);
  expect(lab.endpoint.calls('application-autoscaling', 'RegisterScalableTarget')).toBe(1);
});

test('a call that is signed by hand learns the time, too', async () => {
  await using lab = await opened();
  lab.endpoint.clock.aheadMs = -9 * minute;
  const {ECSClient} = await import('@aws-sdk/client-ecs');
  const {credentials, endpoint} = lab.config;
  const client = new ECSClient({
    region: 'us-east-1',
    endpoint: endpoint ?? '',
    credentials: credentials ? {accessKeyId: 'AKIALAB', secretAccessKey: 'lab-secret'} : [],
  } as never);
  const signal = new AbortController().signal;
  expect(await freeAddressesOf(client, lab.config, ['subnet-1'], signal)).toBe(9);
  expect(lab.endpoint.calls('ec2', 'DescribeSubnets')).toBe(2);
});

test('a clock that is wrong is said, and one that is right is not', async () => {
  await using lab = await opened();
  await read(scaling(lab.config));
  expect(await awsRemarks(lab.config)).toEqual([]);
  lab.endpoint.clock.aheadMs = 7 * minute + 40_000;
  await read(scaling(lab.config));
  expect(await awsRemarks(lab.config)).toEqual([
    expect.stringMatching(/^The clock of this machine is 7 min \d+ s behind AWS's; /),
  ]);
  expect([-3 * 60 * minute - 120_000, 59_000].map(clockText)).toEqual([
    expect.stringMatching(/^The clock of this machine is 3 h 2 min ahead of AWS's; /),
    undefined,
  ]);
});
