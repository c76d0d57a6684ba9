import {once} from 'node:events';
import {createServer, type IncomingMessage} from 'node:http';
import type {AddressInfo} from 'node:net';
import type {Session} from '../../../src/index.ts';
import type {ServiceReader, ServiceWriter} from '../../../steps/ecs/contract.ts';
import {ecsService} from '../../../steps/ecs/target.ts';

type Json = Readonly<Record<string, unknown>>;

/** What AWS answers for one service: what people's real services have, and what later versions of ECS will have. */
export interface Estate {
  readonly definition?: Json;
  readonly service?: Json;
  readonly task?: Json;
  readonly targets?: readonly string[];
  readonly instances?: readonly Json[];
  readonly capacityProviders?: readonly Json[];
}

export interface ServedEstate {
  readonly session: Session<ServiceReader, ServiceWriter>;
  /** Every write, in order. */
  readonly writes: {readonly operation: string; readonly input: Json}[];
  readonly service: () => Json;
  /** As somebody else would do it. */
  deregister(reference: string): void;
  stop(): Promise<void>;
}

const arn = (rest: string) => `arn:aws:ecs:us-east-1:111122223333:${rest}`;
const definitionArn = (revision: number) => arn(`task-definition/web:${revision}`);
const at = Date.parse('2026-11-01T00:00:00Z') / 1_000;

/** AWS, as far as one service goes, in its own JSON: nothing here knows what the SDK knows. */
export async function serveEstate(estate: Estate): Promise<ServedEstate> {
  const writes: ServedEstate['writes'] = [];
  const world = worldOf(estate);
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const target = String(request.headers['x-amz-target'] ?? '');
    if (target === '') {
      response.setHeader('content-type', 'text/xml').end(targetHealth(estate.targets ?? []));
      return;
    }
    const operation = target.split('.')[1] ?? '';
    const input: Json = JSON.parse(body || '{}');
    if (/^(?:Register|Deregister|Update|Run)/.test(operation)) {
      writes.push({operation, input});
    }
    const answer = world.answer(operation, input);
    response.statusCode = '__type' in answer ? 400 : 200;
    response.setHeader('content-type', 'application/x-amz-json-1.1').end(JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address() as AddressInfo;
  const config = ecsService.config.parse({
    ...{cluster: 'c', service: 'web', region: 'us-east-1', endpoint: `http://127.0.0.1:${port}`},
    credentials: {accessKeyId: 'AKIALAB', secretAccessKey: 'lab-secret'},
  });
  const {signal} = new AbortController();
  const session = await ecsService.open(config, {name: 'service', signal});
  return {
    session,
    writes,
    service: () => world.service,
    deregister: (reference) => world.deregister(reference),
    stop: async () => {
      await session.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

function worldOf({definition = {}, service: given = {}, task = {}, ...estate}: Estate) {
  const definitions = new Map<string, Json>([[definitionArn(1), described(1, definition)]]);
  let service: Json = {
    serviceArn: arn('service/c/web'),
    serviceName: 'web',
    status: 'ACTIVE',
    desiredCount: 1,
    runningCount: 1,
    pendingCount: 0,
    launchType: 'FARGATE',
    schedulingStrategy: 'REPLICA',
    deploymentController: {type: 'ECS'},
    taskDefinition: definitionArn(1),
    deploymentConfiguration: {maximumPercent: 200, minimumHealthyPercent: 100},
    deployments: [deployment(1, definitionArn(1))],
    events: [],
    loadBalancers: [],
    ...given,
  };
  const refuse = (type: string, message: string): Json => ({__type: type, message});
  const find = (reference: unknown) => {
    const name = String(reference).split('/').at(-1) ?? '';
    return definitions.get(arn(`task-definition/${name}`));
  };
  const register = (input: Json): Json => {
    const revision = definitions.size + 1;
    definitions.set(definitionArn(revision), described(revision, input));
    return {taskDefinition: definitions.get(definitionArn(revision))};
  };
  const update = (input: Json): Json => {
    const next = find(input['taskDefinition']);
    if (service['schedulingStrategy'] === 'DAEMON' && 'desiredCount' in input) {
      return refuse(
        'InvalidParameterException',
        'The daemon scheduling strategy does not support a desired count for services.',
      );
    }
    if (next?.['status'] !== 'ACTIVE') {
      return refuse('ClientException', 'TaskDefinition is inactive');
    }
    const count = Number(input['desiredCount'] ?? service['desiredCount']);
    const taskDefinition = String(next['taskDefinitionArn']);
    service = {
      ...service,
      ...{taskDefinition, desiredCount: count, runningCount: count},
      deployments: [deployment(writesSoFar(), taskDefinition)],
    };
    return {service};
  };
  let updates = 1;
  const writesSoFar = () => {
    updates += 1;
    return updates;
  };
  const tasks = () =>
    Array.from({length: Number(service['runningCount'])}, (_, index) => ({
      taskArn: arn(`task/c/t${index}`),
      taskDefinitionArn: service['taskDefinition'],
      startedBy: (service['deployments'] as Json[])[0]?.['id'],
      ...{lastStatus: 'RUNNING', desiredStatus: 'RUNNING', healthStatus: 'UNKNOWN', startedAt: at},
      containers: [{name: 'app', lastStatus: 'RUNNING', networkInterfaces: []}],
      ...task,
    }));
  const reads: Readonly<Record<string, (input: Json) => Json>> = {
    DescribeServices: () => ({services: [service], failures: []}),
    DescribeTaskDefinition: ({taskDefinition}) => {
      const found = find(taskDefinition);
      return found
        ? {taskDefinition: found, tags: []}
        : refuse('ClientException', 'Unable to describe task definition.');
    },
    ListTaskDefinitions: () => ({
      taskDefinitionArns: [...definitions]
        .filter(([, {status}]) => status === 'ACTIVE')
        .map(([name]) => name)
        .reverse(),
    }),
    ListTasks: ({desiredStatus, startedBy}) => ({
      taskArns: desiredStatus === 'STOPPED' || startedBy ? [] : tasks().map(({taskArn}) => taskArn),
    }),
    DescribeTasks: () => ({tasks: tasks(), failures: []}),
    ListContainerInstances: () => ({
      containerInstanceArns: (estate.instances ?? []).map((each) => each['containerInstanceArn']),
    }),
    DescribeContainerInstances: () => ({containerInstances: estate.instances ?? []}),
    DescribeCapacityProviders: () => ({capacityProviders: estate.capacityProviders ?? []}),
    RegisterTaskDefinition: register,
    UpdateService: update,
    RunTask: ({taskDefinition}) => ({
      tasks: [{taskArn: arn('task/c/one'), taskDefinitionArn: taskDefinition, containers: []}],
      failures: [],
    }),
  };
  return {
    answer: (operation: string, input: Json): Json =>
      reads[operation]?.(input) ?? refuse('AccessDeniedException', `${operation} is not for you`),
    get service() {
      return service;
    },
    deregister: (reference: string) => {
      const found = find(reference);
      definitions.set(String(found?.['taskDefinitionArn']), {...found, status: 'INACTIVE'});
    },
  };
}

const described = (revision: number, definition: Json): Json => ({
  family: 'web',
  networkMode: 'awsvpc',
  cpu: '256',
  memory: '512',
  containerDefinitions: [
    {name: 'app', image: 'reg/app:1', environment: [{name: 'A', value: '1'}], essential: true},
  ],
  ...definition,
  taskDefinitionArn: definitionArn(revision),
  revision,
  status: 'ACTIVE',
});

const deployment = (number: number, taskDefinition: string): Json => ({
  id: `ecs-svc/${number}`,
  status: 'PRIMARY',
  taskDefinition,
  ...{desiredCount: 1, runningCount: 1, pendingCount: 0, failedTasks: 0},
  rolloutState: 'COMPLETED',
  ...{createdAt: at, updatedAt: at},
});

const targetHealth = (ids: readonly string[]) => `<DescribeTargetHealthResponse
 xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><DescribeTargetHealthResult><TargetHealthDescriptions>${ids
   .map(
     (id) =>
       `<member><Target><Id>${id}</Id></Target><TargetHealth><State>healthy</State></TargetHealth></member>`,
   )
   .join(
     '',
   )}</TargetHealthDescriptions></DescribeTargetHealthResult></DescribeTargetHealthResponse>`;

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) {
    body += chunk;
  }
  return body;
}
