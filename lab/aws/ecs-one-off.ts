import {createHash} from 'node:crypto';
import {find} from './ecs-definitions.ts';
import * as shapes from './ecs-shapes.ts';
import {type ContainerOverride, type EcsWorld, hexId, lastPart, type Task} from './ecs-state.ts';
import type {Tasks} from './ecs-tasks.ts';
import {AwsError} from './replies.ts';

type Input = Readonly<Record<string, unknown>>;

/** RunTask and ExecuteCommand: tasks that no service keeps. */
export class OneOffs {
  readonly #world: EcsWorld;
  readonly #tasks: Tasks;
  /** By client token: what was asked, and what it led to. */
  readonly #asked = new Map<string, {readonly digest: string; readonly arns: readonly string[]}>();

  constructor(world: EcsWorld, tasks: Tasks) {
    this.#world = world;
    this.#tasks = tasks;
  }

  run(input: Input): object {
    const {clientToken: token, ...order} = input;
    const digest = createHash('sha256').update(JSON.stringify(order)).digest('hex');
    const earlier = this.#earlier(token);
    if (earlier && earlier.digest !== digest) {
      throw new AwsError(
        'ConflictException',
        'The client token was used before with other parameters.',
      );
    }
    if (earlier) {
      return {tasks: this.#shapes(earlier.arns), failures: []};
    }
    const started = this.#start(order);
    const arns = started.flatMap((task) => ('lastStatus' in task ? [task.arn] : []));
    if (typeof token === 'string' && arns.length > 0) {
      this.#asked.set(token, {digest, arns});
    }
    return {
      tasks: this.#shapes(arns),
      failures: started.filter((task) => !('lastStatus' in task)),
    };
  }

  execute(task: Task | undefined, input: Input): object {
    if (input['interactive'] !== true) {
      throw new AwsError(
        'InvalidParameterException',
        'Interactive is the only mode supported currently.',
      );
    }
    if (task?.lastStatus !== 'RUNNING') {
      throw new AwsError('InvalidParameterException', 'The task does not exist or is not running.');
    }
    if (!task.executes) {
      throw new AwsError(
        'InvalidParameterException',
        'The execute command failed because execute command was not enabled when the task was run or the execute command agent isn’t running. Wait and try again or run a new task with execute command enabled and try again.',
      );
    }
    const names = task.definition.containerDefinitions.map(({name}) => name);
    const container = String(input['container'] ?? names[0]);
    if (!names.includes(container)) {
      throw new AwsError('InvalidParameterException', 'Container not found.');
    }
    const id = `ecs-execute-command-${hexId(8)}`;
    return {
      clusterArn: shapes.clusterArn(this.#world),
      taskArn: task.arn,
      containerName: container,
      interactive: true,
      session: {
        sessionId: id,
        streamUrl: `wss://ssmmessages.${this.#world.region}.amazonaws.com/v1/data-channel/${id}?role=publish_subscribe`,
        tokenValue: hexId(32),
      },
    };
  }

  /** The token lives as long as its tasks are shown. */
  #earlier(token: unknown) {
    const earlier = typeof token === 'string' ? this.#asked.get(token) : undefined;
    return earlier?.arns.some((arn) => this.#world.tasks.has(arn)) ? earlier : undefined;
  }

  #start(order: Input): readonly (Task | {arn: string; reason: string})[] {
    const definition = find(this.#world, String(order['taskDefinition'] ?? ''));
    if (!definition) {
      throw new AwsError('ClientException', 'TaskDefinition not found.');
    }
    const count = Number(order['count'] ?? 1);
    const startedBy = order['startedBy'] === undefined ? undefined : String(order['startedBy']);
    if (!(count >= 1 && count <= 10) || !/^[\w/-]{0,128}$/.test(startedBy ?? '')) {
      throw new AwsError('InvalidParameterException', 'count or startedBy is not allowed.');
    }
    if (definition['networkMode'] === 'awsvpc' && order['networkConfiguration'] === undefined) {
      throw new AwsError(
        'InvalidParameterException',
        "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
      );
    }
    const overrides = overridesOf(order);
    const known = definition.containerDefinitions.map(({name}) => name);
    const stranger = overrides.find(({name}) => !known.includes(name));
    if (stranger) {
      throw new AwsError(
        'InvalidParameterException',
        `Override for container named ${stranger.name} is not a container in the TaskDefinition.`,
      );
    }
    const group = String(order['group'] ?? `family:${definition.family}`);
    const executes = order['enableExecuteCommand'] === true;
    return Array.from({length: count}, () =>
      this.#tasks.run(definition, {startedBy, group, overrides, executes}),
    );
  }

  #shapes(arns: readonly string[]): readonly object[] {
    return arns.flatMap((arn) => {
      const task = [...this.#world.tasks.values()].find(
        (candidate) => lastPart(candidate.arn) === lastPart(arn),
      );
      return task ? [shapes.taskShape(this.#world, task)] : [];
    });
  }
}

function overridesOf(order: Input): readonly ContainerOverride[] {
  // A client of the SDK sends the modelled shape, or nothing.
  const {containerOverrides = []} = (order['overrides'] ?? {}) as {
    containerOverrides?: readonly ContainerOverride[];
  };
  return containerOverrides;
}
