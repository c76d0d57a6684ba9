import {z} from 'zod';
import {defineTarget, type Session, SwitcharooError} from '../../src/index.ts';
import {awsConfig} from '../aws/client.ts';
import {awsRights, type ResourcesOf} from '../aws/rights.ts';
import {awsCalls} from './balancer/aws-calls.ts';
import type {BalancerCalls, BalancerState, Group, Listener, Target} from './balancer/calls.ts';
import {nameOf, ruleChanged} from './balancer/problems.ts';
import {type Forward, forwardingTo, forwardOf, isSame, type Rule} from './balancer/rules.ts';

export interface BalancerReader {
  /** `load balancer web`. */
  readonly name: string;
  /** Itself, and the listener on a port with its rules, where there is one. */
  look(
    port: number,
    signal: AbortSignal,
  ): Promise<{
    readonly balancer: BalancerState;
    readonly listener: Listener | undefined;
    readonly rules: readonly Rule[];
  }>;
  groupsNamed(names: readonly string[], signal: AbortSignal): Promise<readonly Group[]>;
  groups(arns: readonly string[], signal: AbortSignal): Promise<readonly Group[]>;
  targets(group: string, signal: AbortSignal): Promise<readonly Target[]>;
}

/** Which rule of which listener. */
export interface RulePlace {
  readonly port: number;
  readonly rule: string;
}

export interface BalancerWriter extends BalancerReader {
  /** Makes a rule forward as `to` says, unless it does; when it forwards neither so nor as `from` says, it is left alone. */
  forward(
    place: RulePlace,
    ways: {readonly from: Forward; readonly to: Forward},
    signal: AbortSignal,
  ): Promise<void>;
}

/** On what the actions are made (Service Authorization Reference, Elastic Load Balancing V2): reads know nothing narrower. */
const resourcesOf =
  (region: string, balancer: string): ResourcesOf =>
  (action, account) => {
    const on = (kind: string) =>
      `arn:aws:elasticloadbalancing:${region}:${account}:${kind}/*/${balancer}/*`;
    switch (action) {
      case 'elasticloadbalancing:ModifyListener':
        return [on('listener')];
      case 'elasticloadbalancing:ModifyRule':
        return [on('listener-rule')];
      default:
        return ['*'];
    }
  };

/** An application load balancer. Its account and region are those of the AWS settings. */
export const loadBalancer = defineTarget({
  kind: 'load-balancer',
  config: z.object({loadBalancer: z.string(), ...awsConfig.shape}),
  rights: async ({loadBalancer: balancer, ...aws}, needs, context) => [
    await awsRights(aws, needs, resourcesOf(aws.region, balancer), context),
  ],
  open: async (config) => openBalancer(nameOf(config), awsCalls(config)),
});

export function openBalancer(
  name: string,
  calls: BalancerCalls,
): Session<BalancerReader, BalancerWriter> {
  const reader: BalancerReader = {
    name,
    async look(port, signal) {
      const balancer = await calls.describe(signal);
      const listener = (await calls.listeners(balancer.arn, signal)).find(
        (one) => one.port === port,
      );
      const rules = listener ? await calls.rules(listener.arn, signal) : [];
      return {balancer, listener, rules};
    },
    groupsNamed: (names, signal) => calls.groupsNamed(names, signal),
    groups: (arns, signal) => calls.groups(arns, signal),
    targets: (group, signal) => calls.targets(group, signal),
  };
  return {
    reader,
    writer: {
      ...reader,
      // The API has no condition for a write: what is there is looked at as late as possible.
      async forward({port, rule: arn}, {from, to}, signal) {
        const {listener, rules} = await reader.look(port, signal);
        const rule = rules.find((one) => one.arn === arn);
        const is = rule && forwardOf(rule);
        if (isSame(is, to)) {
          return;
        }
        if (!listener || !rule || !isSame(is, from)) {
          const [shown, was] = await Promise.all([
            forwardText(reader, is, signal),
            forwardText(reader, from, signal),
          ]);
          throw new SwitcharooError(ruleChanged(name, `A rule on port ${port}`, shown, was));
        }
        signal.throwIfAborted();
        const actions = forwardingTo(rule.actions, to);
        await (rule.isDefault
          ? calls.modifyDefault(listener.arn, actions, signal)
          : calls.modifyRule(arn, actions, signal));
      },
    },
    close: () => calls.close(),
  };
}

/** `old with weight 90, new with weight 10`. */
export async function forwardText(
  balancer: Pick<BalancerReader, 'groups'>,
  forward: Forward | undefined,
  signal: AbortSignal,
): Promise<string> {
  if (!forward) {
    return 'to no target group';
  }
  const groups = await balancer.groups(
    forward.shares.map(({group}) => group),
    signal,
  );
  const words = forward.shares.map(({group, weight}) => {
    const name = groups.find(({arn}) => arn === group)?.name ?? group;
    return `${name} with weight ${weight}`;
  });
  return `to ${words.join(', ')}`;
}
