import {z} from 'zod';
import {type Blocked, blocked, defineGate, done, type Look, waiting} from '../../src/index.ts';
import {ecsService} from '../ecs/index.ts';
import type {BalancerState} from './balancer/calls.ts';
import {noListener} from './balancer/problems.ts';
import {answerText, forwardOf, type Rule, rulesFor} from './balancer/rules.ts';
import {loadBalancer} from './target.ts';

const targets = {balancer: loadBalancer, service: ecsService};

const input = z.object({
  port: z.coerce.number().int().positive().default(443),
  hosts: z.array(z.string()).min(1),
});

const output = z.object({
  /** What alias records of the hosts need. With the prefix `dualstack.` one name serves A and AAAA. */
  alias: z.object({
    hostedZoneId: z.string(),
    dnsName: z.string(),
    evaluateTargetHealth: z.boolean(),
  }),
  /** The types of the alias records: the kinds of addresses that the load balancer has. */
  types: z.array(z.string()),
});

type GateLook = Look<typeof targets, z.output<typeof input>>;

/**
 * Open while requests for every host reach the service, whether its tasks run already or not: `elb.targets-healthy`
 * asks for those. Only the rule that takes whatever no condition on a path or a header takes is looked at.
 */
export const routesHosts = defineGate({
  name: 'elb.routes-hosts',
  summary: 'Check that a load balancer forwards the requests for each host to an ECS service.',
  targets,
  input,
  output,
  needs: {
    balancer: [
      'elasticloadbalancing:DescribeLoadBalancers',
      'elasticloadbalancing:DescribeListeners',
      'elasticloadbalancing:DescribeRules',
      'elasticloadbalancing:DescribeTargetGroups',
    ],
    service: [
      'ecs:DescribeServices',
      'ecs:ListTasks',
      'ecs:DescribeTasks',
      'ecs:DescribeServiceDeployments',
      'elasticloadbalancing:DescribeTargetHealth',
    ],
  },
  effects: [],
  timeoutMs: 10 * 60_000,
  neverSkip: 'Only this gate proves that the load balancer forwards the requests for every name.',
  poll: {firstMs: 250, mostMs: 5_000},

  async check(look) {
    const {balancer, service} = look.targets;
    const {port, hosts} = look.input;
    const [{service: state}, current] = await Promise.all([
      service.snapshot(look.signal),
      balancer.look(port, look.signal),
    ]);
    if (current.balancer.state === 'provisioning') {
      return waiting(`${balancer.name} is provisioning`);
    }
    if (!current.listener) {
      return noListener(balancer.name, port);
    }
    const own = [...state.targetGroups, ...Object.values(state.alternates)];
    if (own.length === 0) {
      return blocked(
        `The ${service.name} has no target group.`,
        `Add a target group of the ${balancer.name} to the service.`,
      );
    }
    for (const host of hosts) {
      const astray = await strayRequests(look, own, {host, rules: current.rules});
      if (astray) {
        return astray;
      }
    }
    return done(outputOf(current.balancer), ...remarksOn(balancer.name, current.balancer));
  },
});

interface Routed {
  readonly host: string;
  readonly rules: readonly Rule[];
}

/** Requests for a host that do not reach the service, or not all of them. */
async function strayRequests(
  {targets: {balancer, service}, input: {port}, signal}: GateLook,
  own: readonly string[],
  {host, rules}: Routed,
): Promise<Blocked | undefined> {
  const rule = rulesFor(rules, host).at(-1);
  const which = rule && (rule.isDefault ? ' (default rule)' : ` (rule ${rule.priority})`);
  const requests = `requests for ${host} on port ${port}`;
  const forward = rule && forwardOf(rule);
  if (!rule || !forward) {
    return blocked(
      `The ${balancer.name} answers ${requests} with ${rule ? answerText(rule) : 'nothing'}${which ?? ''}, so they reach no target group.`,
      `Add a rule for the host ${host} that forwards to the target group of the ${service.name}.`,
    );
  }
  const used = forward.shares.filter(({weight}) => weight > 0).map(({group}) => group);
  const foreign = used.filter((group) => !own.includes(group));
  if (used.length > 0 && foreign.length === 0) {
    return undefined;
  }
  const groups = await balancer.groups([...new Set([...foreign, ...own])], signal);
  const names = (arns: readonly string[]) =>
    arns.map((arn) => groups.find((group) => group.arn === arn)?.name ?? arn).join(', ');
  return blocked(
    used.length === 0
      ? `The ${balancer.name} forwards ${requests}${which} only to target groups with weight 0.`
      : `The ${balancer.name} forwards ${requests}${which} to ${names(foreign)}, but the ${service.name} is in ${names(own)}.`,
    `Forward the requests for ${host} to the target group of the ${service.name} alone, for example with elb.shift-weight.`,
  );
}

const outputOf = ({dnsName, zoneId, addressType}: BalancerState): z.output<typeof output> => ({
  alias: {
    hostedZoneId: zoneId,
    dnsName: `dualstack.${dnsName.toLowerCase()}`,
    // Where visitors are sent is decided by this run and its reversal, and never by a health check.
    evaluateTargetHealth: false,
  },
  types:
    addressType === 'dualstack-without-public-ipv4'
      ? ['AAAA']
      : addressType === 'dualstack'
        ? ['A', 'AAAA']
        : ['A'],
});

const remarksOn = (name: string, {scheme}: BalancerState): readonly string[] =>
  scheme === 'internal'
    ? [
        `The ${name} is internal: its name resolves to private addresses, and visitors on the Internet cannot reach it.`,
      ]
    : [];
