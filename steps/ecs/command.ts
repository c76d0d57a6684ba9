import {setTimeout as sleep} from 'node:timers/promises';
import {z} from 'zod';
import {
  type Action,
  defineStep,
  done,
  elapsedMs,
  type Look,
  needsAnswer,
  pending,
  type ReportProgress,
} from '../../src/index.ts';
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
import {ended, refuseFailure, shownWithinMs, succeeded, taskText} from './task/end.ts';

const targets = {service: ecsService};
const words = z.array(z.string()).min(1);

const input = commandInput.omit({command: true}).extend({
  /** Instead of the container's own command. It is journaled, and ECS shows it: put no secret in it. */
  do: words,
  /** Takes back what `do` did, or a part of it: it also runs where `do` failed. */
  undo: words,
});

type CommandLook = Look<typeof targets, z.output<typeof input>>;
type Side = 'do' | 'undo';

interface Try {
  readonly side: Side;
  /** Counted over both sides. ECS may have shown one of the other side too late: then two have the same. */
  readonly number: number;
  readonly task: OneOffTask;
}

/** ECS shows a stopped task for an hour. The rest is for the start. */
const shownForMs = 50 * 60_000;
const pollMs = 250;
/** ECS forgets the oldest tasks first: numbers may be missing before those that it shows. */
const mostForgotten = 3;

/**
 * Runs a command in a task of its own, and another one in a reversal: a feature flag, a row that announces the move.
 * The last task that ECS shows of the two tells whether it is in place.
 */
export const command = defineStep({
  name: 'ecs.command',
  summary:
    'Run a command in a task with the definition and network of an ECS service, and undo it with another.',
  targets,
  input,
  /** What was there before, the commands know. */
  before: z.object({}),
  /** The ARN of the task; `null` when only the operator could tell. */
  output: z.object({task: z.string().nullable()}),
  reverses: 'Runs the command "undo", in a task of its own.',
  needs: {service: commandNeeds},
  effects: [],
  timeoutMs: 30 * 60_000,

  async check(look) {
    const {
      input: {do: command, undo, container},
      targets: {service},
      signal,
    } = look;
    const running = await service.runningService(container, signal);
    const obstacle = [command, undo]
      .map((each) => commandObstacle(service.name, running, each))
      .find((each) => each !== undefined);
    if (obstacle || running.container === undefined) {
      return obstacle ?? pending({});
    }
    const last = (await triesOf(service, look, signal)).at(-1);
    if (last?.side === 'do' && succeeded(last.task, running.container)) {
      return done({task: last.task.arn});
    }
    return (
      (last ? undefined : unknownOutcome(look)) ??
      pending(
        {},
        {
          what: commandText(command),
          is: last?.side === 'do' ? taskText(last.task, running.container) : 'not run',
          shouldBe: `run once with exit code 0, in container ${running.container}`,
        },
        ...unknownIn(running),
      )
    );
  },

  plan: async (look) => [actionFor(look, 'do')],

  async reverse(look) {
    return (await isUndone(look)) ? [] : [actionFor(look, 'undo')];
  },

  isReversed: (look) => isUndone(look),
});

const actionFor = (look: CommandLook, side: Side): Action<typeof targets> => ({
  on: 'service',
  does: `run ${commandText(look.input[side])} in a task of its own, and wait for exit code 0`,
  perform: (service, signal, report) => runUntilEnd(look, side, service, signal, report),
});

async function isUndone(look: CommandLook): Promise<boolean> {
  const {service} = look.targets;
  const {container = ''} = await service.runningService(look.input.container, look.signal);
  const last = (await triesOf(service, look, look.signal)).at(-1);
  return last?.side === 'undo' && succeeded(last.task, container);
}

/** Every task of this entry that ECS still shows, in the order in which they were started. */
async function triesOf(
  service: OneOffReader,
  {run}: CommandLook,
  signal: AbortSignal,
): Promise<readonly Try[]> {
  const tries: Try[] = [];
  let missing = 0;
  for (let number = 1; missing < mostForgotten; number += 1) {
    const both = await Promise.all(
      (['do', 'undo'] as const).map(async (side) => {
        const task = await service.oneOffTask(taskName(run, side, number), signal);
        return task ? [{side, number, task}] : [];
      }),
    );
    tries.push(...both.flat());
    missing = both.flat().length === 0 ? missing + 1 : 0;
  }
  return tries;
}

const taskName = ({id, entry}: CommandLook['run'], side: Side, number: number): string =>
  `switcharoo/${hashOf(`${id} ${entry} ${side} ${number}`)}`;

/** A task of this side that runs already is waited for, and one of the other side until it has ended. */
async function runUntilEnd(
  look: CommandLook,
  side: Side,
  service: OneOffWriter,
  signal: AbortSignal,
  report: ReportProgress,
): Promise<void> {
  const {run, now, input} = look;
  const {container = ''} = await service.runningService(input.container, signal);
  const last = (await shownTries(look, side, service, signal)).at(-1);
  const isRunning = last?.task.lastStatus !== 'STOPPED';
  if (last?.side === side && succeeded(last.task, container)) {
    return;
  }
  const following = {container, quietMs: input.quietMs, now, signal};
  if (last && last.side !== side && isRunning) {
    const other = taskName(run, last.side, last.number);
    await ended(service, {...following, startedBy: other}, report);
  }
  const number = last?.number ?? 0;
  const startedBy = taskName(run, side, last?.side === side && isRunning ? number : number + 1);
  const command = input[side];
  const clientToken = hashOf(`${startedBy} token`);
  await service.runOneOff({startedBy, clientToken, container: input.container, command}, signal);
  const {task, lines} = await ended(service, {...following, startedBy}, report);
  refuseFailure({name: service.name, command, container}, task, lines);
}

/** The undo of a command that was started a moment ago waits until ECS shows its task: it may still be running. */
async function shownTries(
  look: CommandLook,
  side: Side,
  service: OneOffReader,
  signal: AbortSignal,
): Promise<readonly Try[]> {
  const {startedAt} = look.run;
  const ageMs = startedAt ? elapsedMs(startedAt, look.now) : Number.POSITIVE_INFINITY;
  const sinceMs = performance.now();
  for (;;) {
    const tries = await triesOf(service, look, signal);
    const isOld = ageMs + performance.now() - sinceMs > shownWithinMs;
    if (tries.length > 0 || side === 'do' || isOld) {
      return tries;
    }
    await sleep(pollMs, undefined, {signal});
  }
}

/** Started, and AWS shows no task: within the hour that means that none was started; later it means nothing. */
function unknownOutcome({run, now, input: {do: command}, targets: {service}}: CommandLook) {
  const age = run.startedAt ? elapsedMs(run.startedAt, now) : 0;
  return run.started && age > shownForMs
    ? needsAnswer(
        `Did ${commandText(command)} run to its end on the ${service.name}?`,
        {task: null},
        `It should have started at ${run.startedAt?.toISOString()}. ECS shows stopped tasks for an hour, but does not show this one.`,
        'Read its log, if it has one. "No" pauses the run, and starts nothing: to run it again, reverse to before this entry, then resume.',
      )
    : undefined;
}
