import type {Failure, Task, TaskDefinition} from '@aws-sdk/client-ecs';
import type {ServiceAccess} from '../api/access.ts';
import {
  describeServiceWhole,
  describeTaskDefinition,
  describeTasks,
  listTasks,
} from '../api/reads.ts';
import type {OneOffTask} from '../contract.ts';
import type {
  DescribedService,
  ExecRequest,
  ExecSession,
  LogPage,
  LogStream,
  OneOffCalls,
  RunOrder,
  Started,
} from './calls.ts';

/** The calls around one-off tasks through the AWS SDK. */
export class AwsOneOffCalls implements OneOffCalls {
  readonly #access: ServiceAccess;

  constructor(access: ServiceAccess) {
    this.#access = access;
  }

  describeService(signal: AbortSignal): Promise<DescribedService> {
    return describeServiceWhole(this.#access, signal);
  }

  describeTaskDefinition(reference: string, signal: AbortSignal): Promise<TaskDefinition> {
    return describeTaskDefinition(this.#access, reference, signal);
  }

  async tasksStartedBy(startedBy: string, signal: AbortSignal): Promise<readonly OneOffTask[]> {
    // "startedBy" must be the only filter, and a list shows tasks of one desired status.
    // In this order a task that stops between the two calls is in both lists.
    const filter = {startedBy};
    const running = await listTasks(this.#access, {...filter, desiredStatus: 'RUNNING'}, signal);
    const stopped = await listTasks(this.#access, {...filter, desiredStatus: 'STOPPED'}, signal);
    return this.#described([...new Set([...running, ...stopped])], signal);
  }

  async tasksOfService(signal: AbortSignal): Promise<readonly OneOffTask[]> {
    const {service: serviceName} = this.#access.config;
    const filter = {serviceName, desiredStatus: 'RUNNING'} as const;
    return this.#described(await listTasks(this.#access, filter, signal), signal);
  }

  async describeTask(arn: string, signal: AbortSignal): Promise<OneOffTask | undefined> {
    return (await this.#described([arn], signal))[0];
  }

  runTask(order: RunOrder, abortSignal: AbortSignal): Promise<Started> {
    return this.#access.ecs(async ({sdk, writing}) => {
      try {
        const {cluster} = this.#access.config;
        const command = new sdk.RunTaskCommand({...order, cluster, count: 1});
        const {tasks = [], failures = []} = await writing.send(command, {abortSignal});
        const [task] = tasks;
        // RunTask answers 200 for a task that it could not place, too: `failures` says why.
        return task
          ? {kind: 'started', task: taskOf(task)}
          : {kind: 'refused', reasons: failures.map(failureText)};
      } catch (error) {
        if (error instanceof Error && error.name === 'ConflictException') {
          return {kind: 'started-before'};
        }
        throw error;
      }
    });
  }

  executeCommand(request: ExecRequest, abortSignal: AbortSignal): Promise<ExecSession> {
    return this.#access.ecs(async ({sdk, writing}) => {
      const {cluster} = this.#access.config;
      const command = new sdk.ExecuteCommandCommand({cluster, interactive: true, ...request});
      const {session} = await writing.send(command, {abortSignal});
      return {
        sessionId: session?.sessionId ?? '',
        streamUrl: session?.streamUrl ?? '',
        tokenValue: session?.tokenValue ?? '',
      };
    });
  }

  logEvents(
    {group, stream}: LogStream,
    token: string | undefined,
    abortSignal: AbortSignal,
  ): Promise<LogPage> {
    return this.#access.logs(async ({sdk, reading}) => {
      const command = new sdk.GetLogEventsCommand({
        logGroupName: group,
        logStreamName: stream,
        startFromHead: true,
        ...(token === undefined ? {} : {nextToken: token}),
      });
      try {
        const {events = [], nextForwardToken} = await reading.send(command, {abortSignal});
        return {lines: events.map(({message = ''}) => message), token: nextForwardToken ?? token};
      } catch (error) {
        // The driver creates the stream with the first line.
        if (error instanceof Error && error.name === 'ResourceNotFoundException') {
          return {lines: [], token};
        }
        throw error;
      }
    });
  }

  async #described(arns: readonly string[], signal: AbortSignal): Promise<readonly OneOffTask[]> {
    return (await describeTasks(this.#access, arns, signal)).map(taskOf);
  }
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
