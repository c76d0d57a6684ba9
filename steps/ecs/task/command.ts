import {createHash} from 'node:crypto';
import {z} from 'zod';
import {type Blocked, blocked, type Difference} from '../../../src/index.ts';
import type {OneOffTask, RunningService} from '../contract.ts';
import {shortName} from '../rollout/state.ts';

// What the steps that run a command in a task of its own have in common.

export const commandInput = z.object({
  /** Instead of the container's own command. It is journaled, and ECS shows it: put no secret in it. */
  command: z.array(z.string()).min(1),
  /** Needed where more than one container serves a port. */
  container: z.string().optional(),
  /** How long a log must be silent after the end of its task before it counts as complete. */
  quietMs: z.number().nonnegative().default(3_000),
});

export const commandNeeds = [
  'ecs:DescribeServices',
  'ecs:DescribeTaskDefinition',
  'ecs:ListTasks',
  'ecs:DescribeTasks',
  'ecs:RunTask',
  'iam:PassRole (the task role and the execution role)',
  'logs:GetLogEvents',
] as const;

/** The longest overrides that RunTask takes, in characters (ECS API, TaskOverride). */
const longestOverride = 8_192;

/** A name for a task, or a token: the same for the same text. */
export const hashOf = (text: string): string =>
  createHash('sha256').update(text).digest('hex').slice(0, 32);

export const commandText = (command: readonly string[]): string =>
  command.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');

export const shortId = ({arn}: OneOffTask): string => (arn.split('/').at(-1) ?? arn).slice(0, 8);

/** Why a task, or a container of it, has ended. */
export function endReason(task: OneOffTask, name: string): string {
  const container = task.containers.find((candidate) => candidate.name === name);
  const reasons = [task.stoppedReason ?? task.stopCode, container?.reason]
    .filter((reason) => reason !== undefined)
    .map((reason) => reason.replace(/\.$/, ''));
  return [...new Set(reasons)].join('; ') || 'ECS gives no reason';
}

export const exitCodeOf = ({containers}: OneOffTask, name: string): number | undefined =>
  containers.find((candidate) => candidate.name === name)?.exitCode;

/** Why no task of this service can run a command. */
export function commandObstacle(
  name: string,
  {status, taskDefinition, container, containers, controller}: RunningService,
  command: readonly string[],
): Blocked | undefined {
  if (status !== 'ACTIVE') {
    return blocked(
      `The ${name} is ${status}: it is being deleted, or was deleted.`,
      'Use another service: the task needs its definition and its network.',
    );
  }
  if (taskDefinition === undefined) {
    return blocked(
      `The ${name} has no task definition: it is deployed by ${controller}, and has no PRIMARY task set.`,
      'Create a PRIMARY task set first, or use another service: the task uses its task definition and its network.',
    );
  }
  if (container === undefined) {
    return blocked(
      `Task definition ${shortName(taskDefinition)} of the ${name} has the containers ${containers.join(', ')}, and it is not clear in which one ${commandText(command)} is to run.`,
      `Set the input container of the step to one of ${containers.join(', ')}.`,
    );
  }
  const length = JSON.stringify({name: container, command}).length;
  return length > longestOverride
    ? blocked(
        `The command for the ${name} has ${length} characters as JSON; ECS takes at most ${longestOverride}.`,
        'Put the command into a script in the image, and run the script.',
      )
    : undefined;
}

/** Fields of the service itself: each of its tasks and deployments has a part of its own. */
export const unknownIn = ({unknown}: RunningService): readonly Difference[] =>
  unknown
    .filter(({field}) => !/^(?:deployments|taskSets|events)\b/.test(field))
    .map(({field, value}) => ({
      what: `${field} of the service`,
      is: value,
      shouldBe: 'absent: the AWS SDK of this version of switcharoo does not know this field',
    }));
