import {allTraffic} from './ecs-stages.ts';
import {type Deployment, type Service, say} from './ecs-state.ts';

/** Half of the desired count, at least 3 and at most 200 (ECS API, DeploymentCircuitBreaker). */
export const breakerThreshold = ({desiredCount}: Service): number =>
  Math.min(200, Math.max(3, Math.ceil(desiredCount / 2)));

export function breakCircuit(service: Service, deployment: Deployment): void {
  deployment.rolloutState = 'FAILED';
  deployment.rolloutStateReason = 'ECS deployment circuit breaker: tasks failed to start.';
  deployment.updatedAt = new Date();
  deployment.record.breakerTriggered = true;
  say(service, `(deployment ${deployment.id}) deployment failed: tasks failed to start.`);
  if (service.circuitBreaker.rollback) {
    const reason =
      'Service deployment rolled back because the circuit breaker threshold was exceeded.';
    rollBack(service, deployment, reason);
  } else {
    Object.assign(deployment.record, {status: 'STOPPED', finishedAt: new Date()});
  }
}

/** Rolls back to the last completed deployment. Without one, the deployment stays failed. */
export function rollBack(service: Service, failed: Deployment, reason: string): void {
  const last = service.lastCompleted;
  failed.rolloutState = 'FAILED';
  failed.record.rollback = {reason, startedAt: new Date()};
  failed.record.statusReason = reason;
  if (!last) {
    failed.record.status = 'ROLLBACK_FAILED';
    return;
  }
  allTraffic(service, last);
  failed.record.status = 'ROLLBACK_IN_PROGRESS';
  failed.status = 'ACTIVE';
  failed.desiredCount = 0;
  last.status = 'PRIMARY';
  last.rolloutState = 'IN_PROGRESS';
  last.rolloutStateReason = `ECS deployment circuit breaker: rolling back to deploymentId ${last.id}.`;
  last.failedTasks = 0;
  last.updatedAt = new Date();
  service.deployments = [last, ...service.deployments.filter((other) => other !== last)];
  say(service, `rolling back to deployment ${last.id}.`);
}
