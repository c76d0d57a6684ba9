import {primaryOf, type ServiceState} from './state.ts';

/** The last update of the service that was sent through UpdateService. */
export interface Sent {
  readonly taskDefinition: string;
  readonly desiredCount?: number;
  /** The deployment that it led to, from the answer; absent when the answer was lost. */
  readonly deployment?: {readonly id: string; readonly createdAt: Date};
  /** When it was sent, by `performance.now`. */
  readonly atMs: number;
  /** A check has seen it in place. */
  readonly seen: boolean;
}

export type Fate = 'in-place' | 'not-visible' | 'not-arrived' | 'rolled-back' | 'superseded';

/**
 * How long a read may still show the state before an update: "the Amazon ECS API follows an eventual consistency
 * model".
 */
const visibleWithinMs = 60_000;
/** The same for an update whose answer was lost: it may not have arrived, and then waiting costs an outage. */
const lostVisibleWithinMs = 10_000;

/** What has become of an update. */
export function fateOf(sent: Sent, service: ServiceState, nowMs: number): Fate {
  const {deployment, seen, taskDefinition, desiredCount} = sent;
  const primary = primaryOf(service);
  const withinMs = deployment ? visibleWithinMs : lostVisibleWithinMs;
  const mayBeStale = !seen && nowMs - sent.atMs < withinMs;
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
