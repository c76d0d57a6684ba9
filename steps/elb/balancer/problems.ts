import type {Problem} from '../../../src/index.ts';

interface Named {
  readonly loadBalancer: string;
}

export const nameOf = ({loadBalancer}: Named): string => `load balancer ${loadBalancer}`;

export const balancerNotFound = ({loadBalancer}: Named): Problem => ({
  code: 'elb-not-found',
  message: `There is no load balancer ${loadBalancer} in this account and region.`,
  hint: 'Correct its name or the region in the inventory; `aws elbv2 describe-load-balancers` shows what there is.',
});

export const refused = (named: Named, said: string): Problem => ({
  code: 'elb-request-refused',
  message: `AWS does not accept a request for ${nameOf(named)}: ${said.replace(/\s+/g, ' ').trim()}`,
  hint: 'Correct what AWS names in the runbook, then resume.',
});

export const ruleChanged = (balancer: string, rule: string, is: string, was: string): Problem => ({
  code: 'elb-rule-changed',
  message: `${rule} of ${balancer} forwards ${is}: neither ${was}, as it did before, nor as this step sets it.`,
  hint: 'Find out who changed it, and set it to one of the two; then go on.',
});
