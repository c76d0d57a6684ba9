import {z} from 'zod';
import {defineStep, done, type Look, pending, type ReportProgress} from '../../src/index.ts';
import type {OneOffReader, OneOffTask, OneOffWriter} from './contract.ts';
import {ecsService} from './target.ts';
import {
  commandInput,
  commandNeeds,
  commandObstacle,
  commandText,
  hashOf,
  unknownIn,
} from './task/command.ts';
import {ended, refuseFailure, succeeded, taskText} from './task/end.ts';

const targets = {service: ecsService};
const input = commandInput;

type TaskLook = Look<typeof targets, z.output<typeof input>>;

/**
 * Runs a command that only reads, and passes with its exit code 0: the schema has every migration, the bucket can be
 * written to. What a task did within the last hour counts, as long as ECS shows it.
 */
export const taskSucceeds = defineStep({
  name: 'ecs.task-succeeds',
  summary:
    'Run a command that only reads in a task with the definition and network of an ECS service, until its exit code is 0.',
  targets,
  input,
  /** A command that only reads leaves nothing that a reversal would need. */
  before: z.object({}),
  /** The ARN of the task. */
  output: z.object({task: z.string()}),
  reverses: 'Nothing: the command only reads. A task that is still running ends by itself.',
  needs: {service: commandNeeds},
  effects: [],
  leavesNothing: true,
  undoWhenFailed: true,
  timeoutMs: 30 * 60_000,

  async check(look) {
    const {
      input: {command, container},
      targets: {service},
      signal,
    } = look;
    const running = await service.runningService(container, signal);
    const obstacle = commandObstacle(service.name, running, command);
    if (obstacle || running.container === undefined) {
      return obstacle ?? pending({});
    }
    const {task} = await newestTry(service, {...look, container: running.container});
    if (task && succeeded(task, running.container)) {
      return done({task: task.arn});
    }
    return pending(
      {},
      {
        what: commandText(command),
        is: task ? taskText(task, running.container) : 'not run',
        shouldBe: `run once with exit code 0, in container ${running.container}`,
      },
      ...unknownIn(running),
    );
  },

  // It waits in the action: a check could not tell a failure that is reported from one that is tried again.
  async plan(look) {
    const {command} = look.input;
    return [
      {
        on: 'service',
        does: `run ${commandText(command)} in a task of its own, and wait for exit code 0`,
        perform: (service, signal, report) => runUntilEnd(look, service, signal, report),
      },
    ];
  },

  reverse: async () => [],
  isReversed: async () => true,
});

interface Tries {
  readonly run: TaskLook['run'];
  readonly container: string;
  readonly signal: AbortSignal;
}

/** The task that counts, and its name; the next name where the last one failed or there is none. */
async function newestTry(
  service: OneOffReader,
  {run, container, signal}: Tries,
): Promise<{readonly startedBy: string; readonly task: OneOffTask | undefined}> {
  let failed: OneOffTask | undefined;
  for (let number = 1; ; number += 1) {
    const startedBy = `switcharoo/${hashOf(`${run.id} ${run.entry} ${number}`)}`;
    const task = await service.oneOffTask(startedBy, signal);
    if (task?.lastStatus !== 'STOPPED' || succeeded(task, container)) {
      return {startedBy, task: task ?? failed};
    }
    failed = task;
  }
}

/** A task that runs already is waited for: after a crash no second one is started beside it. */
async function runUntilEnd(
  {run, now, input: {command, container: named, quietMs}}: TaskLook,
  service: OneOffWriter,
  signal: AbortSignal,
  report: ReportProgress,
): Promise<void> {
  const {container = ''} = await service.runningService(named, signal);
  const {startedBy, task: earlier} = await newestTry(service, {run, container, signal});
  if (earlier && succeeded(earlier, container)) {
    return;
  }
  const clientToken = hashOf(`${startedBy} token`);
  await service.runOneOff({startedBy, clientToken, container: named, command}, signal);
  const {task, lines} = await ended(service, {startedBy, container, quietMs, now, signal}, report);
  refuseFailure({name: service.name, command, container}, task, lines);
}
