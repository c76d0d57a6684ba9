import type {Socket} from 'node:net';

/** The states and reasons are those of DescribeTargetHealth (ELBv2 API, TargetHealth). */
type TargetState = 'initial' | 'healthy' | 'unhealthy' | 'draining';

export interface BalancedTarget {
  readonly id: string;
  readonly address: string;
  readonly port: number;
  /** The target group that it was registered in; none: it serves every connection. */
  readonly group?: string;
  readonly state: TargetState;
  readonly reason?: string;
  readonly description?: string;
}

export interface Target {
  readonly id: string;
  readonly address: string;
  readonly port: number;
  readonly group: string | undefined;
  readonly connections: Set<Socket>;
  failsChecks: boolean;
  state: TargetState;
  reason?: string;
  description?: string;
  /** Checks in a row that passed, or failed. */
  passed: number;
  failed: number;
}

export const deregistering = {
  state: 'draining' as const,
  reason: 'Target.DeregistrationInProgress',
  description: 'Target deregistration is in progress',
};

export const newTarget = (named: Pick<Target, 'id' | 'address' | 'port' | 'group'>): Target => ({
  ...named,
  connections: new Set(),
  failsChecks: false,
  state: 'initial',
  reason: 'Elb.RegistrationInProgress',
  description: 'Target registration is in progress',
  passed: 0,
  failed: 0,
});

export const published = ({
  id,
  address,
  port,
  group,
  state,
  reason,
  description,
}: Target): BalancedTarget => ({
  id,
  address,
  port,
  state,
  ...(group === undefined ? {} : {group}),
  ...(reason === undefined ? {} : {reason}),
  ...(description === undefined ? {} : {description}),
});
