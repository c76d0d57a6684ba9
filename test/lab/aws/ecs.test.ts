import {
  DescribeClustersCommand,
  DescribeContainerInstancesCommand,
  DescribeServiceDeploymentsCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ListContainerInstancesCommand,
  ListServiceDeploymentsCommand,
  ListTaskDefinitionsCommand,
  ListTasksCommand,
  paginateListTasks,
  RegisterTaskDefinitionCommand,
  type Service,
  StopServiceDeploymentCommand,
  type Task,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import {afterEach, expect, test, vi} from 'vitest';
import type {ServiceOptions} from '../../../lab/aws/ecs-state.ts';
import {type EcsLab, startEcsLab} from './ecs-lab.ts';

let lab: EcsLab;
const web = {cluster: 'shop', service: 'web'};

afterEach(async () => {
  await lab.stop();
  expect(lab.alive()).toBe(0);
});

test('a rollout starts new tasks, moves the load balancer over, and stops the old ones', async () => {
  await begin();
  expect(await served()).toBe('shop:1');
  const old = (await primary()).id;

  lab.ecs.faults.staleReads(1);
  await update(await newRevision('shop:2'));
  // Right after the update a read still shows the old state.
  expect((await primary()).id).toBe(old);
  await waitFor(async () => expect(await deployments()).toEqual(['PRIMARY', 'ACTIVE']));
  await steady();

  expect(await primary()).toMatchObject({
    status: 'PRIMARY',
    rolloutState: 'COMPLETED',
    desiredCount: 2,
    runningCount: 2,
    pendingCount: 0,
    failedTasks: 0,
  });
  expect(await served()).toBe('shop:2');
  expect(lab.alive()).toBe(2);
  const {id = ''} = await primary();
  expect((await events()).slice(0, 2)).toEqual([
    '(service web) has reached a steady state.',
    `(service web) (deployment ${id}) deployment completed.`,
  ]);
  expect(
    (await tasks('STOPPED')).map(({stopCode, stoppedReason}) => [stopCode, stoppedReason]),
  ).toEqual(
    [1, 2].map(() => [
      'ServiceSchedulerInitiated',
      `Scaling activity initiated by (deployment ${id})`,
    ]),
  );
});

test('a service parked at 0 is scaled up and back, and then nothing runs', async () => {
  await begin({desiredCount: 0});
  expect(lab.alive()).toBe(0);

  await lab.ecsClient.send(new UpdateServiceCommand({...web, desiredCount: 2}));
  await steady(2);
  expect(lab.alive()).toBe(2);
  await lab.ecsClient.send(new UpdateServiceCommand({...web, desiredCount: 0}));
  await steady(0);

  await waitFor(async () => expect(lab.alive()).toBe(0));
  expect(lab.balancer.targets()).toEqual([]);
});

test('an image that does not exist trips the circuit breaker, which rolls back', async () => {
  await begin({circuitBreaker: {enable: true, rollback: true}});
  const old = await primary();
  lab.ecs.faults.missingImage('shop:none');

  await update(await newRevision('shop:none'));
  await waitFor(async () => expect((await events()).join()).toContain('rolling back'));
  await steady();

  expect(await primary()).toMatchObject({id: old.id, taskDefinition: old.taskDefinition});
  expect(await served()).toBe('shop:1');
  const failed = (await tasks('STOPPED')).at(-1);
  expect(failed).toMatchObject({
    stopCode: 'TaskFailedToStart',
    stoppedReason:
      'CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref shop:none: shop:none: not found',
  });
  const [newest] =
    (await lab.ecsClient.send(new ListServiceDeploymentsCommand(web))).serviceDeployments ?? [];
  expect(newest).toMatchObject({
    status: 'ROLLBACK_SUCCESSFUL',
    statusReason:
      'Service deployment rolled back because the circuit breaker threshold was exceeded.',
  });
});

test('without rollback the circuit breaker leaves the deployment failed', async () => {
  await begin({circuitBreaker: {enable: true, rollback: false}});
  lab.ecs.faults.crash('shop:2', 3);

  await update(await newRevision('shop:2'));

  await waitFor(async () =>
    expect(await primary()).toMatchObject({
      rolloutState: 'FAILED',
      rolloutStateReason: 'ECS deployment circuit breaker: tasks failed to start.',
    }),
  );
  expect((await tasks('STOPPED'))[0]).toMatchObject({
    stopCode: 'EssentialContainerExited',
    stoppedReason: 'Essential container in task exited',
    containers: [{name: 'shop', exitCode: 3}],
  });
  // The old tasks go on serving.
  expect(await served()).toBe('shop:1');
});

test('tasks that never become healthy are stopped, and the old ones go on serving', async () => {
  await begin({healthCheckGraceMs: 0});
  lab.ecs.faults.unreachable('shop:2');

  await update(await newRevision('shop:2'));
  await waitFor(async () => expect((await tasks('STOPPED')).length).toBeGreaterThan(1));

  const group = `(target-group ${lab.targetGroupArn})`;
  expect((await tasks('STOPPED'))[0]?.stoppedReason).toBe(
    `Task failed ELB health checks in ${group}`,
  );
  expect(await events()).toContain(
    `(service web) (port 18080) is unhealthy in ${group} due to (reason Health checks failed).`,
  );
  expect(await primary()).toMatchObject({rolloutState: 'IN_PROGRESS'});
  expect(await served()).toBe('shop:1');
});

test('a task that finds no room is not started, and an event says why', async () => {
  await begin();
  lab.ecs.faults.noCapacity('MEMORY');

  await update(await newRevision('shop:2'));

  await waitFor(async () =>
    expect(await events()).toContain(
      '(service web) was unable to place a task because no container instance met all of its requirements. Reason: The closest matching (container-instance i-0a1b2c3d4e5f60718) has insufficient memory available. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.',
    ),
  );
  lab.ecs.faults.clear();
  await steady();
  expect(await served()).toBe('shop:2');
});

test('percentages that allow neither a start nor a stop lock the rollout, and an event says so', async () => {
  await begin({desiredCount: 1, minimumHealthyPercent: 100, maximumPercent: 100});

  await update(await newRevision('shop:2'));

  await waitFor(async () =>
    expect((await events())[0]).toBe(
      '(service web) was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.',
    ),
  );
});

test('a deployment in flight can be stopped, which rolls it back; a finished one cannot', async () => {
  await begin();
  const old = await primary();
  lab.ecs.faults.unreachable('shop:2');
  await update(await newRevision('shop:2'));
  const [inFlight] =
    (await lab.ecsClient.send(new ListServiceDeploymentsCommand({...web, status: ['IN_PROGRESS']})))
      .serviceDeployments ?? [];
  const serviceDeploymentArn = inFlight?.serviceDeploymentArn;

  await lab.ecsClient.send(
    new StopServiceDeploymentCommand({serviceDeploymentArn, stopType: 'ROLLBACK'}),
  );
  await waitFor(async () =>
    expect((await described(serviceDeploymentArn))?.status).toBe('ROLLBACK_SUCCESSFUL'),
  );

  expect(await described(serviceDeploymentArn)).toMatchObject({
    rollback: {reason: 'Service deployment rolled back because of a user request.'},
    deploymentCircuitBreaker: {status: 'DISABLED', threshold: 3},
  });
  expect(await primary()).toMatchObject({id: old.id, rolloutState: 'COMPLETED'});
  await expect(
    lab.ecsClient.send(new StopServiceDeploymentCommand({serviceDeploymentArn})),
  ).rejects.toMatchObject({name: 'ConflictException'});
});

test('a crashed task is replaced', async () => {
  await begin();
  const [victim] = await tasks('RUNNING');
  const address = victim?.containers?.[0]?.networkInterfaces?.[0]?.privateIpv4Address;

  lab.ecs.faults.crash('shop:1', 137);
  await waitFor(async () => expect((await tasks('STOPPED')).length).toBeGreaterThan(0));
  lab.ecs.faults.clear();

  await waitFor(async () => {
    const running = await tasks('RUNNING');
    expect(running.map(({lastStatus}) => lastStatus)).toEqual(['RUNNING', 'RUNNING']);
    expect(JSON.stringify(running)).not.toContain(`"${address}"`);
  });
});

test('the reading operations answer as the API model says, in pages', async () => {
  await begin({desiredCount: 3});
  const client = lab.ecsClient;
  const found = await client.send(new DescribeClustersCommand({clusters: ['shop', 'none']}));
  expect(found.clusters).toMatchObject([
    {clusterName: 'shop', status: 'ACTIVE', runningTasksCount: 3},
  ]);
  expect(found.failures).toEqual([{arn: 'none', reason: 'MISSING'}]);

  const pages = [];
  for await (const page of paginateListTasks(
    {client, pageSize: 2},
    {cluster: 'shop', serviceName: 'web'},
  )) {
    pages.push(page.taskArns?.length);
  }
  expect(pages).toEqual([2, 1]);
  const {id} = await primary();
  const byStarter = await client.send(new ListTasksCommand({cluster: 'shop', startedBy: id}));
  expect(byStarter.taskArns?.length).toBe(3);

  const both = new DescribeServicesCommand({
    cluster: 'shop',
    services: ['web', 'none'],
    include: ['TAGS'],
  });
  const services = await client.send(both);
  expect(services.services?.[0]?.tags).toEqual([{key: 'team', value: 'shop'}]);
  expect(services.failures).toEqual([{arn: 'none', reason: 'MISSING'}]);

  const {containerInstanceArns: containerInstances} = await client.send(
    new ListContainerInstancesCommand({cluster: 'shop'}),
  );
  const instances = await client.send(
    new DescribeContainerInstancesCommand({cluster: 'shop', containerInstances}),
  );
  expect(instances.containerInstances?.[0]?.remainingResources?.slice(0, 2)).toMatchObject([
    {name: 'CPU', integerValue: 8_192 - 3 * 256},
    {name: 'MEMORY', integerValue: 16_384 - 3 * 512},
  ]);
});

test('task definitions are numbered within their family, filled in, and listed newest first on request', async () => {
  await begin({desiredCount: 0});
  const arn = await newRevision('shop:2');

  const listed = await lab.ecsClient.send(
    new ListTaskDefinitionsCommand({familyPrefix: 'web', sort: 'DESC'}),
  );
  expect(listed.taskDefinitionArns?.map((one) => one.split('/')[1])).toEqual(['web:2', 'web:1']);
  const {taskDefinition, tags} = await lab.ecsClient.send(
    new DescribeTaskDefinitionCommand({taskDefinition: arn, include: ['TAGS']}),
  );
  expect(tags).toEqual([{key: 'made-by', value: 'test'}]);
  expect(taskDefinition).toMatchObject({
    taskDefinitionArn: arn,
    revision: 2,
    status: 'ACTIVE',
    containerDefinitions: [
      {image: 'shop:2', cpu: 0, portMappings: [{protocol: 'tcp', hostPort: 0}]},
    ],
  });
});

test('refusals carry the names that the SDK knows', async () => {
  await begin({desiredCount: 0, controller: 'CODE_DEPLOY'});
  const client = lab.ecsClient;
  const refusals = [
    client.send(new DescribeServicesCommand({cluster: 'none', services: ['web']})),
    client.send(new UpdateServiceCommand({cluster: 'shop', service: 'none'})),
    client.send(new DescribeTaskDefinitionCommand({taskDefinition: 'none'})),
    client.send(new UpdateServiceCommand({...web, taskDefinition: 'web:1'})),
    client.send(new ListTasksCommand({cluster: 'shop', startedBy: 'x', serviceName: 'web'})),
    client.send(new StopServiceDeploymentCommand({serviceDeploymentArn: 'none'})),
  ];
  const names = (await Promise.allSettled(refusals)).map((one) =>
    one.status === 'rejected' ? one.reason.name : 'accepted',
  );
  expect(names).toEqual([
    'ClusterNotFoundException',
    'ServiceNotFoundException',
    'ClientException',
    'InvalidParameterException',
    'InvalidParameterException',
    'ServiceDeploymentNotFoundException',
  ]);
});

test('the load balancer is described as the ELBv2 API does it', async () => {
  await begin();
  const client = lab.elbClient;
  const {LoadBalancers} = await client.send(new DescribeLoadBalancersCommand({Names: ['shop']}));
  const {Listeners} = await client.send(
    new DescribeListenersCommand({LoadBalancerArn: LoadBalancers?.[0]?.LoadBalancerArn}),
  );
  const TargetGroupArn = Listeners?.[0]?.DefaultActions?.[0]?.TargetGroupArn;
  expect(TargetGroupArn).toBe(lab.targetGroupArn);
  const {TargetGroups} = await client.send(new DescribeTargetGroupsCommand({Names: ['shop']}));
  expect(TargetGroups).toMatchObject([
    {TargetGroupArn, TargetType: 'ip', HealthCheckPath: '/health'},
  ]);

  const health = await client.send(new DescribeTargetHealthCommand({TargetGroupArn}));
  expect(health.TargetHealthDescriptions?.map(({TargetHealth}) => TargetHealth)).toEqual([
    {State: 'healthy'},
    {State: 'healthy'},
  ]);
  const asked = new DescribeTargetHealthCommand({TargetGroupArn, Targets: [{Id: '10.0.0.1'}]});
  expect((await client.send(asked)).TargetHealthDescriptions?.[0]?.TargetHealth).toEqual({
    State: 'unused',
    Reason: 'Target.NotRegistered',
    Description: 'Target is not registered to the target group',
  });
  await expect(
    client.send(new DescribeTargetHealthCommand({TargetGroupArn: 'none'})),
  ).rejects.toMatchObject({name: 'TargetGroupNotFoundException'});
});

async function begin(options: Partial<ServiceOptions> = {}): Promise<void> {
  lab = await startEcsLab(options);
  await lab.ecs.steady();
}

async function newRevision(image: string): Promise<string> {
  const {taskDefinition} = await lab.ecsClient.send(
    new RegisterTaskDefinitionCommand({
      family: 'web',
      containerDefinitions: [
        {name: 'shop', image, memory: 256, portMappings: [{containerPort: 18_080}]},
      ],
      tags: [{key: 'made-by', value: 'test'}],
    }),
  );
  return taskDefinition?.taskDefinitionArn ?? '';
}

const update = (taskDefinition: string) =>
  lab.ecsClient.send(new UpdateServiceCommand({...web, taskDefinition}));

async function service(): Promise<Service> {
  const found = await lab.ecsClient.send(
    new DescribeServicesCommand({cluster: 'shop', services: ['web']}),
  );
  return found.services?.[0] ?? {};
}

const primary = async () => (await service()).deployments?.[0] ?? {};
const deployments = async () => (await service()).deployments?.map(({status}) => status);
const events = async () => ((await service()).events ?? []).map(({message = ''}) => message);

async function tasks(desiredStatus: 'RUNNING' | 'STOPPED'): Promise<Task[]> {
  const {taskArns = []} = await lab.ecsClient.send(
    new ListTasksCommand({cluster: 'shop', serviceName: 'web', desiredStatus}),
  );
  if (taskArns.length === 0) {
    return [];
  }
  return (
    (await lab.ecsClient.send(new DescribeTasksCommand({cluster: 'shop', tasks: taskArns})))
      .tasks ?? []
  );
}

async function described(arn: string | undefined) {
  const found = await lab.ecsClient.send(
    new DescribeServiceDeploymentsCommand({serviceDeploymentArns: [arn ?? '']}),
  );
  return found.serviceDeployments?.[0];
}

async function served(): Promise<string> {
  const {address, port} = lab.balancer;
  return (await fetch(`http://${address}:${port}/`, {headers: {connection: 'close'}})).text();
}

const steady = (running = 2) =>
  waitFor(async () => {
    const {deployments: all = [], runningCount} = await service();
    expect([all.length, all[0]?.rolloutState, runningCount]).toEqual([1, 'COMPLETED', running]);
  });

const waitFor = (assertion: () => Promise<void>) =>
  vi.waitFor(assertion, {timeout: 60_000, interval: 25});
