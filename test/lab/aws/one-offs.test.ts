import {
  ApplicationAutoScalingClient,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import {CloudWatchClient, GetMetricDataCommand} from '@aws-sdk/client-cloudwatch';
import {CloudWatchLogsClient, GetLogEventsCommand} from '@aws-sdk/client-cloudwatch-logs';
import {
  DescribeContainerInstancesCommand,
  DescribeTasksCommand,
  ExecuteCommandCommand,
  ListContainerInstancesCommand,
  RunTaskCommand,
} from '@aws-sdk/client-ecs';
import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  ModifyRuleCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import {afterAll, beforeAll, expect, test, vi} from 'vitest';
import {type EcsLab, startEcsLab} from './ecs-lab.ts';
import {refusalOf} from './started.ts';

let lab: EcsLab;
let logs: CloudWatchLogsClient;
let metrics: CloudWatchClient;
let scaling: ApplicationAutoScalingClient;

beforeAll(async () => {
  lab = await startEcsLab({desiredCount: 1});
  await lab.ecs.steady();
  logs = new CloudWatchLogsClient(lab.config as never);
  metrics = new CloudWatchClient(lab.config as never);
  scaling = new ApplicationAutoScalingClient(lab.config as never);
});

afterAll(async () => {
  for (const client of [logs, metrics, scaling]) {
    client.destroy();
  }
  await lab.stop();
});

const order = (script: string, clientToken: string) =>
  new RunTaskCommand({
    cluster: 'shop',
    taskDefinition: 'web',
    clientToken,
    startedBy: 'test/one',
    networkConfiguration: {awsvpcConfiguration: {subnets: ['subnet-0lab1']}},
    overrides: {containerOverrides: [{name: 'shop', command: ['sh', '-c', script]}]},
  });

test('RunTask starts one task for one token, and refuses the token for anything else', async () => {
  const one = await lab.ecsClient.send(order('exit 3', 'token-1'));
  const two = await lab.ecsClient.send(order('exit 3', 'token-1'));
  expect(two.tasks?.map(({taskArn}) => taskArn)).toEqual(one.tasks?.map(({taskArn}) => taskArn));
  expect(await refusalOf(lab.ecsClient.send(order('exit 4', 'token-1')))).toMatchObject({
    name: 'ConflictException',
  });
  const tasks = one.tasks?.map(({taskArn = ''}) => taskArn) ?? [];
  await vi.waitFor(
    async () => {
      const asked = new DescribeTasksCommand({cluster: 'shop', tasks});
      const [task] = (await lab.ecsClient.send(asked)).tasks ?? [];
      expect(task).toMatchObject({
        lastStatus: 'STOPPED',
        stopCode: 'EssentialContainerExited',
        startedBy: 'test/one',
        group: 'family:web',
        containers: [{name: 'shop', exitCode: 3}],
      });
    },
    {timeout: 60_000},
  );
});

test('RunTask answers 200 with failures where nothing fits', async () => {
  lab.ecs.faults.noCapacity('CPU');
  const {tasks, failures} = await lab.ecsClient.send(order('true', 'token-2'));
  lab.ecs.faults.clear();
  expect({tasks, failures}).toEqual({
    tasks: [],
    failures: [{arn: expect.stringContaining(':container-instance/'), reason: 'RESOURCE:CPU'}],
  });
});

test('GetLogEvents reads a log in pages, and gives the token back at its end', async () => {
  const {tasks} = await lab.ecsClient.send(order('for n in 1 2 3; do echo $n; done', 'token-3'));
  const id = tasks?.[0]?.taskArn?.split('/').at(-1);
  const asked = {logGroupName: '/ecs/web', logStreamName: `web/shop/${id}`, startFromHead: true};
  const page = (nextToken?: string) =>
    logs.send(new GetLogEventsCommand({...asked, limit: 2, ...(nextToken ? {nextToken} : {})}));
  await vi.waitFor(
    async () => expect((await logs.send(new GetLogEventsCommand(asked))).events).toHaveLength(3),
    {timeout: 60_000},
  );
  const first = await page();
  const second = await page(first.nextForwardToken);
  const end = await page(second.nextForwardToken);
  expect([first, second, end].map(({events}) => events?.map(({message}) => message))).toEqual([
    ['1', '2'],
    ['3'],
    [],
  ]);
  expect(end.nextForwardToken).toBe(second.nextForwardToken);
  const nowhere = new GetLogEventsCommand({...asked, logStreamName: 'web/shop/none'});
  expect(await refusalOf(logs.send(nowhere))).toEqual({
    name: 'ResourceNotFoundException',
    message: 'The specified log stream does not exist.',
  });
});

test('ExecuteCommand refuses a task that was started without it', async () => {
  const {tasks} = await lab.ecsClient.send(order('exec sleep 20', 'token-4'));
  const task = tasks?.[0]?.taskArn ?? '';
  await vi.waitFor(
    async () => {
      const asked = new DescribeTasksCommand({cluster: 'shop', tasks: [task]});
      expect((await lab.ecsClient.send(asked)).tasks?.[0]?.lastStatus).toBe('RUNNING');
    },
    {timeout: 60_000},
  );
  const enter = new ExecuteCommandCommand({
    cluster: 'shop',
    task,
    command: '/bin/sh',
    interactive: true,
  });
  expect(await refusalOf(lab.ecsClient.send(enter))).toMatchObject({
    name: 'InvalidParameterException',
    message: expect.stringContaining('execute command was not enabled when the task was run'),
  });
});

test('a container instance shows what its tasks have left, and CloudWatch what they use', async () => {
  const asked = await lab.ecsClient.send(new ListContainerInstancesCommand({cluster: 'shop'}));
  const {containerInstanceArns: containerInstances} = asked;
  const {containerInstances: found = []} = await lab.ecsClient.send(
    new DescribeContainerInstancesCommand({cluster: 'shop', containerInstances}),
  );
  const left = found[0]?.remainingResources?.find(({name}) => name === 'CPU')?.integerValue ?? 0;
  const all = found[0]?.registeredResources?.find(({name}) => name === 'CPU')?.integerValue ?? 0;
  expect((all - left) % 256).toBe(0);
  expect(all).toBeGreaterThan(left);

  const {MetricDataResults = []} = await metrics.send(
    new GetMetricDataCommand({
      StartTime: new Date(Date.now() - 3_600_000),
      EndTime: new Date(),
      MetricDataQueries: [
        {
          Id: 'memory',
          MetricStat: {
            Stat: 'Maximum',
            Period: 60,
            Metric: {
              Namespace: 'AWS/ECS',
              MetricName: 'MemoryUtilization',
              Dimensions: [
                {Name: 'ClusterName', Value: 'shop'},
                {Name: 'ServiceName', Value: 'web'},
              ],
            },
          },
        },
      ],
    }),
  );
  const [memory] = MetricDataResults;
  // A Node process of some dozens of MiB, of 512.
  expect(memory?.Values?.[0]).toBeGreaterThan(1);
  expect(memory?.Values?.[0]).toBeLessThan(100);
});

test('a default rule cannot be modified as a rule, and a service that is not there is not scaled', async () => {
  const named = new DescribeLoadBalancersCommand({Names: ['shop']});
  const [balancer] = (await lab.elbClient.send(named)).LoadBalancers ?? [];
  const of = new DescribeListenersCommand({LoadBalancerArn: balancer?.LoadBalancerArn});
  const [listener] = (await lab.elbClient.send(of)).Listeners ?? [];
  const asked = new DescribeRulesCommand({ListenerArn: listener?.ListenerArn});
  const [rule] = (await lab.elbClient.send(asked)).Rules ?? [];
  expect(rule).toMatchObject({
    IsDefault: true,
    Priority: 'default',
    Actions: [
      {
        Type: 'forward',
        TargetGroupArn: lab.targetGroupArn,
        ForwardConfig: {TargetGroups: [{TargetGroupArn: lab.targetGroupArn, Weight: 1}]},
      },
    ],
  });
  const modify = new ModifyRuleCommand({
    RuleArn: rule?.RuleArn,
    Actions: [{Type: 'forward', TargetGroupArn: lab.targetGroupArn}],
  });
  expect((await refusalOf(lab.elbClient.send(modify))).message).toContain('cannot be modified');
  const stranger = new RegisterScalableTargetCommand({
    ServiceNamespace: 'ecs',
    ScalableDimension: 'ecs:service:DesiredCount',
    ResourceId: 'service/shop/none',
  });
  expect(await refusalOf(scaling.send(stranger))).toMatchObject({name: 'ValidationException'});
});
