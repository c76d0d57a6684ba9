import {type Session, SwitcharooError} from '../../../src/index.ts';
import type {BalancerReader, BalancerWriter, RulePlace} from '../contract.ts';
import type {BalancerCalls} from './calls.ts';
import {listenerMissing, priorityTaken, ruleChanged} from './problems.ts';
import {type Forward, forwardingTo, forwardOf, isAnswer, isSame} from './rules.ts';

/** `name`: `load balancer web`. */
export function openBalancer(
  name: string,
  calls: BalancerCalls,
): Session<BalancerReader, BalancerWriter> {
  const reader: BalancerReader = {
    name,
    async look(port, signal) {
      const balancer = await calls.describe(signal);
      const listeners = await calls.listeners(balancer.arn, signal);
      const listener = listeners.find((candidate) => candidate.port === port);
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
      forward: (place, change, signal) => forward({reader, calls}, place, change, signal),
      async answer(port, answer, priority, signal) {
        const {listener, rules} = await reader.look(port, signal);
        const taken = rules.find((rule) => rule.priority === priority);
        if (taken && isAnswer(taken, answer)) {
          return;
        }
        if (!listener) {
          throw new SwitcharooError(listenerMissing(name, port));
        }
        if (taken) {
          throw new SwitcharooError(priorityTaken(name, port, priority));
        }
        signal.throwIfAborted();
        await calls.createRule(listener.arn, {answer, priority}, signal);
      },
      async stopAnswering(port, answer, priority, signal) {
        const {rules} = await reader.look(port, signal);
        const own = rules.find((rule) => rule.priority === priority && isAnswer(rule, answer));
        signal.throwIfAborted();
        if (own) {
          await calls.deleteRule(own.arn, signal);
        }
      },
    },
    close: () => calls.close(),
  };
}

/** The API has no condition for a write: the rule is read right before it. */
async function forward(
  {reader, calls}: {readonly reader: BalancerReader; readonly calls: BalancerCalls},
  {port, rule: arn}: RulePlace,
  {from, to}: {readonly from: Forward; readonly to: Forward},
  signal: AbortSignal,
): Promise<void> {
  const {listener, rules} = await reader.look(port, signal);
  const rule = rules.find((candidate) => candidate.arn === arn);
  const current = rule && forwardOf(rule);
  if (isSame(current, to)) {
    return;
  }
  if (!listener || !rule || !isSame(current, from)) {
    const [is, was] = await Promise.all([
      forwardText(reader, current, signal),
      forwardText(reader, from, signal),
    ]);
    throw new SwitcharooError(ruleChanged(reader.name, `A rule on port ${port}`, is, was));
  }
  signal.throwIfAborted();
  const actions = forwardingTo(rule.actions, to);
  await (rule.isDefault
    ? calls.modifyDefault(listener.arn, actions, signal)
    : calls.modifyRule(arn, actions, signal));
}

/** `to old with weight 90, new with weight 10`. */
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
  const shares = forward.shares.map(({group, weight}) => {
    const name = groups.find(({arn}) => arn === group)?.name ?? group;
    return `${name} with weight ${weight}`;
  });
  return `to ${shares.join(', ')}`;
}
