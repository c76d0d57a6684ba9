import {type Blocked, blocked, type Problem} from '../../../src/index.ts';
import {oneLine} from '../../aws/index.ts';
import type {BalancerName} from '../contract.ts';

export const balancerName = ({loadBalancer}: BalancerName): string =>
  `load balancer ${loadBalancer}`;

export const balancerNotFound = ({loadBalancer}: BalancerName): Problem => ({
  code: 'elb-not-found',
  message: `There is no load balancer ${loadBalancer} in this account and region.`,
  hint: 'Correct its name or the region in the inventory. List the load balancers with: aws elbv2 describe-load-balancers',
});

export const requestRefused = (balancer: BalancerName, refusal: string): Problem => ({
  code: 'elb-request-refused',
  message: `AWS does not accept a request for ${balancerName(balancer)}: ${oneLine(refusal)}`,
  hint: 'Correct what AWS names in the runbook, then resume.',
});

export const ruleChanged = (balancer: string, rule: string, is: string, was: string): Problem => ({
  code: 'elb-rule-changed',
  message: `${rule} of ${balancer} forwards ${is}. Before this step it forwarded ${was}, and this step sets something else.`,
  hint: 'Set the rule to its earlier state, then resume or reverse. AWS CloudTrail shows who called ModifyRule or ModifyListener.',
});

export const priorityTaken = (balancer: string, port: number, priority: number): Problem => ({
  code: 'elb-priority-taken',
  message: `Priority ${priority} on port ${port} of the ${balancer} now belongs to another rule.`,
  hint: 'Move that rule to another priority (aws elbv2 set-rule-priorities), then resume or reverse. AWS CloudTrail shows who called CreateRule or SetRulePriorities.',
});

export const listenerMissing = (balancer: string, port: number): Problem & {hint: string} => ({
  code: 'elb-listener-missing',
  message: `The ${balancer} has no listener on port ${port}.`,
  hint: 'Set the input "port" of the entry to a port of the load balancer, or add a listener.',
});

/** The text of a port without a listener, for every step and gate. */
export function noListener(balancer: string, port: number): Blocked {
  const {message, hint} = listenerMissing(balancer, port);
  return blocked(message, hint);
}
