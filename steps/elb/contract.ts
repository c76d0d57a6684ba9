import type {BalancerState, Listener, Target, TargetGroup} from './balancer/calls.ts';
import type {FixedAnswer, Forward, Rule} from './balancer/rules.ts';

/** A load balancer by its name, or by its ARN. */
export interface BalancerName {
  readonly loadBalancer: string;
}

export interface BalancerReader {
  /** `load balancer web`. */
  readonly name: string;
  /** The balancer, and its listener on a port with the rules, where there is one. */
  look(
    port: number,
    signal: AbortSignal,
  ): Promise<{
    readonly balancer: BalancerState;
    readonly listener: Listener | undefined;
    readonly rules: readonly Rule[];
  }>;
  /** Names without a target group are left out. */
  groupsNamed(names: readonly string[], signal: AbortSignal): Promise<readonly TargetGroup[]>;
  groups(arns: readonly string[], signal: AbortSignal): Promise<readonly TargetGroup[]>;
  targets(group: string, signal: AbortSignal): Promise<readonly Target[]>;
}

/** Which rule of which listener. */
export interface RulePlace {
  readonly port: number;
  readonly rule: string;
}

export interface BalancerWriter extends BalancerReader {
  /**
   * Makes a rule forward as in `to`, unless it does. A rule that forwards neither as in `to` nor as in `from` is left
   * alone.
   */
  forward(
    place: RulePlace,
    change: {readonly from: Forward; readonly to: Forward},
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * Adds a rule that answers requests for hosts by itself, unless it is there at this priority. Another rule at this
   * priority is left alone.
   */
  answer(port: number, answer: FixedAnswer, priority: number, signal: AbortSignal): Promise<void>;
  /** Deletes that rule, unless it is gone. A rule at this priority that does something else is left alone. */
  stopAnswering(
    port: number,
    answer: FixedAnswer,
    priority: number,
    signal: AbortSignal,
  ): Promise<void>;
}
