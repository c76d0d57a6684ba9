import {createEcs, type Ecs, type EcsOptions, type LaunchRequest} from './aws/ecs.ts';
import type {ShiftingStrategy} from './aws/ecs-strategy.ts';
import {arnsOf, groupArnOf} from './aws/elb-arns.ts';
import type {Logs} from './aws/logs.ts';
import {type Deployment, registryName} from './deployment.ts';
import type {LoadBalancer} from './load-balancer.ts';
import {memoryMiBOf} from './memory.ts';
import {programOf} from './program.ts';
import {mailsFile, type Site} from './site.ts';

const region = 'us-east-1';

/** How ECS deploys the service. All but ROLLING shift traffic between two target groups. */
export type Strategy = 'ROLLING' | ShiftingStrategy['kind'];

/** The second target group of a service that shifts traffic. */
export const alternateGroup = 'shop-green';
/** A minute of the service's bake time and steps: nobody would wait for them in a rehearsal. */
const minuteMs = 500;

interface ShopServiceOptions extends Pick<Deployment, 'secretOf' | 'isThere' | 'putDocument'> {
  readonly strategy: Strategy;
  readonly divideTraffic: EcsOptions['divideTraffic'];
}

/** The ECS services of the application and of its worker: they run no task until they are deployed and started. */
export function createShopService(
  site: Site,
  loadBalancer: LoadBalancer,
  logs: Logs,
  {strategy, divideTraffic, secretOf, isThere, putDocument}: ShopServiceOptions,
): Ecs {
  return createEcs({
    clusterName: 'shop',
    network: site.network.prefix,
    region,
    loadBalancer,
    minuteMs,
    ...(divideTraffic ? {divideTraffic} : {}),
    launch: launcherOf(site, putDocument),
    logs,
    secretOf,
    isThere,
    taskDefinitions: [taskDefinitionOf(site), workerDefinitionOf(site)],
    services: [serviceOf(site, strategy), workerService],
  });
}

/** Starts a process in place of a container. */
function launcherOf({processes, busy}: Site, putDocument: Deployment['putDocument']) {
  let launched = 0;
  return async ({image, environment, address, command, log}: LaunchRequest) => {
    launched += 1;
    const [program = 'true', ...args] = command ?? programOf(environment['PROGRAM'] ?? 'app/shop');
    const env = {...environment, VERSION: image, LISTEN_ADDRESS: address, LOCAL_ADDRESS: address};
    const name = `task-${launched}`;
    const task = processes.spawn(name, program, args, {env, onLine: log});
    const documents =
      busy && environment['SIDE'] === 'new' ? writeDocuments(name, putDocument) : undefined;
    void task.exited.then(() => clearInterval(documents));
    return {
      exited: task.exited.then(({code}) => ({code: code ?? 137})),
      stop: (graceMs: number) => {
        clearInterval(documents);
        return task.stop(graceMs);
      },
      memoryMiB: () => memoryMiBOf(task.pid),
    };
  };
}

const documentEveryMs = 400;

/** What the application of the new side puts into its bucket while it runs. */
function writeDocuments(task: string, put: Deployment['putDocument']): NodeJS.Timeout {
  let written = 0;
  return setInterval(() => {
    written += 1;
    put(`new side/${task}-${written}.txt`, `Document ${written} of ${task}\n`);
  }, documentEveryMs);
}

/** What the images of the lab are for, and who pulls them. */
const platform = {
  executionRoleArn: 'arn:aws:iam::123456789012:role/shop-execution',
  runtimePlatform: {cpuArchitecture: 'X86_64', operatingSystemFamily: 'LINUX'},
};

const taskDefinitionOf = (site: Site) => ({
  family: 'shop',
  ...platform,
  networkMode: 'awsvpc',
  containerDefinitions: [
    {
      ...containerOf(site, 'shop', {PORT: String(site.ports.web), SIDE: 'new'}),
      portMappings: [{containerPort: site.ports.web}],
    },
  ],
});

/** Works without a visitor: nothing reaches it through the load balancer. */
const workerDefinitionOf = (site: Site) => ({
  family: 'worker',
  ...platform,
  networkMode: 'awsvpc',
  containerDefinitions: [containerOf(site, 'worker', {PROGRAM: 'app/worker'})],
});

const containerOf = (site: Site, name: string, environment: Readonly<Record<string, string>>) => ({
  name,
  image: `${registryName}/shop:1`,
  cpu: 256,
  memory: 256,
  essential: true,
  logConfiguration: {
    logDriver: 'awslogs',
    options: {
      'awslogs-group': `/ecs/${name}`,
      'awslogs-region': region,
      'awslogs-stream-prefix': name,
    },
  },
  environment: Object.entries({
    DATABASE_USER: 'shop',
    DATABASE_PASSWORD: site.passwords.shop,
    DATABASE_NAME: 'shop',
    DATABASE_HOST: site.network.db1,
    DATABASE_PORT: String(site.ports.source),
    MAILS_FILE: mailsFile(site),
    ...environment,
  }).map(([key, value]) => ({name: key, value})),
});

const workerService = {
  name: 'worker',
  taskDefinition: 'worker:1',
  desiredCount: 0,
  circuitBreaker: {enable: true, rollback: true},
};

const serviceOf = ({ports}: Site, strategy: Strategy) => ({
  name: 'shop',
  taskDefinition: 'shop:1',
  desiredCount: 0,
  ...(strategy === 'ROLLING' ? {} : {strategy: shifting(strategy)}),
  circuitBreaker: {enable: true, rollback: true},
  healthCheckGraceMs: 5_000,
  targetGroup: {
    arn: arnsOf({name: 'shop', region}).targetGroup,
    containerName: 'shop',
    containerPort: ports.web,
  },
});

/** Steps of half the traffic: two of them are a whole shift. */
const shifting = (kind: ShiftingStrategy['kind']): ShiftingStrategy => ({
  kind,
  bakeMinutes: 3,
  alternateTargetGroup: groupArnOf({name: 'shop', region}, alternateGroup),
  ...(kind === 'BLUE_GREEN' ? {} : {percent: 50, stepMinutes: 2}),
});
