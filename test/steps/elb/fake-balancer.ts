import type {Action} from '@aws-sdk/client-elastic-load-balancing-v2';
import type {BalancerCalls, Target} from '../../../steps/elb/balancer/calls.ts';
import {fixedAction, type Rule} from '../../../steps/elb/balancer/rules.ts';
import {openBalancer} from '../../../steps/elb/balancer/session.ts';

export const arnOf = (name: string): string => `arn:aws:elasticloadbalancing:targetgroup/${name}/1`;

export const forward = (weights: Readonly<Record<string, number>>): Action => ({
  Type: 'forward',
  ForwardConfig: {
    TargetGroups: Object.entries(weights).map(([name, Weight]) => ({
      TargetGroupArn: arnOf(name),
      Weight,
    })),
    TargetGroupStickinessConfig: {Enabled: false},
  },
});

export const rule = (priority: number, changes: Partial<Rule>): Rule => ({
  arn: `rule/${priority}`,
  priority,
  isDefault: false,
  hosts: [],
  conditions: [],
  actions: [forward({old: 1})],
  ...changes,
});

/** A small true load balancer `web` with a listener on port 443, and target groups `old` and `new`. */
export class FakeBalancer {
  state = 'active';
  addressType = 'dualstack';
  scheme = 'internet-facing';
  rules: Rule[];
  readonly targets: Record<string, Target[]> = {
    old: [{id: '10.0.0.1', state: 'healthy'}],
    new: [{id: '10.0.0.2', state: 'healthy'}],
  };

  constructor(...rules: readonly Rule[]) {
    this.rules = [...rules, rule(Number.POSITIVE_INFINITY, {arn: 'rule/default', isDefault: true})];
  }

  picture = async () => structuredClone(this.rules);

  session() {
    return openBalancer('load balancer web', this.#calls());
  }

  #calls(): BalancerCalls {
    const groups = () => Object.keys(this.targets).map((name) => ({name, arn: arnOf(name)}));
    const change = (arn: string, actions: Action[]) => {
      this.rules = this.rules.map((one) => (one.arn === arn ? {...one, actions} : one));
    };
    return {
      describe: async () => ({
        arn: 'balancer',
        state: this.state,
        dnsName: 'web.elb.amazonaws.com',
        zoneId: 'Z35SXDOTRQ7X7K',
        addressType: this.addressType,
        scheme: this.scheme,
      }),
      listeners: async () => [{arn: 'listener', port: 443}],
      rules: async () => this.rules,
      groupsNamed: async (names) => groups().filter(({name}) => names.includes(name)),
      groups: async (arns) => groups().filter(({arn}) => arns.includes(arn)),
      targets: async (group) =>
        Object.entries(this.targets).find(([name]) => arnOf(name) === group)?.[1] ?? [],
      modifyRule: async (arn, actions) => change(arn, actions),
      modifyDefault: async (_listener, actions) => change('rule/default', actions),
      createRule: async (_listener, {answer, priority}) => {
        const {hosts} = answer;
        const added = rule(priority, {hosts, actions: [fixedAction(answer)]});
        this.rules = [added, ...this.rules].toSorted((a, b) => a.priority - b.priority);
      },
      deleteRule: async (arn) => {
        this.rules = this.rules.filter((one) => one.arn !== arn);
      },
      close: async () => {},
    };
  }
}
