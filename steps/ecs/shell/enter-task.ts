import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import {type EnterContext, type Entrance, SwitcharooError} from '../../../src/index.ts';
import {partitionOf, regionOf} from '../../aws/index.ts';
import {ServiceAccess} from '../api/access.ts';
import {serviceName} from '../api/problems.ts';
import type {OneOffTask, ServiceConfig} from '../contract.ts';
import {chosenContainer} from '../revision/task-definition.ts';
import {AwsOneOffCalls} from '../task/aws-calls.ts';
import type {OneOffCalls} from '../task/calls.ts';

const plugin = 'session-manager-plugin';
/** Older plugins take the session and its token as an argument, which the process list shows (the AWS CLI's limit). */
const lastWithoutVariable = '1.2.497.0';
const sessionVariable = 'AWS_SSM_START_SESSION_RESPONSE';

/** A shell in a running task of a service: ECS Exec, through AWS's own plugin. */
export async function enterTask(
  config: ServiceConfig,
  {command, where, signal}: EnterContext,
): Promise<Entrance> {
  // Before a session is opened: without the plugin nobody could use it.
  await requirePlugin();
  const access = new ServiceAccess(config);
  const calls = new AwsOneOffCalls(access);
  try {
    const task = await chosenTask(calls, config, where['task'], signal);
    const container = await containerIn(calls, config, task, where['container'], signal);
    const asked = {task: task.arn, container: container.name, command: commandLine(command)};
    const session = JSON.stringify(await calls.executeCommand(asked, signal));
    const id = shortId(task);
    const target = {Target: `ecs:${config.cluster}_${id}_${container.runtimeId ?? ''}`};
    const region = await regionOf(config);
    const {domain} = partitionOf(region);
    const own = config.endpoints?.['ssm'] ?? config.endpoint;
    const endpoint = own ?? `https://ssm.${region}.${domain}`;
    const rest = [region, 'StartSession', '', JSON.stringify(target), endpoint];
    return {
      program: plugin,
      args: [sessionVariable, ...rest],
      env: {[sessionVariable]: session},
      leadsTo: `container ${container.name} of task ${id} of the ${serviceName(config)}`,
    };
  } finally {
    await access.close();
  }
}

async function requirePlugin(): Promise<void> {
  const version = await versionOfPlugin();
  if (!isLater(version, lastWithoutVariable)) {
    throw new SwitcharooError({
      code: 'session-manager-plugin-old',
      message: `The version of ${plugin} is ${JSON.stringify(version)}. Only versions after ${lastWithoutVariable} keep the session's token out of the process list.`,
      hint: `Install a newer version: ${installing}`,
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
        hint: `Install it: ${installing}. Check it with: session-manager-plugin --version`,
      },
      {cause},
    );
  }
}

const installing =
  'https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html';

/** A version that cannot be read is not later. */
function isLater(version: string, other: string): boolean {
  const [numbers = [], others = []] = [version, other].map((text) => text.split('.').map(Number));
  const at = others.findIndex((number, index) => (numbers[index] ?? 0) !== number);
  return /^\d+(\.\d+)+$/.test(version) && at >= 0 && (numbers[at] ?? 0) > (others[at] ?? 0);
}

async function chosenTask(
  calls: OneOffCalls,
  config: ServiceConfig,
  idPrefix: string | undefined,
  signal: AbortSignal,
): Promise<OneOffTask> {
  const tasks = await calls.tasksOfService(signal);
  const running = tasks.filter(({lastStatus}) => lastStatus === 'RUNNING');
  const ids = running.map(shortId).join(', ');
  const task = running.find((candidate) => shortId(candidate).startsWith(idPrefix ?? ''));
  if (!task) {
    throw new SwitcharooError({
      code: 'ecs-no-running-task',
      message:
        running.length === 0
          ? `No task of the ${serviceName(config)} is RUNNING.`
          : `No running task of the ${serviceName(config)} has an id that begins with ${idPrefix}; there are ${ids}.`,
      hint: 'Start a task, or give --task the beginning of the id of a running one.',
    });
  }
  if (!task.canBeEntered) {
    throw new SwitcharooError({
      code: 'ecs-exec-disabled',
      message: `Task ${shortId(task)} of the ${serviceName(config)} was started without ECS Exec.`,
      hint: 'Set enableExecuteCommand of the service, then deploy it again: only tasks that start afterwards can be entered. Their task role needs the ssmmessages actions.',
    });
  }
  return task;
}

async function containerIn(
  calls: OneOffCalls,
  config: ServiceConfig,
  task: OneOffTask,
  named: string | undefined,
  signal: AbortSignal,
) {
  const {containerDefinitions} = await calls.describeTaskDefinition(task.taskDefinition, signal);
  const name = chosenContainer({containerDefinitions}, named);
  const container = task.containers.find((candidate) => candidate.name === name);
  if (!container) {
    const names = task.containers.map((candidate) => candidate.name).join(', ');
    throw new SwitcharooError({
      code: 'ecs-container-unclear',
      message: `Task ${shortId(task)} of the ${serviceName(config)} has the containers ${names}, and it is not clear which one to enter.`,
      hint: `Set --container to one of ${names}.`,
    });
  }
  return container;
}

/** ECS Exec takes one text, and splits it as a shell does. */
function commandLine(command: readonly string[]): string {
  const words = command.length === 0 ? ['/bin/sh'] : command;
  return words.map(quoted).join(' ');
}

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

const shortId = ({arn}: OneOffTask): string => arn.split('/').at(-1) ?? arn;
