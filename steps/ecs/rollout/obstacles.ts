import type {ContainerDefinition} from '@aws-sdk/client-ecs';
import {type Blocked, blocked} from '../../../src/index.ts';
import type {Definition} from '../revision/task-definition.ts';
import {shiftsTraffic} from './stages.ts';
import {type DeploymentState, type ServiceState, shortName} from './state.ts';

/** A service to which these steps cannot deploy. */
export function unsupported(
  name: string,
  {status, controller, strategy, scheduling}: ServiceState,
  {desiredCount}: {readonly desiredCount?: number | undefined} = {},
): Blocked | undefined {
  if (status !== 'ACTIVE') {
    return blocked(
      `The ${name} is ${status}: it is being deleted, or was deleted.`,
      'Create the service again, or correct its name in the inventory.',
    );
  }
  if (controller !== 'ECS') {
    return blocked(
      `The ${name} is deployed by ${controller}, not by ECS itself.`,
      controller === 'CODE_DEPLOY'
        ? 'Deploy it with AWS CodeDeploy, or create a service with the ECS deployment controller.'
        : 'Deploy it with the tool that manages its task sets.',
    );
  }
  if (scheduling === 'DAEMON' && desiredCount !== undefined) {
    return blocked(
      `The ${name} is a DAEMON service: it runs one task on each instance, and ECS refuses a desired count.`,
      'Remove desiredCount from the step.',
    );
  }
  return strategy === 'ROLLING' || shiftsTraffic({strategy})
    ? undefined
    : blocked(
        `The deployment strategy of the ${name} is ${strategy}; this step supports ROLLING, BLUE_GREEN, LINEAR and CANARY.`,
        'Set one of these strategies for the service, or deploy it by other means.',
      );
}

/** The scheduler may neither start nor stop a task. */
export const deadlocked = (name: string, service: ServiceState, count: number): Blocked =>
  blocked(
    `The ${name} runs ${service.runningCount} tasks, and with a desired count of ${count}, minimumHealthyPercent ${service.minimumHealthyPercent} and maximumPercent ${service.maximumPercent} ECS may neither stop one nor start another.`,
    'Raise maximumPercent or lower minimumHealthyPercent of the service.',
  );

/** It is not clear which container the image is for. */
export function containerUnclear(
  name: string,
  {taskDefinition}: DeploymentState,
  {containerDefinitions = []}: Definition,
  {container}: {readonly container?: string | undefined},
): Blocked {
  const names = containerDefinitions.map((definition) => definition.name).join(', ');
  return blocked(
    container === undefined
      ? `Task definition ${shortName(taskDefinition)} of the ${name} has ${containerDefinitions.length} containers (${names}), and it is not clear which one the image is for.`
      : `Task definition ${shortName(taskDefinition)} of the ${name} has no container ${container}, only ${names}.`,
    `Set the input container of the step to one of ${names}.`,
  );
}

/** ECS refuses a variable that is also a secret of the container. */
export function secretClash(
  name: string,
  container: ContainerDefinition | undefined,
  {environment}: {readonly environment: Readonly<Record<string, string>>},
): Blocked | undefined {
  const secrets = (container?.secrets ?? []).flatMap((secret) => secret.name ?? []);
  const clashing = secrets.filter((secret) => Object.hasOwn(environment, secret));
  return clashing.length === 0
    ? undefined
    : blocked(
        `Container ${container?.name} of the ${name} takes ${clashing.join(', ')} from secrets, and the step gives plain values.`,
        'Remove these names from the environment of the step, or from the secrets of the task definition.',
      );
}
