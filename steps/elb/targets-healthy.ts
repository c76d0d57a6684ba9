import {z} from 'zod';
import {type Blocked, blocked, defineGate, done, type Look, waiting} from '../../src/index.ts';
import type {Target} from './balancer/calls.ts';
import {noListener} from './balancer/problems.ts';
import {answerOf, forwardOf, type Rule, rulesFor} from './balancer/rules.ts';
import {loadBalancer} from './target.ts';

const targets = {balancer: loadBalancer};

const input = z.object({
  port: z.coerce.number().int().positive().default(443),
  /** Only rules that take requests for this host are checked. */
  host: z.string().optional(),
  /** How many targets of each group must be healthy. None may be unhealthy beside them. */
  healthyMin: z.coerce.number().int().positive().default(1),
});

const output = z.object({
  /** An alias record points at these two. */
  dnsName: z.string(),
  zoneId: z.string(),
  /** The names of the target groups that answer. */
  targetGroups: z.array(z.string()),
});

type GateLook = Look<typeof targets, z.output<typeof input>>;

/** Waits until every target that may answer for a host is healthy. To be passed before DNS points there. */
export const targetsHealthy = defineGate({
  name: 'elb.targets-healthy',
  summary:
    'Wait until every target that answers requests for a host behind a load balancer is healthy.',
  targets,
  input,
  output,
  needs: {
    balancer: [
      'elasticloadbalancing:DescribeLoadBalancers',
      'elasticloadbalancing:DescribeListeners',
      'elasticloadbalancing:DescribeRules',
      'elasticloadbalancing:DescribeTargetGroups',
      'elasticloadbalancing:DescribeTargetHealth',
    ],
  },
  effects: [{fact: 'answers', of: 'balancer'}],
  timeoutMs: 10 * 60_000,
  neverSkip: 'Only this gate proves that the new side can take the traffic.',
  poll: {firstMs: 250, mostMs: 5_000},

  async check(look) {
    const {balancer} = look.targets;
    const {port, host} = look.input;
    const current = await balancer.look(port, look.signal);
    const {state, dnsName, zoneId} = current.balancer;
    if (state === 'provisioning') {
      return waiting(`${balancer.name} is provisioning`);
    }
    const rules = rulesFor(current.rules, host);
    const obstacle = current.listener ? misdirected(look, rules) : noListener(balancer.name, port);
    const arns = groupsOf(rules);
    const names = new Map(
      (await balancer.groups(arns, look.signal)).map(({arn, name}) => [arn, name]),
    );
    const unhealthy = await Promise.all(
      arns.map((arn) => unhealthyText(look, arn, names.get(arn) ?? arn)),
    );
    const progress = unhealthy.flatMap((text) => text ?? []);
    return (
      obstacle ??
      (progress.length > 0
        ? waiting(progress.join('; '))
        : done({dnsName, zoneId, targetGroups: [...names.values()].sort()}))
    );
  },
});

/** The target groups to which these rules forward requests. */
const groupsOf = (rules: readonly Rule[]): readonly string[] => [
  ...new Set(
    rules.flatMap((rule) =>
      (forwardOf(rule)?.shares ?? []).filter(({weight}) => weight > 0).map(({group}) => group),
    ),
  ),
];

function misdirected(
  {targets: {balancer}, input: {port, host}}: GateLook,
  rules: readonly Rule[],
): Blocked | undefined {
  const last = rules.at(-1);
  const what = `requests ${host === undefined ? '' : `for ${host} `}on port ${port}`;
  if (!last || !forwardOf(last)) {
    return blocked(
      `The ${balancer.name} answers ${what} with ${last ? answerOf(last) : 'nothing'}, and forwards them to no target group.`,
      'Add a rule that forwards requests for the host to the target group of the service, or correct the input host of the gate.',
    );
  }
  return forwardOf(last)?.shares.some(({weight}) => weight > 0)
    ? undefined
    : blocked(
        `The ${balancer.name} forwards ${what} only to target groups with weight 0.`,
        'Give one of them a weight above 0, for example with elb.shift-weight.',
      );
}

/** How many targets of a group are healthy, and why the others are not; nothing when all are healthy. */
async function unhealthyText(
  look: GateLook,
  arn: string,
  name: string,
): Promise<string | undefined> {
  const all = await look.targets.balancer.targets(arn, look.signal);
  const staying = all.filter(({state}) => state !== 'draining');
  const healthy = staying.filter(({state}) => state === 'healthy').length;
  const unhealthy = staying.filter(({state}) => state !== 'healthy');
  const {healthyMin} = look.input;
  return healthy >= healthyMin && unhealthy.length === 0
    ? undefined
    : `${healthy} of ${Math.max(staying.length, healthyMin)} targets of ${name} are healthy${reasonsText(unhealthy)}`;
}

function reasonsText(unhealthy: readonly Target[]): string {
  const reasons = unhealthy.map(
    ({id, state, description}) => `${id} ${state}${description ? `: ${description}` : ''}`,
  );
  const more = reasons.length > 3 ? `, and ${reasons.length - 3} more` : '';
  return reasons.length === 0 ? '' : ` (${reasons.slice(0, 3).join(', ')}${more})`;
}
