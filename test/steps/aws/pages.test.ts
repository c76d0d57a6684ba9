import {afterAll, beforeAll, expect, test} from 'vitest';
import {createRds} from '../../../lab/aws/rds.ts';
import {createServiceQuotas, fargateQuotas} from '../../../lab/aws/service-quotas.ts';
import {createSsm} from '../../../lab/aws/ssm.ts';
import {describeCluster} from '../../../steps/aurora/cluster/cluster-state.ts';
import {rdsClients} from '../../../steps/aurora/cluster/rds.ts';
import {RdsRestore} from '../../../steps/aurora/restore/rds-restore.ts';
import {ServiceAccess} from '../../../steps/ecs/api/access.ts';
import {capacityReader} from '../../../steps/ecs/capacity/cluster.ts';
import {AwsRolloutCalls} from '../../../steps/ecs/rollout/aws-calls.ts';
import {AwsScalingCalls} from '../../../steps/ecs/scaling/aws-calls.ts';
import {AwsBalancerCalls} from '../../../steps/elb/balancer/aws-calls.ts';
import {SecretPlaces} from '../../../steps/settings/store/secret-places.ts';
import {type EcsLab, startEcsLab} from '../../lab/aws/ecs-lab.ts';
import {started} from '../../lab/aws/started.ts';

const {signal} = new AbortController();

let lab: EcsLab;
let access: ServiceAccess;
beforeAll(async () => {
  lab = await startEcsLab({}, {instances: [{id: 'i-1', cpu: 2_048, memory: 4_096}]});
  access = new ServiceAccess({...lab.config, cluster: 'shop', service: 'web'});
});
afterAll(async () => {
  await access.close();
  await lab.stop();
});

const balancer = () => new AwsBalancerCalls({...lab.config, loadBalancer: 'shop'});
const rollout = () => new AwsRolloutCalls(access);

interface Listing {
  readonly operation: string;
  readonly service: string;
  read(): Promise<unknown>;
}

const lists: readonly Listing[] = [
  {
    service: 'ecs',
    operation: 'ListTaskDefinitions',
    read: () => rollout().listRevisions('web', signal),
  },
  {
    service: 'ecs',
    operation: 'ListTasks',
    read: async () => (await rollout().describeTasks(signal)).map(({arn}) => arn).sort(),
  },
  {
    service: 'ecs',
    operation: 'ListContainerInstances',
    read: async () => (await capacityReader(access).instances(signal)).map(({id}) => id),
  },
  {
    service: 'application-autoscaling',
    operation: 'DescribeScalableTargets',
    read: () => new AwsScalingCalls(access).describe(signal),
  },
  {
    service: 'monitoring',
    operation: 'GetMetricData',
    read: async () => (await capacityReader(access).memoryUse(new Date(), signal)).kind,
  },
  {
    service: 'elasticloadbalancing',
    operation: 'DescribeLoadBalancers',
    read: () => balancer().describe(signal),
  },
  {
    service: 'elasticloadbalancing',
    operation: 'DescribeListeners',
    read: async () => balancer().listeners((await balancer().describe(signal)).arn, signal),
  },
  {
    service: 'elasticloadbalancing',
    operation: 'DescribeTargetGroups',
    read: () => balancer().groups([lab.targetGroupArn], signal),
  },
  {
    service: 'elasticloadbalancing',
    operation: 'DescribeRules',
    read: async () => {
      const {arn} = await balancer().describe(signal);
      const [listener] = await balancer().listeners(arn, signal);
      return balancer().rules(listener?.arn ?? '', signal);
    },
  },
];

test.each(lists)(
  '$operation is read on after an empty page',
  async ({service, operation, read}) => {
    const answer = await read();
    const before = lab.endpoint.calls(service, operation);
    lab.endpoint.faults.add({service, operation, kind: 'empty-page'});
    expect(await read()).toEqual(answer);
    expect(lab.endpoint.calls(service, operation)).toBeGreaterThan(before + 1);
    expect(answer).not.toEqual([]);
    expect(answer).toBeDefined();
  },
);

test('a parameter is found behind an empty page of Parameter Store', async () => {
  await using ssm = await started(createSsm({parameters: {'/shop/key': 'secret'}}));
  ssm.endpoint.faults.add({service: 'ssm', kind: 'empty-page', times: 2});
  const places = new SecretPlaces('shop', ssm.config);
  expect(await places.valueFrom({ssm: '/shop/key'}, signal)).toBe(
    'arn:aws:ssm:us-east-1:123456789012:parameter/shop/key',
  );
  await places.close();
});

test('a cluster and its instances are found behind empty pages of RDS', async () => {
  const cluster = {identifier: 'shop', endpoint: '127.0.0.1', port: 3_306};
  await using aws = await started(createRds({clusters: [cluster]}));
  const rds = rdsClients(aws.config);
  const restore = new RdsRestore(rds, 'shop', {user: 'admin', password: 'secret'});
  const read = async () => [
    await describeCluster(rds, 'shop', signal),
    await restore.cluster(signal),
  ];
  const answer = await read();
  for (const operation of ['DescribeDBClusters', 'DescribeDBInstances']) {
    aws.endpoint.faults.add({service: 'rds', operation, kind: 'empty-page', times: 2});
  }
  expect(await read()).toEqual(answer);
  expect(answer).not.toContain(null);
  await rds.close();
});

const vcpu = (reader: ReturnType<typeof capacityReader>) =>
  reader.freeVcpu('FARGATE', new Date(), signal);

test('a quota that nobody has raised is the default of AWS', async () => {
  const quotas = createServiceQuotas([], {defaults: fargateQuotas(6)});
  await using aws = await started(quotas, lab.cloudwatch);
  const own = new ServiceAccess({...aws.config, cluster: 'shop', service: 'web'});
  expect(await vcpu(capacityReader(own))).toMatchObject({kind: 'measured', free: 5.5});
  await own.close();
});

test.each([
  {name: 'a quota that the service does not know', service: 'servicequotas', kind: 'refuse'},
  {name: 'a right that is missing', service: 'servicequotas', kind: 'deny'},
  {name: 'figures that may not be read', service: 'monitoring', kind: 'deny'},
] as const)('$name is not measured, and no failure', async ({service, kind}) => {
  const code = {code: 'NoSuchResourceException', status: 400};
  lab.endpoint.faults.add({service, kind, ...(kind === 'refuse' ? code : {}), times: 2});
  expect(await vcpu(capacityReader(access))).toMatchObject({
    kind: 'not-measured',
    why: expect.stringMatching(/NoSuchResourceException|does not allow/),
  });
  lab.endpoint.faults.clear();
});
