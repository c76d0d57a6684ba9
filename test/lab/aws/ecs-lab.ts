import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {ECSClient} from '@aws-sdk/client-ecs';
import {ElasticLoadBalancingV2Client} from '@aws-sdk/client-elastic-load-balancing-v2';
import {type Autoscaling, createAutoscaling} from '../../../lab/aws/autoscaling.ts';
import {createCloudWatch} from '../../../lab/aws/cloudwatch.ts';
import {createEc2} from '../../../lab/aws/ec2.ts';
import {
  createEcs,
  type Ecs,
  type EcsOptions,
  type LaunchRequest,
  type RunningTask,
} from '../../../lab/aws/ecs.ts';
import {labSubnets} from '../../../lab/aws/ecs-shapes.ts';
import type {ServiceOptions} from '../../../lab/aws/ecs-state.ts';
import {createElb} from '../../../lab/aws/elb.ts';
import {arnsOf} from '../../../lab/aws/elb-arns.ts';
import type {Rules} from '../../../lab/aws/elb-rules.ts';
import {type AwsEndpoint, startAwsEndpoint} from '../../../lab/aws/endpoint.ts';
import {createLogs} from '../../../lab/aws/logs.ts';
import type {AwsService} from '../../../lab/aws/service.ts';
import {createServiceQuotas, fargateQuotas} from '../../../lab/aws/service-quotas.ts';
import {type LoadBalancer, startLoadBalancer} from '../../../lab/load-balancer.ts';
import {memoryMiBOf} from '../../../lab/memory.ts';
import type {AwsConfig} from '../../../steps/aws/index.ts';
import {endWithTest} from '../../end-with-test.ts';

/** A cluster with one service `web`, whose tasks are small real web servers. */
export interface EcsLab {
  readonly ecs: Ecs;
  readonly autoscaling: Autoscaling;
  readonly cloudwatch: AwsService;
  readonly endpoint: AwsEndpoint;
  readonly balancer: LoadBalancer;
  readonly targetGroupArn: string;
  readonly config: AwsConfig;
  readonly ecsClient: ECSClient;
  readonly elbClient: ElasticLoadBalancingV2Client;
  /** How many processes of tasks are alive. */
  alive(): number;
  stop(): Promise<void>;
}

const port = 18_080;
const credentials = {accessKeyId: 'AKIALAB', secretAccessKey: 'lab-secret'};

export async function startEcsLab(
  service: Partial<ServiceOptions> = {},
  {
    targetGroups = [],
    region = 'us-east-1',
    freeAddresses = 200,
    vcpu = {most: 64, used: 0.5},
    more = [],
    ...cluster
  }: Partial<
    Pick<EcsOptions, 'instances' | 'capacityProviders' | 'taskDefinitions' | 'minuteMs'>
  > & {
    readonly targetGroups?: readonly string[];
    readonly region?: string;
    /** Of both subnets together. */
    readonly freeAddresses?: number;
    /** What Fargate gives the account at most, and what runs there already. */
    readonly vcpu?: {readonly most: number; readonly used: number};
    /** Further services of AWS at the same endpoint. */
    readonly more?: readonly AwsService[];
  } = {},
): Promise<EcsLab> {
  const network = `127.${random()}.${random()}.`;
  const balancer = await startLoadBalancer({
    address: `${network}100`,
    port: 0,
    healthPath: '/health',
    intervalMs: 20,
    drainMs: 50,
  });
  const {targetGroup: targetGroupArn} = arnsOf({name: 'shop', region});
  const processes = new Set<RunningTask>();
  const logs = createLogs({ingestMs: 150});
  // The scheduler has its first turn before the load balancer has an API.
  let rules: Rules | undefined;
  const ecs = createEcs({
    clusterName: 'shop',
    region,
    network,
    tickMs: 20,
    staleReadMs: 60,
    loadBalancer: balancer,
    divideTraffic: (weights) => rules?.divide(weights),
    logs,
    launch: async (request) => {
      const task = await (request.command ? launchCommand(request) : launchSmallServer(request));
      processes.add(task);
      void task.exited.then(() => processes.delete(task));
      return task;
    },
    ...cluster,
    taskDefinitions: cluster.taskDefinitions ?? [
      {
        family: 'web',
        networkMode: 'awsvpc',
        containerDefinitions: [
          {
            name: 'shop',
            image: 'shop:1',
            cpu: 256,
            memory: 512,
            essential: true,
            environment: [
              {name: 'DATABASE_HOST', value: 'db1'},
              {name: 'DATABASE_PASSWORD', value: 'old-secret'},
            ],
            portMappings: [{containerPort: port}],
            logConfiguration: {
              logDriver: 'awslogs',
              options: {'awslogs-group': '/ecs/web', 'awslogs-stream-prefix': 'web'},
            },
          },
        ],
      },
    ],
    services: [
      {
        name: 'web',
        taskDefinition: 'web:1',
        desiredCount: 2,
        targetGroup: {arn: targetGroupArn, containerName: 'shop', containerPort: port},
        healthCheckGraceMs: 2_000,
        tags: [{key: 'team', value: 'shop'}],
        ...service,
      },
    ],
  });
  const elb = createElb({name: 'shop', region, loadBalancer: balancer, targetGroups});
  rules = elb.rules;
  const cloudwatch = createCloudWatch(({name, dimensions}) =>
    name === 'MemoryUtilization'
      ? ecs.memoryUse(dimensions['ServiceName'] ?? '')
      : [vcpu.used].filter(() => dimensions['Class'] === 'Standard/OnDemand'),
  );
  const ec2 = createEc2(
    labSubnets.map((id, index) => ({id, freeAddresses: index === 0 ? freeAddresses : 0})),
  );
  const quotas = createServiceQuotas(fargateQuotas(vcpu.most));
  const autoscaling = createAutoscaling({
    targets: {'service/shop/web': {min: 1, max: 6, scaled: ecs.scaled('web')}},
    region,
  });
  const endpoint = await startAwsEndpoint({
    services: [ecs, elb, logs, autoscaling, cloudwatch, ec2, quotas, ...more],
    credentials,
  });
  const config = {region, endpoint: endpoint.url, credentials};
  const ecsClient = new ECSClient(config);
  const elbClient = new ElasticLoadBalancingV2Client(config);
  return {
    ecs,
    autoscaling,
    cloudwatch,
    endpoint,
    balancer,
    targetGroupArn,
    config,
    ecsClient,
    elbClient,
    alive: () => processes.size,
    stop: async () => {
      ecsClient.destroy();
      elbClient.destroy();
      await ecs.stop();
      await Promise.all([...processes].map((task) => task.stop(0)));
      await Promise.all([endpoint.stop(), balancer.stop()]);
    },
  };
}

const random = (): number => 1 + Math.floor(Math.random() * 250);

const smallServer = `
  require('node:http')
    .createServer((request, response) => response.end(process.env.IMAGE))
    .listen(Number(process.env.PORT), process.env.ADDRESS, () => console.log('ready'));
`;

/** What RunTask was told to run, as a real process. */
async function launchCommand(request: LaunchRequest): Promise<RunningTask> {
  const [program = 'true', ...args] = request.command ?? [];
  const child = spawn(program, args, {
    env: {PATH: process.env['PATH'], ...request.environment},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  endWithTest(child);
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({input: stream}).on('line', request.log);
  }
  const exited = once(child, 'close').then(([code]) => ({code: code as number | null}));
  return {
    exited,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function launchSmallServer(request: LaunchRequest): Promise<RunningTask> {
  const child = spawn(process.execPath, ['-e', smallServer], {
    env: {
      ...request.environment,
      ADDRESS: request.address,
      PORT: String(request.port),
      IMAGE: request.image,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  endWithTest(child);
  const exited = once(child, 'exit').then(([code]) => ({code: code as number | null}));
  await Promise.race([once(child.stdout, 'data'), exited]);
  return {
    exited,
    memoryMiB: () => memoryMiBOf(child.pid),
    stop: async (graceMs) => {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await exited;
      clearTimeout(late);
    },
  };
}
