import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import {DescribeServicesCommand} from '@aws-sdk/client-ecs';
import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {type EcsLab, startEcsLab} from '../lab/aws/ecs-lab.ts';
import {type Desk, openDesk} from './switcharoo.ts';

// A deployment goes back whole: task definition, desired count, the ways in which it scales, weights at the load
// balancer.
const runbook = 'test/cli/runbooks/roll-service.ts';
let lab: EcsLab;
let desk: Desk;
let inventory: string;
let scaling: ApplicationAutoScalingClient;
let start: unknown;

beforeAll(async () => {
  lab = await startEcsLab(
    {desiredCount: 2, circuitBreaker: {enable: true, rollback: true}},
    {targetGroups: ['canary']},
  );
  await lab.ecs.steady();
  desk = openDesk();
  const {accessKeyId = '', secretAccessKey = ''} = lab.config.credentials ?? {};
  writeFileSync(join(desk.stateFolder, 'secret'), secretAccessKey);
  const aws = `endpoint: '${lab.config.endpoint}', credentials: {accessKeyId: ${accessKeyId}, secretAccessKey: {file: ${join(desk.stateFolder, 'secret')}}}`;
  inventory = join(desk.stateFolder, 'small.yaml');
  writeFileSync(
    inventory,
    `name: small
targets:
  service: {kind: ecs-service, cluster: shop, service: web, ${aws}}
  balancer: {kind: load-balancer, loadBalancer: shop, ${aws}}
`,
  );
  scaling = new ApplicationAutoScalingClient(lab.config as never);
  // Somebody has suspended one of the three before: that is how it must be afterwards.
  await scaling.send(
    new RegisterScalableTargetCommand({
      ServiceNamespace: 'ecs',
      ScalableDimension: 'ecs:service:DesiredCount',
      ResourceId: 'service/shop/web',
      SuspendedState: {DynamicScalingInSuspended: true},
    }),
  );
  start = await picture();
});

afterAll(async () => {
  scaling.destroy();
  await lab.stop();
  await desk.clear();
});

const words = (image: string, ...more: readonly string[]) => [
  ...['run', runbook, '-i', inventory, '--yes'],
  ...['--param', `image=${image}`, '--param', `port=${lab.balancer.port}`, ...more],
];

test('after a rollout that worked, reverse gives back all of it', async () => {
  const ended = await desk.run(...words('shop:2'));
  expect(ended.code, ended.stdout + ended.stderr).toBe(0);
  expect(await picture()).toEqual({
    taskDefinition: expect.stringMatching(/:task-definition\/web:2$/),
    desiredCount: 3,
    forward: {shop: 100, canary: 0},
    suspended: suspended({DynamicScalingInSuspended: true}),
  });
  const back = await desk.run('reverse', '--yes');
  expect(back.code, back.stdout + back.stderr).toBe(0);
  expect(await picture()).toEqual(start);
});

test('a rollout that the circuit breaker rolls back is reversed with all that came before it', async () => {
  lab.ecs.faults.crash('shop:3', 3);
  const ended = await desk.run(...words('shop:3', '--on-failure', 'reverse'));
  lab.ecs.faults.clear();
  expect(ended.code, ended.stdout + ended.stderr).toBe(4);
  expect(ended.stderr.replaceAll(/\s+/g, ' ')).toMatch(
    /has rolled the service .* back from web:\d+ to web:1: Essential container in task exited \(exit code 3\)/,
  );
  expect(await picture()).toEqual(start);
});

test('killed during the rollout, it goes back from there', async () => {
  const first = desk.start(...words('shop:4'));
  await first.said('deploy: applied on service: update the service');
  first.child.kill('SIGKILL');
  await first.ended;
  const back = await desk.run('reverse', '--yes');
  expect(back.code, back.stdout + back.stderr).toBe(0);
  expect(await picture()).toEqual(start);
});

async function picture() {
  const asked = {cluster: 'shop', services: ['web']};
  const [service] = (await lab.ecsClient.send(new DescribeServicesCommand(asked))).services ?? [];
  const named = new DescribeLoadBalancersCommand({Names: ['shop']});
  const [balancer] = (await lab.elbClient.send(named)).LoadBalancers ?? [];
  const of = new DescribeListenersCommand({LoadBalancerArn: balancer?.LoadBalancerArn});
  const [listener] = (await lab.elbClient.send(of)).Listeners ?? [];
  const groups = listener?.DefaultActions?.[0]?.ForwardConfig?.TargetGroups ?? [];
  const ids = {ServiceNamespace: 'ecs' as const, ResourceIds: ['service/shop/web']};
  const {ScalableTargets = []} = await scaling.send(new DescribeScalableTargetsCommand(ids));
  return {
    taskDefinition: service?.taskDefinition,
    desiredCount: service?.desiredCount,
    forward: Object.fromEntries(
      groups.map(({TargetGroupArn = '', Weight}) => [TargetGroupArn.split('/').at(-2), Weight]),
    ),
    suspended: ScalableTargets[0]?.SuspendedState,
  };
}

const suspended = (so: object) => ({
  DynamicScalingInSuspended: false,
  DynamicScalingOutSuspended: false,
  ScheduledScalingSuspended: false,
  ...so,
});
