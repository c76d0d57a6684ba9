import {createEcs, type Ecs, type EcsOptions, type LaunchRequest} from './aws/ecs.ts';
import type {ShiftingStrategy} from './aws/ecs-strategy.ts';
import {arnsOf, groupArnOf} from './aws/elb-arns.ts';
import type {Logs} from './aws/logs.ts';
import type {Deployment} from './deployment.ts';
import type {LoadBalancer} from './load-balancer.ts';
import {memoryMiBOf} from './memory.ts';
import {programOf} from './program.ts';
import type {Site} from './site.ts';

const region = 'us-east-1';

/** How ECS deploys the service. All but ROLLING shift traffic between two target groups. */
export type Strategy = 'ROLLING' | ShiftingStrategy['kind'];

/** The second target group of a service that shifts traffic. */
export const alternateGroup = 'shop-green';
/** A minute of the service's bake time and steps: nobody would wait for them in a rehearsal. */
const minuteMs = 500;

interface ShopServiceOptions extends Pick<Deployment, 'secretOf' | 'isThere'> {
  readonly strategy: Strategy;
  readonly divideTraffic: EcsOptions['divideTraffic'];
}

/** The ECS service of the application: it runs no task until it is deployed. */
export function createShopService(
  site: Site,
  loadBalancer: LoadBalancer,
  logs: Logs,
  {strategy, divideTraffic, secretOf, isThere}: ShopServiceOptions,
): Ecs {
  return createEcs({
    clusterName: 'shop',
    network: site.network.prefix,
    region,
    loadBalancer,
    minuteMs,
    ...(divideTraffic ? {divideTraffic} : {}),
    launch: launcherOf(site),
    logs,
    secretOf,
    isThere,
    taskDefinitions: [taskDefinitionOf(site)],
    services: [serviceOf(site, strategy)],
  });
}

/** Starts a process in place of a container. */
function launcherOf({processes}: Site) {
  let launched = 0;
  return async ({image, environment, address, command, log}: LaunchRequest) => {
    launched += 1;
    const [program = 'true', ...args] = command ?? programOf('app/shop');
    const env = {...environment, VERSION: image, LISTEN_ADDRESS: address, LOCAL_ADDRESS: address};
    const task = processes.spawn(`task-${launched}`, program, args, {env, onLine: log});
    return {
      exited: task.exited.then(({code}) => ({code: code ?? 137})),
      stop: (graceMs: number) => task.stop(graceMs),
      memoryMiB: () => memoryMiBOf(task.pid),
    };
  };
}

const taskDefinitionOf = ({network, ports, passwords}: Site) => ({
  family: 'shop',
  networkMode: 'awsvpc',
  containerDefinitions: [
    {
      name: 'shop',
      image: 'registry.lab/shop:1',
      cpu: 256,
      memory: 256,
      essential: true,
      portMappings: [{containerPort: ports.web}],
      logConfiguration: {
        logDriver: 'awslogs',
        options: {
          'awslogs-group': '/ecs/shop',
          'awslogs-region': region,
          'awslogs-stream-prefix': 'shop',
        },
      },
      environment: Object.entries({
        DATABASE_USER: 'shop',
        DATABASE_PASSWORD: passwords.shop,
        DATABASE_NAME: 'shop',
        DATABASE_HOST: network.db1,
        DATABASE_PORT: String(ports.source),
        PORT: String(ports.web),
        SIDE: 'new',
      }).map(([name, value]) => ({name, value})),
    },
  ],
});

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
