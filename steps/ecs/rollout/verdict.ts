import {shifted} from '../../../src/index.ts';
import {shiftsTraffic, stageTexts} from './stages.ts';
import {
  type DeploymentState,
  primaryOf,
  type ServiceState,
  type Snapshot,
  shortName,
  type TargetHealth,
  type TaskState,
} from './state.ts';

export type RolloutVerdict =
  /** Everything is as the deployment asks. `signature` changes with every task; `since`: the newest time in it. */
  | {readonly kind: 'good'; readonly signature: string; readonly since: Date}
  | {readonly kind: 'moving'; readonly progress: string}
  | {readonly kind: 'failed'; readonly reason: string};

/**
 * Judges the PRIMARY deployment by one look. "Stable" as the SDK's waiter has it is not enough: it also holds
 * right before a rollout begins, after a rollback, and with nothing running.
 */
export function judgeRollout(snapshot: Snapshot): RolloutVerdict {
  const primary = primaryOf(snapshot.service);
  if (!primary) {
    return {kind: 'moving', progress: 'the service has no deployment yet'};
  }
  if (snapshot.staged?.status === 'ROLLBACK_FAILED') {
    const {reason = 'ECS gives no reason'} = snapshot.staged;
    return {
      kind: 'failed',
      reason: `ECS could not roll ${shortName(primary.taskDefinition)} back: ${joined([reason])}`,
    };
  }
  if (primary.rolloutState === 'FAILED') {
    const reasons = [
      primary.rolloutStateReason ?? 'ECS gives no reason',
      ...stopReasons(snapshot.tasks, primary.id),
    ];
    return {
      kind: 'failed',
      reason: `the rollout of ${shortName(primary.taskDefinition)} is FAILED: ${joined(reasons)}`,
    };
  }
  const missing = missingParts(snapshot, primary);
  return missing.length > 0
    ? {kind: 'moving', progress: progressOf(snapshot, primary, missing)}
    : {kind: 'good', ...steadiness(snapshot, primary)};
}

/** True when the scheduler may neither start a new task nor stop an old one (developer guide, "Rolling update"). */
export function isDeadlocked(service: ServiceState, desiredCount: number): boolean {
  const upper = Math.floor((desiredCount * service.maximumPercent) / 100);
  const lower = Math.ceil((desiredCount * service.minimumHealthyPercent) / 100);
  // Where the traffic is shifted, all new tasks start beside the old ones.
  return (
    !shiftsTraffic(service) &&
    desiredCount > 0 &&
    service.runningCount >= upper &&
    service.runningCount <= lower
  );
}

/** Sentences of AWS as part of one sentence. */
export const joined = (reasons: readonly string[]): string =>
  reasons.map((reason) => reason.replace(/\.$/, '')).join('; ');

/** Why tasks of a deployment stopped, each reason once. */
export function stopReasons(
  tasks: readonly TaskState[],
  deployment: string | undefined,
): readonly string[] {
  const reasons = tasks
    .filter(({startedBy, lastStatus}) => startedBy === deployment && lastStatus === 'STOPPED')
    // A task that scaling stopped did nothing wrong.
    .filter(({stoppedReason = ''}) => !stoppedReason.startsWith('Scaling activity initiated by'))
    .map(({stopCode, stoppedReason, exitCodes}) => {
      const codes = exitCodes.length > 0 ? ` (exit code ${exitCodes.join(', ')})` : '';
      return `${stoppedReason ?? stopCode ?? 'stopped without a reason'}${codes}`;
    });
  return [...new Set(reasons)].slice(0, 3);
}

function missingParts(snapshot: Snapshot, primary: DeploymentState): readonly string[] {
  const {service, tasks, targets} = snapshot;
  const live = tasks.filter(({lastStatus}) => lastStatus !== 'STOPPED');
  const others = live.filter(({taskDefinition}) => taskDefinition !== primary.taskDefinition);
  const running = live.filter((task) => task.lastStatus === 'RUNNING' && !others.includes(task));
  const leaving = live.length - others.length - running.length;
  const ill = running.filter(({healthStatus}) => healthStatus === 'UNHEALTHY');
  // Absent for services behind a classic load balancer: then the counts alone decide.
  const rollout = primary.rolloutState ?? 'COMPLETED';
  const missing = [
    ...(leaving > 0 ? [`${leaving} on the way up or down`] : []),
    ...(leaving === 0 && service.pendingCount > 0 ? [`${service.pendingCount} pending`] : []),
    ...(others.length > 0 ? [`${others.length} of an earlier revision still live`] : []),
    ...(ill.length > 0 ? [`${ill.length} unhealthy by their own health check`] : []),
    ...unhealthyTargets(service, running, targets),
    ...(service.deployments.length > 1 ? [`${service.deployments.length} deployments`] : []),
    ...(rollout === 'COMPLETED' ? [] : [`rollout ${rollout}`]),
    ...stageTexts(snapshot),
  ];
  const {desiredCount: desired} = service;
  return running.length === desired && service.runningCount === desired && missing.length === 0
    ? []
    : [`${running.length} of ${desired} tasks run`, ...missing];
}

/** Stable is not healthy: every task must be healthy at every target group. */
function unhealthyTargets(
  service: ServiceState,
  running: readonly TaskState[],
  targets: readonly TargetHealth[],
): readonly string[] {
  return service.targetGroups.flatMap((group) => {
    const groups = [group, service.alternates[group]];
    const ofGroup = targets.filter((target) => groups.includes(target.group));
    const healthy = ofGroup.filter(({state}) => state === 'healthy').map(({id}) => id);
    // Targets of type `instance` are named by their host: only their number can be compared.
    const byAddress = running.every(({addresses}) => addresses.length > 0);
    const served = byAddress
      ? running.filter(({addresses}) => addresses.some((address) => healthy.includes(address)))
          .length
      : healthy.length;
    return served >= service.desiredCount
      ? []
      : [`${served} of ${service.desiredCount} healthy at the load balancer${illnessOf(ofGroup)}`];
  });
}

function illnessOf(targets: readonly TargetHealth[]): string {
  const ill = targets.filter(({state}) => state !== 'healthy' && state !== 'draining');
  const descriptions = [...new Set(ill.map(({state, description}) => description ?? state))];
  return descriptions.length === 0 ? '' : ` (${descriptions.join('; ')})`;
}

function progressOf(
  {service, tasks}: Snapshot,
  primary: DeploymentState,
  missing: readonly string[],
): string {
  const reasons = stopReasons(tasks, primary.id);
  const event =
    service.events.find(({at, message}) => at >= primary.createdAt && trouble.test(message)) ??
    earlierPlacement(service, tasks, primary);
  return [
    `${shortName(primary.taskDefinition)}: ${missing.join(', ')}`,
    ...(reasons.length > 0 ? [`stopped: ${reasons.join('; ')}`] : []),
    ...(event ? [`ECS: ${event.message}`] : []),
  ].join('. ');
}

/** ECS repeats an event only after six hours: an event from before this rollout may still hold. */
const repeatedAfterMs = 6 * 3_600_000;

function earlierPlacement(
  {events, desiredCount, pendingCount}: ServiceState,
  tasks: readonly TaskState[],
  primary: DeploymentState,
) {
  const live = tasks.filter(
    ({startedBy, lastStatus}) => startedBy === primary.id && lastStatus !== 'STOPPED',
  );
  const since = shifted(primary.createdAt, -repeatedAfterMs);
  const placement = events.find(
    ({at, message}) => at >= since && message.includes('unable to place a task'),
  );
  return placement && pendingCount === 0 && live.length < desiredCount
    ? {message: `${placement.message} (event of ${placement.at.toISOString()}, not repeated)`}
    : undefined;
}

/** Words of events that mean trouble (as AWS Copilot has them). */
const trouble = /fail|unhealthy|error|throttle|unable|missing|alarm detected|rolling back/i;

function steadiness(
  {service, tasks}: Snapshot,
  primary: DeploymentState,
): {readonly signature: string; readonly since: Date} {
  const running = tasks.filter(({lastStatus}) => lastStatus === 'RUNNING');
  const times = [primary.updatedAt, ...running.flatMap(({startedAt}) => startedAt ?? [])];
  return {
    signature: [primary.id, service.desiredCount, ...running.map(({arn}) => arn).sort()].join(' '),
    since: new Date(Math.max(...times.map((time) => time.getTime()))),
  };
}
