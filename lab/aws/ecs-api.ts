import {deregister, find, register} from './ecs-definitions.ts';
import {OneOffs} from './ecs-one-off.ts';
import * as shapes from './ecs-shapes.ts';
import {
  beginDeployment,
  type EcsWorld,
  isInFlight,
  lastPart,
  type Service,
  type Task,
} from './ecs-state.ts';
import type {Tasks} from './ecs-tasks.ts';
import type {AwsReply, AwsRequest} from './endpoint.ts';
import {AwsError, jsonReply} from './replies.ts';

type Input = Readonly<Record<string, unknown>>;

const target = 'AmazonEC2ContainerServiceV20141113.';
const pageSize = 100;

/** The ECS API: JSON 1.1, one method an operation. */
export class EcsApi {
  readonly #world: EcsWorld;
  readonly #tasks: Tasks;
  readonly #oneOffs: OneOffs;
  readonly #staleReadMs: number;

  constructor(world: EcsWorld, tasks: Tasks, staleReadMs: number) {
    this.#world = world;
    this.#tasks = tasks;
    this.#oneOffs = new OneOffs(world, tasks);
    this.#staleReadMs = staleReadMs;
  }

  handle(request: AwsRequest): AwsReply {
    const name = request.headers['x-amz-target'] ?? '';
    const operation = this.#operations[name.slice(target.length)];
    if (!name.startsWith(target) || !operation) {
      throw new AwsError('UnknownOperationException', `${name} is not an operation of this lab.`);
    }
    // The SDK sends an object for every operation.
    return jsonReply(operation(JSON.parse(request.body || '{}') as Input));
  }

  readonly #operations: Readonly<Record<string, (input: Input) => object>> = {
    DescribeClusters: (input) => {
      const names = texts(input['clusters'], ['default']);
      const known = names.filter((name) => lastPart(name) === this.#world.clusterName);
      return {
        clusters: known.map(() => shapes.clusterShape(this.#world)),
        failures: missing(names.filter((name) => !known.includes(name))),
      };
    },

    DescribeServices: (input) => {
      this.#cluster(input);
      const names = texts(input['services'], []);
      if (names.length === 0 || names.length > 10) {
        throw new AwsError(
          'InvalidParameterException',
          names.length === 0
            ? 'Services cannot be empty.'
            : 'Services cannot have more than 10 elements.',
        );
      }
      const found = names.flatMap((name) => this.#world.services.get(lastPart(name)) ?? []);
      const withTags = texts(input['include'], []).includes('TAGS');
      return {
        services: found.map((service) => this.#read(service, withTags)),
        failures: missing(names.filter((name) => !this.#world.services.has(lastPart(name)))),
      };
    },

    RegisterTaskDefinition: (input) => {
      const taskDefinition = register(this.#world, input);
      return {
        taskDefinition,
        tags: this.#world.definitionTags.get(taskDefinition.taskDefinitionArn),
      };
    },

    DescribeTaskDefinition: (input) => {
      const taskDefinition = find(this.#world, text(input, 'taskDefinition'));
      if (!taskDefinition) {
        throw new AwsError('ClientException', 'Unable to describe task definition.');
      }
      const tags = this.#world.definitionTags.get(taskDefinition.taskDefinitionArn);
      return {taskDefinition, ...(texts(input['include'], []).includes('TAGS') ? {tags} : {})};
    },

    DeregisterTaskDefinition: (input) => ({
      taskDefinition: deregister(this.#world, text(input, 'taskDefinition')),
    }),

    ListTaskDefinitions: (input) => {
      const family = input['familyPrefix'];
      const arns = this.#world.definitions
        .filter((one) => family === undefined || one.family === family)
        .filter(({status}) => (input['status'] ?? 'ACTIVE') === status)
        .map(({taskDefinitionArn}) => taskDefinitionArn);
      return paged('taskDefinitionArns', input['sort'] === 'DESC' ? arns.reverse() : arns, input);
    },

    UpdateService: (input) => {
      this.#cluster(input);
      const service = this.#service(text(input, 'service'));
      if (service.status !== 'ACTIVE') {
        throw new AwsError('ServiceNotActiveException', 'Service was not ACTIVE.');
      }
      return {service: this.#update(service, input)};
    },

    RunTask: (input) => {
      this.#cluster(input);
      return this.#oneOffs.run(input);
    },

    ExecuteCommand: (input) => {
      this.#cluster(input);
      const task = this.#task(text(input, 'task'));
      return this.#oneOffs.execute(task, input);
    },

    ListTasks: (input) => {
      this.#cluster(input);
      return paged(
        'taskArns',
        this.#listed(input).map(({arn}) => arn),
        input,
      );
    },

    DescribeTasks: (input) => {
      this.#cluster(input);
      const arns = texts(input['tasks'], []);
      if (arns.length === 0 || arns.length > pageSize) {
        throw new AwsError('InvalidParameterException', 'Tasks must have 1 to 100 elements.');
      }
      const found = arns.map((arn) => this.#task(arn));
      return {
        tasks: found.flatMap((task) => (task ? shapes.taskShape(this.#world, task) : [])),
        failures: missing(arns.filter((_, index) => !found[index])),
      };
    },

    ListServiceDeployments: (input) => {
      const service = this.#service(text(input, 'service'));
      const statuses = texts(input['status'], []);
      const listed = service.history
        .filter(({record}) => statuses.length === 0 || statuses.includes(record.status))
        .map((recorded) => shapes.briefShape(this.#world, service, recorded));
      return paged('serviceDeployments', listed, input);
    },

    DescribeServiceDeployments: (input) => {
      const arns = texts(input['serviceDeploymentArns'], []);
      const found = arns.flatMap((arn) => this.#recorded(arn) ?? []);
      return {
        serviceDeployments: found.map(({service, recorded}) =>
          shapes.serviceDeploymentShape(this.#world, service, recorded),
        ),
        failures: missing(arns.filter((arn) => !this.#recorded(arn))),
      };
    },

    StopServiceDeployment: (input) => {
      const arn = text(input, 'serviceDeploymentArn');
      const found = this.#recorded(arn);
      if (!found) {
        throw new AwsError(
          'ServiceDeploymentNotFoundException',
          "The service deploy ARN that you specified in the StopServiceDeployment doesn't exist.",
        );
      }
      if ((input['stopType'] ?? 'ROLLBACK') !== 'ROLLBACK') {
        throw new AwsError('InvalidParameterException', 'The stop type is not supported.');
      }
      const {record} = found.recorded;
      if (!isInFlight(record)) {
        throw new AwsError('ConflictException', 'The service deployment is not in progress.');
      }
      if (record.status === 'IN_PROGRESS') {
        record.status = 'ROLLBACK_REQUESTED';
      }
      return {serviceDeploymentArn: arn};
    },

    ListContainerInstances: (input) => {
      this.#cluster(input);
      const arns = this.#world.instances.map((one) => shapes.instanceArn(this.#world, one));
      return paged('containerInstanceArns', arns, input);
    },

    DescribeCapacityProviders: (input) => {
      const wanted = texts(input['capacityProviders'], []);
      const shown = this.#world.capacityProviders.filter(
        ({name}) => wanted.length === 0 || wanted.includes(name),
      );
      return {
        capacityProviders: shown.map(({name, managedScaling}) => ({
          name,
          status: 'ACTIVE',
          autoScalingGroupProvider: {managedScaling: {status: managedScaling}},
        })),
        failures: missing(wanted.filter((one) => !shown.some(({name}) => name === one))),
      };
    },

    DescribeContainerInstances: (input) => {
      this.#cluster(input);
      const wanted = texts(input['containerInstances'], []).map(lastPart);
      const known = this.#world.instances.filter(({id}) => wanted.includes(id));
      return {
        containerInstances: known.map((one) =>
          shapes.instanceShape(this.#world, one, this.#tasks.remaining(one)),
        ),
        failures: missing(wanted.filter((id) => !known.some((one) => one.id === id))),
      };
    },
  };

  #update(service: Service, input: Input): object {
    const {taskDefinition, desiredCount} = input;
    const stale = shapes.serviceShape(this.#world, service, true);
    const definition =
      taskDefinition === undefined ? undefined : this.#deployable(service, String(taskDefinition));
    if (desiredCount !== undefined && !(Number(desiredCount) >= 0)) {
      throw new AwsError('InvalidParameterException', 'desiredCount must not be negative.');
    }
    service.desiredCount = Number(desiredCount ?? service.desiredCount);
    this.#configure(service, input['deploymentConfiguration']);
    const [primary] = service.deployments;
    const wanted = definition ?? primary?.taskDefinition;
    if (wanted && (wanted !== primary?.taskDefinition || input['forceNewDeployment'] === true)) {
      beginDeployment(this.#world, service, wanted);
    } else if (primary) {
      primary.desiredCount = service.desiredCount;
    }
    service.stale = {until: Date.now() + this.#staleReadMs, view: stale};
    return shapes.serviceShape(this.#world, service, false);
  }

  #deployable(service: Service, reference: string): string {
    const controller = service.options.controller ?? 'ECS';
    if (controller !== 'ECS') {
      throw new AwsError(
        'InvalidParameterException',
        controller === 'CODE_DEPLOY'
          ? 'Unable to update task definition on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.'
          : 'Unable to update task definition on services with an EXTERNAL deployment controller.',
      );
    }
    const definition = find(this.#world, reference);
    if (!definition) {
      throw new AwsError('ClientException', 'TaskDefinition not found.');
    }
    if (definition.status === 'INACTIVE') {
      throw new AwsError('ClientException', 'TaskDefinition is inactive');
    }
    return definition.taskDefinitionArn;
  }

  #configure(service: Service, configuration: unknown): void {
    // A client of the SDK sends the modelled shape, or nothing.
    const given = (configuration ?? {}) as {
      minimumHealthyPercent?: number;
      maximumPercent?: number;
      deploymentCircuitBreaker?: {enable: boolean; rollback: boolean};
    };
    service.minimumHealthyPercent = given.minimumHealthyPercent ?? service.minimumHealthyPercent;
    service.maximumPercent = given.maximumPercent ?? service.maximumPercent;
    service.circuitBreaker = given.deploymentCircuitBreaker ?? service.circuitBreaker;
  }

  #read(service: Service, withTags: boolean): object {
    return service.stale && Date.now() < service.stale.until
      ? service.stale.view
      : shapes.serviceShape(this.#world, service, withTags);
  }

  #listed(input: Input): readonly Task[] {
    const {serviceName, startedBy, desiredStatus = 'RUNNING', family} = input;
    if (startedBy !== undefined && (serviceName !== undefined || family !== undefined)) {
      throw new AwsError(
        'InvalidParameterException',
        'cannot specify startedBy with any other filters',
      );
    }
    const service = serviceName === undefined ? undefined : this.#service(String(serviceName));
    return [...this.#world.tasks.values()].filter(
      (task) =>
        task.desiredStatus === desiredStatus &&
        (service === undefined || task.service === service) &&
        (startedBy === undefined || task.startedBy === startedBy) &&
        (family === undefined || task.definition.family === family),
    );
  }

  #cluster(input: Input): void {
    if (lastPart(String(input['cluster'] ?? 'default')) !== this.#world.clusterName) {
      throw new AwsError('ClusterNotFoundException', 'Cluster not found.');
    }
  }

  #service(name: string): Service {
    const service = this.#world.services.get(lastPart(name));
    if (!service) {
      throw new AwsError('ServiceNotFoundException', 'Service not found.');
    }
    return service;
  }

  #task(arn: string): Task | undefined {
    return [...this.#world.tasks.values()].find((task) => lastPart(task.arn) === lastPart(arn));
  }

  #recorded(arn: string) {
    for (const service of this.#world.services.values()) {
      const recorded = service.history.find(({record}) => record.arn === arn);
      if (recorded) {
        return {service, recorded};
      }
    }
    return undefined;
  }
}

const missing = (arns: readonly string[]) => arns.map((arn) => ({arn, reason: 'MISSING'}));

const texts = (value: unknown, otherwise: readonly string[]): readonly string[] =>
  Array.isArray(value) ? value.map(String) : otherwise;

function text(input: Input, field: string): string {
  const value = input[field];
  if (typeof value !== 'string' || value === '') {
    throw new AwsError('InvalidParameterException', `${field} can not be blank.`);
  }
  return value;
}

/** One page of a list. The token is opaque to clients; here it is where the next page begins. */
function paged(name: string, all: readonly unknown[], input: Input): object {
  const size = Math.min(Number(input['maxResults'] ?? pageSize), pageSize);
  const start = input['nextToken'] === undefined ? 0 : Number(input['nextToken']);
  if (!Number.isInteger(start) || !(size >= 1)) {
    throw new AwsError('InvalidParameterException', 'Invalid token');
  }
  const end = start + size;
  return {
    [name]: all.slice(start, end),
    ...(end < all.length ? {nextToken: String(end)} : {}),
  };
}
