import {lastPart, type Task} from './ecs-state.ts';

interface LogConfiguration {
  readonly logDriver?: string;
  readonly options?: Readonly<Record<string, string>>;
}

interface LogStream {
  readonly group: string;
  readonly stream: string;
}

/** A task of the lab is one process: its first essential container. */
const mainOf = ({definition: {containerDefinitions}}: Task) =>
  containerDefinitions.find(({essential}) => essential !== false);

export const imageOf = (task: Task): string => mainOf(task)?.image ?? '';
export const portOf = (task: Task): number | undefined =>
  mainOf(task)?.portMappings?.[0]?.containerPort;
export const overrideOf = (task: Task) =>
  task.overrides.find(({name}) => name === mainOf(task)?.name);
export const secretsOf = (task: Task) => mainOf(task)?.secrets ?? [];
export const environmentOf = (task: Task): Record<string, string> =>
  Object.fromEntries(
    [...(mainOf(task)?.environment ?? []), ...(overrideOf(task)?.environment ?? [])].map(
      ({name, value}) => [name, value],
    ),
  );

/** Where the awslogs driver sends what a container writes: `prefix/container/task id`. */
export function logStreamOf(task: Task): LogStream | undefined {
  const main = mainOf(task);
  const driver = main?.['logConfiguration'] as LogConfiguration | undefined; // as the SDK models it
  const {'awslogs-group': group, 'awslogs-stream-prefix': prefix} = driver?.options ?? {};
  return driver?.logDriver === 'awslogs' && group && prefix
    ? {group, stream: `${prefix}/${main?.name}/${lastPart(task.arn)}`}
    : undefined;
}
