import {type Session, SwitcharooError} from '../../../src/index.ts';
import {chosenContainer, type Definition} from '../revision/task-definition.ts';
import type {LogPlace, OneOffCalls, OneOffTask, RunOrder} from './one-off-calls.ts';

/** What a one-off task is started from: the service as it is now. */
export interface RunningService {
  readonly status: string;
  /** The task definition that the service runs. */
  readonly taskDefinition: string;
  readonly containers: readonly string[];
  /** The one that is meant, where that is plain. */
  readonly container: string | undefined;
}

export interface OneOffReader {
  readonly name: string;
  /** What a one-off task would be started from. `named`: the container that is asked for. */
  runningService(named: string | undefined, signal: AbortSignal): Promise<RunningService>;
  /** The task that was started in this name, if AWS shows it: running, or stopped within the last hour. */
  oneOffTask(startedBy: string, signal: AbortSignal): Promise<OneOffTask | undefined>;
  /** The lines of a container's log since this session last asked, and how long there has been none. */
  newLines(
    task: OneOffTask,
    container: string,
    look: {readonly now: Date; readonly signal: AbortSignal},
  ): Promise<{
    readonly lines: readonly string[];
    readonly readable: boolean;
    readonly silentMs: number;
  }>;
}

export interface OneOffOrder {
  readonly startedBy: string;
  readonly clientToken: string;
  readonly container: string | undefined;
  readonly command: readonly string[];
}

export interface OneOffWriter extends OneOffReader {
  /** Starts the task, unless one was started in this name before. */
  runOneOff(order: OneOffOrder, signal: AbortSignal): Promise<void>;
}

/** Remembers what it started and how far each log was read: a list of tasks may be older than the start of one. */
export function openOneOffs(name: string, calls: OneOffCalls): Session<OneOffReader, OneOffWriter> {
  const started = new Map<string, string>();
  const places = new Map<string, LogPlace | undefined>();
  const read = new Map<string, string | undefined>();
  const silent = new Map<string, Date>();

  async function described(named: string | undefined, signal: AbortSignal) {
    const service = await calls.describeService(signal);
    const definition = await calls.describeTaskDefinition(service.taskDefinition ?? '', signal);
    const all = definition.containerDefinitions ?? [];
    const running: RunningService = {
      status: service.status ?? 'ACTIVE',
      taskDefinition: service.taskDefinition ?? '',
      containers: all.flatMap((one) => one.name ?? []),
      container: chosenContainer({...definition, family: definition.family} as Definition, named),
    };
    return {service, running};
  }

  async function placeOf(
    {arn, taskDefinition}: OneOffTask,
    container: string,
    signal: AbortSignal,
  ) {
    const key = `${arn} ${container}`;
    if (!places.has(key)) {
      const {containerDefinitions = []} = await calls.describeTaskDefinition(
        taskDefinition,
        signal,
      );
      const log = containerDefinitions.find((one) => one.name === container)?.logConfiguration;
      const {'awslogs-group': group, 'awslogs-stream-prefix': prefix}: Record<string, string> =
        log?.options ?? {};
      const stream = `${prefix}/${container}/${arn.split('/').at(-1)}`;
      const isKnown = log?.logDriver === 'awslogs' && group !== undefined && prefix !== undefined;
      places.set(key, isKnown ? {group, stream} : undefined);
    }
    return {key, place: places.get(key)};
  }

  const reader: OneOffReader = {
    name,

    runningService: async (named, signal) => (await described(named, signal)).running,

    async oneOffTask(startedBy, signal) {
      const arn = started.get(startedBy);
      const own = arn === undefined ? undefined : await calls.describeTask(arn, signal);
      const [first] = own ? [own] : await calls.tasksStartedBy(startedBy, signal);
      return first;
    },

    async newLines(task, container, {now, signal}) {
      const {key, place} = await placeOf(task, container, signal);
      const part = `${key} ${task.lastStatus === 'STOPPED' ? 'ended' : ''}`;
      const lines: string[] = [];
      for (;;) {
        const before = read.get(key);
        const page = place
          ? await calls.logEvents(place, before, signal)
          : {lines: [], token: undefined};
        lines.push(...page.lines);
        read.set(key, page.token);
        // At the end of a stream the token comes back as it was given; an empty page may stand in the middle.
        if (page.token === before) {
          break;
        }
      }
      // From the end of the task on: while it runs it may be silent as long as it likes.
      const since = lines.length === 0 ? (silent.get(part) ?? now) : now;
      silent.set(part, since);
      const silentMs = now.getTime() - since.getTime();
      return {lines, readable: place !== undefined, silentMs};
    },
  };

  return {
    reader,
    writer: {
      ...reader,
      async runOneOff({startedBy, clientToken, container, command}, signal) {
        if (await reader.oneOffTask(startedBy, signal)) {
          return;
        }
        const {service, running} = await described(container, signal);
        const order = orderFrom(service, running, command);
        signal.throwIfAborted();
        const answer = await calls.runTask({...order, startedBy, clientToken}, signal);
        if (answer.kind === 'refused') {
          throw notPlaced(name, answer.reasons);
        }
        if (answer.kind === 'started') {
          started.set(startedBy, answer.task.arn);
        }
      },
    },
    close: () => calls.close(),
  };
}

function orderFrom(
  service: Awaited<ReturnType<OneOffCalls['describeService']>>,
  {taskDefinition, container}: RunningService,
  command: readonly string[],
): RunOrder {
  const {
    launchType,
    capacityProviderStrategy = [],
    platformVersion,
    networkConfiguration,
  } = service;
  return {
    taskDefinition,
    // One of them: RunTask refuses both.
    ...(capacityProviderStrategy.length > 0
      ? {capacityProviderStrategy}
      : launchType
        ? {launchType}
        : {}),
    ...(platformVersion ? {platformVersion} : {}),
    ...(networkConfiguration ? {networkConfiguration} : {}),
    enableExecuteCommand: service.enableExecuteCommand ?? false,
    overrides: {containerOverrides: [{name: container, command: [...command]}]},
  };
}

const notPlaced = (name: string, reasons: readonly string[]): SwitcharooError =>
  new SwitcharooError({
    code: 'ecs-task-not-placed',
    message: `ECS started no task for the ${name}: ${reasons.join('; ') || 'it gives no reason'}.`,
    hint: 'Make room in the cluster (`switcharoo steps ecs.rollout-capacity` says how it is looked at), then resume: nothing has been started.',
  });
