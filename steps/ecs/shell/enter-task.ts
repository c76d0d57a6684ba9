import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import {type EnterContext, type Entrance, SwitcharooError} from '../../../src/index.ts';
import type {AwsConfig} from '../../aws/client.ts';
import type {EcsNames} from '../api/aws-calls.ts';
import {nameOf} from '../api/problems.ts';
import {chosenContainer, type Definition} from '../revision/task-definition.ts';
import {type OneOffCalls, type OneOffTask, oneOffCalls} from '../task/one-off-calls.ts';

const plugin = 'session-manager-plugin';
/** Older ones take the session, token and all, from their arguments, which the process list shows to everybody (the AWS CLI's own limit). */
const lastWithoutVariable = '1.2.497.0';
const sessionVariable = 'AWS_SSM_START_SESSION_RESPONSE';

/** The way into a running task of a service: ECS Exec, through AWS's own plugin. */
export async function enterTask(
  config: AwsConfig & EcsNames,
  {command, where, signal}: EnterContext,
): Promise<Entrance> {
  // Before a session is opened that nobody could use.
  await requirePlugin();
  const calls = oneOffCalls(config);
  try {
    const task = await chosenTask(calls, config, where['task'], signal);
    const container = await containerIn(calls, config, task, where['container'], signal);
    const asked = {task: task.arn, container: container.name, command: wordsOf(command)};
    const session = JSON.stringify(await calls.executeCommand(asked, signal));
    const id = shortId(task);
    const target = {Target: `ecs:${config.cluster}_${id}_${container.runtimeId ?? ''}`};
    const endpoint = config.endpoint ?? `https://ssm.${config.region}.amazonaws.com`;
    const rest = [config.region, 'StartSession', '', JSON.stringify(target), endpoint];
    return {
      program: plugin,
      args: [sessionVariable, ...rest],
      env: {[sessionVariable]: session},
      leadsTo: `container ${container.name} of task ${id} of the ${nameOf(config)}`,
    };
  } finally {
    await calls.close();
  }
}

async function requirePlugin(): Promise<void> {
  const version = await versionOfPlugin();
  if (!isLater(version, lastWithoutVariable)) {
    throw new SwitcharooError({
      code: 'session-manager-plugin-old',
      message: `${plugin} says that its version is ${JSON.stringify(version)}. Only versions after ${lastWithoutVariable} are known to keep the session's token out of the process list.`,
      hint: `Install a newer one as ${installing} says, and look again.`,
    });
  }
}

async function versionOfPlugin(): Promise<string> {
  try {
    const {stdout} = await promisify(execFile)(plugin, ['--version'], {timeout: 10_000});
    return stdout.trim().slice(0, 80);
  } catch (cause) {
    throw new SwitcharooError(
      {
        code: 'session-manager-plugin-missing',
        message: `${plugin}, which ECS Exec needs on this machine, does not start.`,
        hint: `Install it as ${installing} says, and see that \`session-manager-plugin --version\` answers.`,
      },
      {cause},
    );
  }
}

const installing =
  'https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html';

/** What cannot be read is not later. */
function isLater(version: string, other: string): boolean {
  const [numbers = [], others = []] = [version, other].map((one) => one.split('.').map(Number));
  const at = others.findIndex((number, index) => (numbers[index] ?? 0) !== number);
  return /^\d+(\.\d+)+$/.test(version) && at >= 0 && (numbers[at] ?? 0) > (others[at] ?? 0);
}

async function chosenTask(
  calls: OneOffCalls,
  config: EcsNames,
  wanted: string | undefined,
  signal: AbortSignal,
): Promise<OneOffTask> {
  const tasks = await calls.tasksOfService(signal);
  const running = tasks.filter(({lastStatus}) => lastStatus === 'RUNNING');
  const ids = running.map(shortId).join(', ');
  const task = running.find((one) => wanted === undefined || shortId(one).startsWith(wanted));
  if (!task) {
    throw new SwitcharooError({
      code: 'ecs-no-task-to-enter',
      message:
        running.length === 0
          ? `No task of the ${nameOf(config)} is RUNNING.`
          : `No task of the ${nameOf(config)} that runs has an id that begins with ${wanted}; there are ${ids}.`,
      hint: 'Give --task the beginning of the id of a task that runs, or start one.',
    });
  }
  if (!task.canBeEntered) {
    throw new SwitcharooError({
      code: 'ecs-exec-not-enabled',
      message: `Task ${shortId(task)} of the ${nameOf(config)} was started without ECS Exec.`,
      hint: 'Turn enableExecuteCommand on for the service and deploy it anew: only tasks that start afterwards can be entered. Their task role needs the ssmmessages actions.',
    });
  }
  return task;
}

async function containerIn(
  calls: OneOffCalls,
  config: EcsNames,
  task: OneOffTask,
  named: string | undefined,
  signal: AbortSignal,
) {
  const described = await calls.describeTaskDefinition(task.taskDefinition, signal);
  const definition = {...described, family: described.family} as Definition; // read only for its containers
  const name = chosenContainer(definition, named);
  const container = task.containers.find((one) => one.name === name);
  if (!container) {
    const names = task.containers.map((one) => one.name).join(', ');
    throw new SwitcharooError({
      code: 'ecs-container-unclear',
      message: `Task ${shortId(task)} of the ${nameOf(config)} has the containers ${names}, and it is not plain which one is meant.`,
      hint: `Give --container one of ${names}.`,
    });
  }
  return container;
}

/** ECS Exec takes one text, and splits it as a shell would. */
function wordsOf(command: readonly string[]): string {
  const words = command.length === 0 ? ['/bin/sh'] : command;
  return words.map(quoted).join(' ');
}

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

const shortId = ({arn}: OneOffTask): string => arn.split('/').at(-1) ?? arn;
