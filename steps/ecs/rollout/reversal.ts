import {type Blocked, blocked, type Problem} from '../../../src/index.ts';
import {originalOf, registeringOriginal} from './original.ts';
import {isInFlight} from './stages.ts';
import {type DeploymentState, primaryOf, shortName} from './state.ts';
import type {Before, RolloutLook, ServiceAction} from './step.ts';
import type {Sent} from './update.ts';

/**
 * The writes that set a service to what ran before. `isDeployed`: whether a task definition is the one that the step
 * deploys.
 */
export async function reversal(
  look: RolloutLook,
  before: Before,
  isDeployed: (running: string) => Promise<boolean>,
): Promise<readonly ServiceAction[] | Blocked> {
  const {service} = look.targets;
  const snapshot = await service.snapshot(look.signal);
  const primary = primaryOf(snapshot.service);
  const running = primary ? await originalOf(look, primary.taskDefinition) : undefined;
  const again = await registeringOriginal(look, before);
  const isReversed =
    running === before.taskDefinition &&
    (before.desiredCount === null || snapshot.service.desiredCount === before.desiredCount);
  if (!primary || running === before.taskDefinition) {
    // A read may be older than what a run sent before it died, and a rollback of ECS may still be under way.
    // Only the answer to an update is sure: where there is nothing to change, the update changes nothing.
    const {sent} = service.fateOfUpdate(snapshot);
    const isSent = sent && isSame(sent, before, await originalOf(look, sent.taskDefinition));
    return isReversed && isSent ? [] : [...again, restoring(before)];
  }
  if (!(await isDeployed(primary.taskDefinition))) {
    const {message, hint} = serviceDrifted(service.name, primary.taskDefinition, before);
    return blocked(message, hint);
  }
  // A rollback keeps the desired count: for a service that was parked at 0, ECS would start
  // tasks of the earlier revision. The update alone ends the rollout too, and starts nothing.
  const isMoving = primary.rolloutState === 'IN_PROGRESS' || isInFlight(snapshot.staged);
  const isToStop = isMoving && before.desiredCount !== 0;
  return [...again, ...(isToStop ? [stoppingRollout(primary)] : []), restoring(before)];
}

const isSame = (sent: Sent, {taskDefinition, desiredCount}: Before, original: string): boolean =>
  original === taskDefinition && (sent.desiredCount ?? null) === desiredCount;

export const serviceDrifted = (
  name: string,
  running: string | undefined,
  {taskDefinition}: Pick<Before, 'taskDefinition'>,
): Problem => ({
  code: 'ecs-service-drifted',
  message: `The ${name} runs ${shortName(running ?? 'nothing')}: neither ${shortName(taskDefinition)}, which ran before, nor the revision that this step deploys.`,
  hint: `Set the service to ${shortName(taskDefinition)}, then resume or reverse. AWS CloudTrail shows who called UpdateService.`,
});

const stoppingRollout = ({taskDefinition}: DeploymentState): ServiceAction => ({
  on: 'service',
  does: `stop the rollout of ${shortName(taskDefinition)}: ECS rolls it back`,
  perform: (service, signal, report) => service.rollBack(taskDefinition, signal, report),
});

// Where somebody has deregistered the earlier revision, an equal one was registered.
const restoring = ({taskDefinition, desiredCount}: Before): ServiceAction => ({
  on: 'service',
  does: `update the service to run ${shortName(taskDefinition)} again${countText(desiredCount ?? undefined)}`,
  perform: async (service, signal) => {
    const deployable = (await service.deployable(taskDefinition, signal)) ?? taskDefinition;
    const count = desiredCount === null ? {} : {desiredCount};
    await service.update({taskDefinition: deployable, ...count}, signal);
  },
});

/** The end of an action's text. */
export const countText = (count: number | undefined): string =>
  count === undefined ? '' : `, desired count ${count}`;
