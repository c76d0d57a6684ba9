import {setTimeout as sleep} from 'node:timers/promises';
import {type ReportProgress, SwitcharooError, shifted} from '../../../src/index.ts';
import type {OneOffReader, OneOffTask} from '../contract.ts';
import {commandText, endReason, exitCodeOf, shortId} from './command.ts';
import {taskFailed, taskNotShown} from './problems.ts';

// How a command in a task of its own ends, and what is told of it.

const pollMs = 250;
const linesKept = 10;
/** A list of tasks may be older than the start of one. */
export const shownWithinMs = 60_000;

interface Following {
  readonly startedBy: string;
  readonly container: string;
  readonly quietMs: number;
  /** When it was started. */
  readonly now: Date;
  readonly signal: AbortSignal;
}

/** Reports each line of its log. Ends with its last lines, once it has ended and its log is silent. */
export async function ended(
  service: OneOffReader,
  {startedBy, container, quietMs, now: startedAt, signal}: Following,
  report: ReportProgress,
): Promise<{readonly task: OneOffTask | undefined; readonly lines: readonly string[]}> {
  const lines: string[] = [];
  const startedMs = performance.now();
  for (;;) {
    const task = await service.oneOffTask(startedBy, signal);
    const now = shifted(startedAt, performance.now() - startedMs);
    const log = task && (await service.newLines(task, container, {now, signal}));
    for (const line of log?.lines ?? []) {
      report(line);
      lines.push(line);
    }
    const isOver =
      log && task.lastStatus === 'STOPPED' && (!log.readable || log.silentMs >= quietMs);
    const isLost = !task && performance.now() - startedMs > shownWithinMs;
    if (isOver || isLost) {
      return {task, lines: lines.slice(-linesKept)};
    }
    await sleep(pollMs, undefined, {signal});
  }
}

export const succeeded = (task: OneOffTask, container: string): boolean =>
  task.lastStatus === 'STOPPED' && exitCodeOf(task, container) === 0;

export const taskText = (task: OneOffTask, container: string): string =>
  task.lastStatus === 'STOPPED'
    ? `ended in task ${shortId(task)} with exit code ${exitCodeOf(task, container) ?? 'unknown'}`
    : `in task ${shortId(task)}, which is ${task.lastStatus}`;

/** Throws unless the task ended with exit code 0. `undefined`: ECS does not show it. */
export function refuseFailure(
  {
    name,
    command,
    container,
  }: {
    readonly name: string;
    readonly command: readonly string[];
    readonly container: string;
  },
  task: OneOffTask | undefined,
  lastLines: readonly string[],
): void {
  if (task && succeeded(task, container)) {
    return;
  }
  const what = `${commandText(command)} ${task ? `in task ${shortId(task)} of` : 'for'} the ${name}`;
  const exitCode = task && exitCodeOf(task, container);
  throw new SwitcharooError(
    task
      ? taskFailed({what, exitCode, why: endReason(task, container), lastLines})
      : taskNotShown(what),
  );
}
