import {elapsedMs} from '../../../src/index.ts';
import type {LogLines, OneOffTask} from '../contract.ts';
import type {LogStream, OneOffCalls} from './calls.ts';

/** Reads the logs of containers, each line once, and remembers how far it has read. */
export class TaskLogs {
  readonly #calls: Pick<OneOffCalls, 'describeTaskDefinition' | 'logEvents'>;
  readonly #streams = new Map<string, LogStream | undefined>();
  readonly #tokens = new Map<string, string | undefined>();
  readonly #silentSince = new Map<string, Date>();

  constructor(calls: Pick<OneOffCalls, 'describeTaskDefinition' | 'logEvents'>) {
    this.#calls = calls;
  }

  async newLines(
    task: OneOffTask,
    container: string,
    {now, signal}: {readonly now: Date; readonly signal: AbortSignal},
  ): Promise<LogLines> {
    const key = `${task.arn} ${container}`;
    const stream = await this.#streamOf(key, task, container, signal);
    const lines = stream === undefined ? [] : await this.#read(key, stream, signal);
    // Silence counts from the end of the task on: while it runs, it may write nothing for hours.
    const part = `${key} ${task.lastStatus === 'STOPPED' ? 'ended' : ''}`;
    const since = lines.length === 0 ? (this.#silentSince.get(part) ?? now) : now;
    this.#silentSince.set(part, since);
    const silentMs = elapsedMs(since, now);
    return {lines, readable: stream !== undefined, silentMs};
  }

  async #read(key: string, stream: LogStream, signal: AbortSignal): Promise<readonly string[]> {
    const lines: string[] = [];
    for (;;) {
      const before = this.#tokens.get(key);
      const page = await this.#calls.logEvents(stream, before, signal);
      lines.push(...page.lines);
      this.#tokens.set(key, page.token);
      // At the end of a stream the token does not change; an empty page may be in the middle.
      if (page.token === before) {
        return lines;
      }
    }
  }

  async #streamOf(
    key: string,
    {arn, taskDefinition}: OneOffTask,
    container: string,
    signal: AbortSignal,
  ): Promise<LogStream | undefined> {
    if (!this.#streams.has(key)) {
      const {containerDefinitions = []} = await this.#calls.describeTaskDefinition(
        taskDefinition,
        signal,
      );
      const definition = containerDefinitions.find(({name}) => name === container);
      const log = definition?.logConfiguration;
      const {'awslogs-group': group, 'awslogs-stream-prefix': prefix}: Record<string, string> =
        log?.options ?? {};
      const stream = `${prefix}/${container}/${arn.split('/').at(-1)}`;
      const isReadable =
        log?.logDriver === 'awslogs' && group !== undefined && prefix !== undefined;
      this.#streams.set(key, isReadable ? {group, stream} : undefined);
    }
    return this.#streams.get(key);
  }
}
