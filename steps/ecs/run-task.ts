import {createHash} from 'node:crypto';
import {z} from 'zod';
import {
  type Blocked,
  blocked,
  defineOneWayStep,
  done,
  type Look,
  needsAnswer,
  pending,
  type Verdict,
  waiting,
} from '../../src/index.ts';
import {shortName} from './rollout/state.ts';
import {ecsService} from './target.ts';
import type {RunningService} from './task/one-off.ts';
import type {OneOffTask} from './task/one-off-calls.ts';

const targets = {service: ecsService};

const input = z.object({
  /** Instead of the command of the container. It is journaled and shown by ECS: no secret belongs in it. */
  command: z.array(z.string()).min(1),
  /** Needed where more than one container serves a port. */
  container: z.string().optional(),
  /** Whether an exit code other than 0 fails the entry. */
  mustSucceed: z.boolean().default(true),
  /** Another number runs the command once more. */
  attempt: z.number().int().positive().default(1),
  /** How long a log must be silent after the end of its task before it counts as whole. */
  quietMs: z.number().nonnegative().default(3_000),
});

const output = z.object({
  /** Its ARN; `null` when nobody but the operator knows. */
  task: z.string().nullable(),
  exitCode: z.number().nullable(),
});

type Output = z.output<typeof output>;
type TaskLook = Look<typeof targets, z.output<typeof input>>;

/** ECS shows a stopped task for an hour, and remembers the client token as long; a start takes its time. */
const shownForMs = 50 * 60_000;
/** RunTask takes no longer overrides (ECS API, TaskOverride). */
const longestOverride = 8_192;

/** Runs a command once, in a task with the service's own definition and network, and waits for its end. */
export const runTask = defineOneWayStep({
  name: 'ecs.run-task',
  summary:
    "Run a command once, in a task with the service's own definition and network, and wait for its end.",
  targets,
  input,
  output,
  oneWayBecause: 'What a command did cannot be undone by this program.',
  needs: {
    service: [
      'ecs:DescribeServices',
      'ecs:DescribeTaskDefinition',
      'ecs:ListTasks',
      'ecs:DescribeTasks',
      'ecs:RunTask',
      'iam:PassRole (the task role and the execution role)',
      'logs:GetLogEvents',
    ],
  },
  timeoutMs: 6 * 3_600_000,
  poll: {firstMs: 200, mostMs: 1_000},

  async check(look) {
    const {service} = look.targets;
    const task = await service.oneOffTask(nameOf(look), look.signal);
    if (task) {
      return following(look, task);
    }
    const running = await service.runningService(look.input.container, look.signal);
    return (
      obstacle(look, running) ??
      forgotten(look) ??
      pending(undefined, {
        what: commandOf(look),
        is: 'not run',
        shouldBe: `run once, in container ${running.container}`,
      })
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
            {startedBy: nameOf(look), clientToken: tokenOf(look), container, command},
            signal,
          ),
      },
    ];
  },
});

/** The name that the task bears: of this run, this entry and this attempt, and of no other. */
const nameOf = ({run, input}: TaskLook): string =>
  `switcharoo/${tokenFor(`${run.id} ${run.entry} ${input.attempt}`)}`;
const tokenOf = ({run, input}: TaskLook): string =>
  tokenFor(`${run.id} ${run.entry} ${input.attempt} token`);
const tokenFor = (text: string): string =>
  createHash('sha256').update(text).digest('hex').slice(0, 32);

const commandOf = ({input: {command}}: TaskLook): string =>
  command.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');

/** Tells its log, and says how it ended. */
async function following(look: TaskLook, task: OneOffTask): Promise<Verdict<never, Output>> {
  const {service} = look.targets;
  const {container: named} = look.input;
  const running = await service.runningService(named, look.signal);
  const container = running.container ?? task.containers[0]?.name ?? '';
  // What a plan read would not be told any more.
  const {lines, readable, silentMs} = look.report
    ? await service.newLines(task, container, look)
    : {lines: [], readable: true, silentMs: Number.POSITIVE_INFINITY};
  for (const line of lines) {
    look.report?.(line);
  }
  const about = `task ${shortId(task)} (${shortName(task.taskDefinition)})`;
  const log = readable ? '' : '; its log is not in CloudWatch Logs, and is not shown';
  if (task.lastStatus !== 'STOPPED') {
    return waiting(`${about} is ${task.lastStatus}${log}`);
  }
  return readable && silentMs < look.input.quietMs
    ? waiting(`${about} has ended; the last lines of its log may still be on their way`)
    : ended(look, task, container);
}

function ended(look: TaskLook, task: OneOffTask, name: string): Verdict<never, Output> {
  const container = task.containers.find((one) => one.name === name);
  const because = [task.stoppedReason ?? task.stopCode, container?.reason]
    .filter((one) => one !== undefined)
    .map((one) => one.replace(/\.$/, ''));
  const why = [...new Set(because)].join('; ') || 'ECS gives no reason';
  const place = `task ${shortId(task)} of the ${look.targets.service.name}`;
  const exitCode = container?.exitCode;
  if (exitCode === undefined) {
    return blocked(
      `${commandOf(look)} did not run in ${place}: ${why}.`,
      'Correct the cause, and give the step another attempt number: this task is not started again.',
    );
  }
  return exitCode === 0 || !look.input.mustSucceed
    ? done({task: task.arn, exitCode})
    : blocked(
        `${commandOf(look)} ended with exit code ${exitCode} in ${place}: ${why}.`,
        'Read its log, correct the cause, and give the step another attempt number: it is not run again by itself.',
      );
}

/** Begun, and AWS shows no task: soon afterwards that means that none was started; later it means nothing. */
function forgotten({run, now, targets: {service}, ...look}: TaskLook) {
  const age = run.startedAt ? now.getTime() - run.startedAt.getTime() : 0;
  return run.started && age > shownForMs
    ? needsAnswer(
        `Did ${commandOf({run, now, targets: {service}, ...look})} run to its end on the ${service.name}?`,
        {task: null, exitCode: null},
        `It was to be started at ${run.startedAt?.toISOString()}. ECS shows stopped tasks for an hour, and shows none of it now.`,
        'Its log, if it has one, says more. "No" holds here, and starts nothing.',
      )
    : undefined;
}

function obstacle(look: TaskLook, running: RunningService): Blocked | undefined {
  const {name} = look.targets.service;
  const {status, taskDefinition, container, containers} = running;
  if (status !== 'ACTIVE') {
    return blocked(
      `The ${name} is ${status}: it is being deleted, or was.`,
      'Name another service: its definition and its network are needed.',
    );
  }
  if (container === undefined) {
    return blocked(
      `Task definition ${shortName(taskDefinition)} of the ${name} has the containers ${containers.join(', ')}, and it is not plain in which one ${commandOf(look)} is to run.`,
      `Give the step the input container: one of ${containers.join(', ')}.`,
    );
  }
  const length = JSON.stringify({name: container, command: look.input.command}).length;
  return length > longestOverride
    ? blocked(
        `The command for the ${name} has ${length} characters as JSON; ECS takes at most ${longestOverride}.`,
        'Put it into a script of the image, and run that.',
      )
    : undefined;
}

const shortId = ({arn}: OneOffTask): string => (arn.split('/').at(-1) ?? arn).slice(0, 8);
