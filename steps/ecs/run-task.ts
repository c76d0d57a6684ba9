import {z} from 'zod';
import {
  blocked,
  defineOneWayStep,
  done,
  elapsedMs,
  type Look,
  needsAnswer,
  pending,
  type Verdict,
  waiting,
} from '../../src/index.ts';
import type {OneOffTask} from './contract.ts';
import {shortName} from './rollout/state.ts';
import {ecsService} from './target.ts';
import {
  commandInput,
  commandNeeds,
  commandObstacle,
  commandText,
  endReason,
  exitCodeOf,
  hashOf,
  shortId,
  unknownIn,
} from './task/command.ts';

const targets = {service: ecsService};

const input = commandInput.extend({
  /** Whether an exit code other than 0 fails the entry. */
  mustSucceed: z.boolean().default(true),
  /** Another number runs the command once more. */
  attempt: z.number().int().positive().default(1),
});

const output = z.object({
  /** Its ARN; `null` when only the operator could tell. */
  task: z.string().nullable(),
  exitCode: z.number().nullable(),
});

type Output = z.output<typeof output>;
type TaskLook = Look<typeof targets, z.output<typeof input>>;

/** ECS shows a stopped task for an hour, and knows its client token as long. The rest is for the start. */
const shownForMs = 50 * 60_000;

/** Runs a command once, in a task with the service's own definition and network, and waits for its end. */
export const runTask = defineOneWayStep({
  name: 'ecs.run-task',
  summary:
    "Run a command once, in a task with the service's own definition and network, and wait for its end.",
  targets,
  input,
  output,
  oneWayBecause: 'switcharoo cannot undo what the command did.',
  needs: {service: commandNeeds},
  // A command may do anything. It is for work beside a cutover, such as a migration of the schema.
  effects: [],
  timeoutMs: 6 * 3_600_000,
  poll: {firstMs: 200, mostMs: 1_000},

  async check(look) {
    const {service} = look.targets;
    const task = await service.oneOffTask(taskName(look), look.signal);
    if (task) {
      return verdictOn(look, task);
    }
    const running = await service.runningService(look.input.container, look.signal);
    return (
      commandObstacle(service.name, running, look.input.command) ??
      unknownOutcome(look) ??
      pending(
        undefined,
        {
          what: commandOf(look),
          is: 'not run',
          shouldBe: `run once, in container ${running.container}`,
        },
        ...unknownIn(running),
      )
    );
  },

  async plan(look) {
    const {command, container} = look.input;
    return [
      {
        on: 'service',
        does: `run ${commandOf(look)} in a task of its own`,
        perform: (service, signal) =>
          service.runOneOff(
            {startedBy: taskName(look), clientToken: clientToken(look), container, command},
            signal,
          ),
      },
    ];
  },
});

/** The task is started under this name, which only this attempt of this entry of this run has. */
const taskName = ({run, input}: TaskLook): string =>
  `switcharoo/${hashOf(`${run.id} ${run.entry} ${input.attempt}`)}`;
const clientToken = ({run, input}: TaskLook): string =>
  hashOf(`${run.id} ${run.entry} ${input.attempt} token`);
const commandOf = ({input: {command}}: TaskLook): string => commandText(command);

/** Reports the new lines of its log. A task that ended gives its exit code. */
async function verdictOn(look: TaskLook, task: OneOffTask): Promise<Verdict<never, Output>> {
  const {service} = look.targets;
  const running = await service.runningService(look.input.container, look.signal);
  const container = running.container ?? task.containers[0]?.name ?? '';
  // Without a report nobody shows the lines: a plan must not take them from the run that follows.
  const {lines, readable, silentMs} = look.report
    ? await service.newLines(task, container, look)
    : {lines: [], readable: true, silentMs: Number.POSITIVE_INFINITY};
  for (const line of lines) {
    look.report?.(line);
  }
  const title = `task ${shortId(task)} (${shortName(task.taskDefinition)})`;
  const log = readable ? '' : '; its log is not in CloudWatch Logs, so it is not shown';
  if (task.lastStatus !== 'STOPPED') {
    return waiting(`${title} is ${task.lastStatus}${log}`);
  }
  return readable && silentMs < look.input.quietMs
    ? waiting(`${title} has ended; waiting for the last lines of its log`)
    : ended(look, task, container);
}

function ended(look: TaskLook, task: OneOffTask, name: string): Verdict<never, Output> {
  const why = endReason(task, name);
  const title = `task ${shortId(task)} of the ${look.targets.service.name}`;
  const exitCode = exitCodeOf(task, name);
  if (exitCode === undefined) {
    return blocked(
      `${commandOf(look)} did not run in ${title}: ${why}.`,
      'Fix the cause, then set the input attempt of the step to another number: this task is not started again.',
    );
  }
  return exitCode === 0 || !look.input.mustSucceed
    ? done({task: task.arn, exitCode})
    : blocked(
        `${commandOf(look)} ended with exit code ${exitCode} in ${title}: ${why}.`,
        'Read its log and fix the cause, then set the input attempt of the step to another number: the command is not run again by itself.',
      );
}

/** Started, and AWS shows no task: within the hour that means that none was started; later it means nothing. */
function unknownOutcome(look: TaskLook) {
  const {run, now} = look;
  const age = run.startedAt ? elapsedMs(run.startedAt, now) : 0;
  return run.started && age > shownForMs
    ? needsAnswer(
        `Did ${commandOf(look)} run to its end on the ${look.targets.service.name}?`,
        {task: null, exitCode: null},
        `It should have started at ${run.startedAt?.toISOString()}. ECS shows stopped tasks for an hour, but does not show this one.`,
        'Read its log, if it has one. "No" pauses the run, and starts nothing.',
      )
    : undefined;
}
