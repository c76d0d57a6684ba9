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
  /** All is as the deployment wants it. `signature` changes with every task; `since`: the newest time in it. */
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
  if (primary.rolloutState === 'FAILED') {
    const because = [
      primary.rolloutStateReason ?? 'ECS gives no reason',
      ...stopReasons(snapshot.tasks, primary.id),
    ];
    return {
      kind: 'failed',
      reason: `the rollout of ${shortName(primary.taskDefinition)} is FAILED: ${listed(because)}`,
    };
  }
  const missing = whatIsMissing(snapshot, primary);
  return missing.length > 0
    ? {kind: 'moving', progress: progressOf(snapshot, primary, missing)}
    : {kind: 'good', ...steadiness(snapshot, primary)};
}

/** What was last asked of the service through UpdateService. */
export interface Sent {
  readonly taskDefinition: string;
  readonly desiredCount?: number;
  /** The deployment that it led to, from the answer; absent when the answer was lost. */
  readonly deployment?: {readonly id: string; readonly createdAt: Date};
  /** When it was sent, by our clock. */
  readonly at: Date;
  /** A look has shown it. */
  readonly seen: boolean;
}

export type Fate = 'in-place' | 'not-visible' | 'not-arrived' | 'rolled-back' | 'superseded';

/** How long a read may still show the state before an update: "the Amazon ECS API follows an eventual consistency model". */
const visibleWithinMs = 60_000;
/** The same for an update whose answer was lost: it may not have arrived, and then waiting costs an outage. */
const lostVisibleWithinMs = 10_000;

/** What has become of an update. */
export function fateOf(sent: Sent, service: ServiceState, now: Date): Fate {
  const {deployment, seen, taskDefinition, desiredCount} = sent;
  const primary = primaryOf(service);
  const withinMs = deployment ? visibleWithinMs : lostVisibleWithinMs;
  const mayBeStale = !seen && now.getTime() - sent.at.getTime() < withinMs;
  if (primary?.taskDefinition === taskDefinition) {
    const isCounted = desiredCount === undefined || desiredCount === service.desiredCount;
    return isCounted || !mayBeStale ? 'in-place' : 'not-visible';
  }
  if (!deployment) {
    return mayBeStale ? 'not-visible' : seen ? 'rolled-back' : 'not-arrived';
  }
  if (primary && primary.createdAt > deployment.createdAt) {
    return 'superseded';
  }
  const isListed = service.deployments.some(({id}) => id === deployment.id);
  return !isListed && mayBeStale ? 'not-visible' : 'rolled-back';
}

/** True when the scheduler may neither start a new task nor stop an old one (developer guide, "Rolling update"). */
export function isDeadlocked(service: ServiceState, desiredCount: number): boolean {
  const upper = Math.floor((desiredCount * service.maximumPercent) / 100);
  const lower = Math.ceil((desiredCount * service.minimumHealthyPercent) / 100);
  return desiredCount > 0 && service.runningCount >= upper && service.runningCount <= lower;
}

/** What AWS says, as part of a sentence of ours. */
export const listed = (said: readonly string[]): string =>
  said.map((one) => one.replace(/\.$/, '')).join('; ');

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

function whatIsMissing(
  {service, tasks, targets}: Snapshot,
  primary: DeploymentState,
): readonly string[] {
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
  ];
  const wanted = service.desiredCount;
  return running.length === wanted && service.runningCount === wanted && missing.length === 0
    ? []
    : [`${running.length} of ${wanted} tasks run`, ...missing];
}

/** Stable is not healthy: every task must be healthy at every target group. */
function unhealthyTargets(
  service: ServiceState,
  running: readonly TaskState[],
  targets: readonly TargetHealth[],
): readonly string[] {
  return service.targetGroups.flatMap((group) => {
    const ofGroup = targets.filter((target) => target.group === group);
    const healthy = ofGroup.filter(({state}) => state === 'healthy').map(({id}) => id);
    // Targets of type `instance` are named by their host: only their number can be compared.
    const byAddress = running.every(({addresses}) => addresses.length > 0);
    const served = byAddress
      ? running.filter(({addresses}) => addresses.some((one) => healthy.includes(one))).length
      : healthy.length;
    return served >= service.desiredCount
      ? []
      : [`${served} of ${service.desiredCount} healthy at the load balancer${illnessOf(ofGroup)}`];
  });
}

function illnessOf(targets: readonly TargetHealth[]): string {
  const ill = targets.filter(({state}) => state !== 'healthy' && state !== 'draining');
  const said = [...new Set(ill.map(({state, description}) => description ?? state))];
  return said.length === 0 ? '' : ` (${said.join('; ')})`;
}

function progressOf(
  {service, tasks}: Snapshot,
  primary: DeploymentState,
  missing: readonly string[],
): string {
  const reasons = stopReasons(tasks, primary.id);
  const event =
    service.events.find(({at, message}) => at >= primary.createdAt && telling.test(message)) ??
    earlierPlacement(service, tasks, primary);
  return [
    `${shortName(primary.taskDefinition)}: ${missing.join(', ')}`,
    ...(reasons.length > 0 ? [`stopped: ${reasons.join('; ')}`] : []),
    ...(event ? [`ECS says: ${event.message}`] : []),
  ].join('. ');
}

/** ECS says the same trouble once in six hours: it may have said it before this rollout, and mean it still. */
const saidOnceInMs = 6 * 3_600_000;

function earlierPlacement(
  {events, desiredCount, pendingCount}: ServiceState,
  tasks: readonly TaskState[],
  primary: DeploymentState,
) {
  const live = tasks.filter(
    ({startedBy, lastStatus}) => startedBy === primary.id && lastStatus !== 'STOPPED',
  );
  const since = primary.createdAt.getTime() - saidOnceInMs;
  const found = events.find(
    ({at, message}) => at.getTime() >= since && message.includes('unable to place a task'),
  );
  return found && pendingCount === 0 && live.length < desiredCount
    ? {message: `${found.message} (said at ${found.at.toISOString()}, and not again within 6 h)`}
    : undefined;
}

/** Words in events that mean trouble (those that AWS Copilot looks for). */
const telling = /fail|unhealthy|error|throttle|unable|missing|alarm detected|rolling back/i;

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
