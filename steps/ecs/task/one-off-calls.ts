import type {
  Failure,
  RunTaskCommandInput,
  Service,
  Task,
  TaskDefinition,
} from '@aws-sdk/client-ecs';
import {type AwsConfig, readingClient, writingClient} from '../../aws/client.ts';
import type {EcsNames} from '../api/aws-calls.ts';
import {lazyClients} from '../api/clients.ts';
import {describedService, describedTasks, listedTasks} from '../api/reads.ts';

/** A task that RunTask started. */
export interface OneOffTask {
  readonly arn: string;
  readonly taskDefinition: string;
  readonly lastStatus: string;
  readonly stopCode?: string;
  readonly stoppedReason?: string;
  readonly containers: readonly {
    readonly name: string;
    readonly exitCode?: number;
    readonly reason?: string;
    readonly runtimeId?: string;
  }[];
  readonly canBeEntered: boolean;
}

/** How a task of the service is started: its definition, its network and where it runs. */
export type RunOrder = Omit<RunTaskCommandInput, 'cluster' | 'count'>;

export interface LogPlace {
  readonly group: string;
  readonly stream: string;
  readonly region?: string;
}

export interface OneOffCalls {
  describeService(signal: AbortSignal): Promise<Service>;
  describeTaskDefinition(reference: string, signal: AbortSignal): Promise<TaskDefinition>;
  tasksStartedBy(startedBy: string, signal: AbortSignal): Promise<readonly OneOffTask[]>;
  tasksOfService(signal: AbortSignal): Promise<readonly OneOffTask[]>;
  describeTask(arn: string, signal: AbortSignal): Promise<OneOffTask | undefined>;
  /** Sent once: the client token makes it one, whoever sends it again. */
  runTask(order: RunOrder, signal: AbortSignal): Promise<Started>;
  executeCommand(
    asked: {readonly task: string; readonly container: string; readonly command: string},
    signal: AbortSignal,
  ): Promise<{readonly sessionId: string; readonly streamUrl: string; readonly tokenValue: string}>;
  /** The events after `token`; none while the stream is not there. */
  logEvents(
    place: LogPlace,
    token: string | undefined,
    signal: AbortSignal,
  ): Promise<{readonly lines: readonly string[]; readonly token: string | undefined}>;
  close(): Promise<void>;
}

export type Started =
  | {readonly kind: 'started'; readonly task: OneOffTask}
  /** The token was used before, with other parameters: a task was started then. */
  | {readonly kind: 'started-before'}
  | {readonly kind: 'refused'; readonly reasons: readonly string[]};

export function oneOffCalls(config: AwsConfig & EcsNames): OneOffCalls {
  const {cluster, service} = config;
  const {ask, close} = lazyClients(
    config,
    () => openClients(config),
    ({reading, writing, logging}) => [reading, writing, logging],
  );

  const described = async (arns: readonly string[], abortSignal: AbortSignal) =>
    (await ask((clients) => describedTasks(clients, cluster, arns, abortSignal))).map(taskOf);

  const listed = (
    filter: {readonly startedBy: string} | {readonly serviceName: string},
    desiredStatus: 'RUNNING' | 'STOPPED',
    abortSignal: AbortSignal,
  ) => ask((clients) => listedTasks(clients, {cluster, desiredStatus, ...filter}, abortSignal));

  return {
    describeService: (abortSignal) =>
      ask((clients) => describedService(clients, config, abortSignal)),

    describeTaskDefinition: (taskDefinition, abortSignal) =>
      ask(async ({ecs, reading}) => {
        const command = new ecs.DescribeTaskDefinitionCommand({taskDefinition});
        return (await reading.send(command, {abortSignal})).taskDefinition ?? {};
      }),

    tasksStartedBy: async (startedBy, abortSignal) => {
      // "startedBy" must be the only filter, and a list shows tasks of one desired status. In this order one that stops between is in both.
      const running = await listed({startedBy}, 'RUNNING', abortSignal);
      const stopped = await listed({startedBy}, 'STOPPED', abortSignal);
      return described([...new Set([...running, ...stopped])], abortSignal);
    },

    tasksOfService: async (abortSignal) =>
      described(await listed({serviceName: service}, 'RUNNING', abortSignal), abortSignal),

    describeTask: async (arn, abortSignal) => (await described([arn], abortSignal))[0],

    runTask: (order, abortSignal) =>
      ask(async ({ecs, writing}) => {
        try {
          const command = new ecs.RunTaskCommand({...order, cluster, count: 1});
          const {tasks = [], failures = []} = await writing.send(command, {abortSignal});
          const [task] = tasks;
          // 200 means nothing by itself: what was not placed stands in `failures`.
          return task
            ? {kind: 'started', task: taskOf(task)}
            : {kind: 'refused', reasons: failures.map(failureText)};
        } catch (error) {
          if (error instanceof Error && error.name === 'ConflictException') {
            return {kind: 'started-before'};
          }
          throw error;
        }
      }),

    executeCommand: (asked, abortSignal) =>
      ask(async ({ecs, writing}) => {
        const command = new ecs.ExecuteCommandCommand({cluster, interactive: true, ...asked});
        const {session} = await writing.send(command, {abortSignal});
        return {
          sessionId: session?.sessionId ?? '',
          streamUrl: session?.streamUrl ?? '',
          tokenValue: session?.tokenValue ?? '',
        };
      }),

    logEvents: ({group, stream}, token, abortSignal) =>
      ask(async ({logs, logging}) => {
        const command = new logs.GetLogEventsCommand({
          logGroupName: group,
          logStreamName: stream,
          startFromHead: true,
          ...(token === undefined ? {} : {nextToken: token}),
        });
        try {
          const {events = [], nextForwardToken} = await logging.send(command, {abortSignal});
          return {lines: events.map(({message = ''}) => message), token: nextForwardToken ?? token};
        } catch (error) {
          // The driver makes the stream with the first line.
          if (error instanceof Error && error.name === 'ResourceNotFoundException') {
            return {lines: [], token};
          }
          throw error;
        }
      }),

    close,
  };
}

async function openClients(config: AwsConfig) {
  const [ecs, logs] = await Promise.all([
    import('@aws-sdk/client-ecs'),
    import('@aws-sdk/client-cloudwatch-logs'),
  ]);
  return {
    ecs,
    logs,
    reading: new ecs.ECSClient(readingClient(config)),
    writing: new ecs.ECSClient(writingClient(config)),
    logging: new logs.CloudWatchLogsClient(readingClient(config)),
  };
}

const failureText = ({arn, reason, detail}: Failure): string =>
  `${reason ?? 'no reason given'}${arn ? ` on ${arn.split('/').at(-1)}` : ''}${detail ? ` (${detail})` : ''}`;

const taskOf = (task: Task): OneOffTask => ({
  arn: task.taskArn ?? '',
  taskDefinition: task.taskDefinitionArn ?? '',
  lastStatus: task.lastStatus ?? '',
  ...(task.stopCode ? {stopCode: task.stopCode} : {}),
  ...(task.stoppedReason ? {stoppedReason: task.stoppedReason} : {}),
  containers: (task.containers ?? []).map(({name = '', exitCode, reason, runtimeId}) => ({
    name,
    ...(exitCode === undefined ? {} : {exitCode}),
    ...(reason ? {reason} : {}),
    ...(runtimeId ? {runtimeId} : {}),
  })),
  canBeEntered: task.enableExecuteCommand ?? false,
});
