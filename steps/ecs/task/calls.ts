import type {RunTaskCommandInput, Service, TaskDefinition} from '@aws-sdk/client-ecs';
import type {UnknownField} from '../../aws/index.ts';
import type {OneOffTask} from '../contract.ts';

/** How a task of the service is started: its definition, its network and where it runs. */
export type RunOrder = Omit<RunTaskCommandInput, 'cluster' | 'count'>;

export interface DescribedService {
  readonly service: Service;
  readonly unknown: readonly UnknownField[];
}

export interface LogStream {
  readonly group: string;
  readonly stream: string;
}

export interface ExecRequest {
  readonly task: string;
  readonly container: string;
  readonly command: string;
}

export interface ExecSession {
  readonly sessionId: string;
  readonly streamUrl: string;
  readonly tokenValue: string;
}

export interface LogPage {
  readonly lines: readonly string[];
  readonly token: string | undefined;
}

export type Started =
  | {readonly kind: 'started'; readonly task: OneOffTask}
  /** The token was used before, with other parameters: a task was started then. */
  | {readonly kind: 'started-before'}
  | {readonly kind: 'refused'; readonly reasons: readonly string[]};

/** The calls around one-off tasks, each one request or the pages of one. Reads retry; writes are sent once. */
export interface OneOffCalls {
  /** With its tags, and with the fields that the SDK does not know. */
  describeService(signal: AbortSignal): Promise<DescribedService>;
  describeTaskDefinition(reference: string, signal: AbortSignal): Promise<TaskDefinition>;
  tasksStartedBy(startedBy: string, signal: AbortSignal): Promise<readonly OneOffTask[]>;
  tasksOfService(signal: AbortSignal): Promise<readonly OneOffTask[]>;
  describeTask(arn: string, signal: AbortSignal): Promise<OneOffTask | undefined>;
  /** Sent once: with the same client token, RunTask starts no second task. */
  runTask(order: RunOrder, signal: AbortSignal): Promise<Started>;
  executeCommand(request: ExecRequest, signal: AbortSignal): Promise<ExecSession>;
  /** The events after `token`; none while the stream does not exist. */
  logEvents(log: LogStream, token: string | undefined, signal: AbortSignal): Promise<LogPage>;
}
