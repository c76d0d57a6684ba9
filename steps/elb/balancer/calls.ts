import type {Action} from '@aws-sdk/client-elastic-load-balancing-v2';
import type {FixedAnswer, Rule} from './rules.ts';

export interface BalancerState {
  readonly arn: string;
  /** `active`, `provisioning`, `active_impaired` or `failed`. */
  readonly state: string;
  readonly dnsName: string;
  /** The hosted zone of its DNS name: an alias record needs both. */
  readonly zoneId: string;
  /** `ipv4`, `dualstack` or `dualstack-without-public-ipv4`. */
  readonly addressType: string;
  /** `internet-facing` or `internal`. */
  readonly scheme: string;
}

export interface Listener {
  readonly arn: string;
  readonly port: number;
}

export interface TargetGroup {
  readonly arn: string;
  readonly name: string;
}

export interface Target {
  readonly id: string;
  readonly state: string;
  readonly description?: string;
}

/** The calls to Elastic Load Balancing, each one request or the pages of one. Reads retry; writes are sent once. */
export interface BalancerCalls {
  describe(signal: AbortSignal): Promise<BalancerState>;
  listeners(balancer: string, signal: AbortSignal): Promise<readonly Listener[]>;
  rules(listener: string, signal: AbortSignal): Promise<readonly Rule[]>;
  /** Names without a target group are left out. */
  groupsNamed(names: readonly string[], signal: AbortSignal): Promise<readonly TargetGroup[]>;
  groups(arns: readonly string[], signal: AbortSignal): Promise<readonly TargetGroup[]>;
  targets(group: string, signal: AbortSignal): Promise<readonly Target[]>;
  modifyRule(rule: string, actions: Action[], signal: AbortSignal): Promise<void>;
  modifyDefault(listener: string, actions: Action[], signal: AbortSignal): Promise<void>;
  createRule(
    listener: string,
    rule: {readonly answer: FixedAnswer; readonly priority: number},
    signal: AbortSignal,
  ): Promise<void>;
  deleteRule(rule: string, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
