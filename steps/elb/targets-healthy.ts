import {z} from 'zod';
import {
  type Blocked,
  blocked,
  defineGate,
  done,
  type Look,
  type Verdict,
  waiting,
} from '../../src/index.ts';
import type {Target} from './balancer/calls.ts';
import {answerOf, forwardOf, type Rule, rulesFor} from './balancer/rules.ts';
import {loadBalancer} from './target.ts';

const targets = {balancer: loadBalancer};

const input = z.object({
  port: z.coerce.number().int().positive().default(443),
  /** Whose requests: rules for other hosts are not looked at. */
  host: z.string().optional(),
  /** How many targets of each group must be healthy, and none may be ill beside them. */
  healthyMin: z.coerce.number().int().positive().default(1),
});

const output = z.object({
  /** What an alias record points at. */
  dnsName: z.string(),
  zoneId: z.string(),
  /** The target groups that answer, by name. */
  targetGroups: z.array(z.string()),
});

type Healthy = z.output<typeof output>;
type GateLook = Look<typeof targets, z.output<typeof input>>;

/** Waits until everybody who may answer for a host is healthy. To be passed before DNS points there. */
export const targetsHealthy = defineGate({
  name: 'elb.targets-healthy',
  summary:
    'Wait until every target that a load balancer would send requests for a host to is healthy.',
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
  timeoutMs: 10 * 60_000,
  poll: {firstMs: 250, mostMs: 5_000},

  async check(look) {
    const {balancer} = look.targets;
    const {port, host} = look.input;
    const found = await balancer.look(port, look.signal);
    if (found.balancer.state === 'provisioning') {
      return waiting(`${balancer.name} is provisioning`);
    }
    const rules = rulesFor(found.rules, host);
    const obstacle = found.listener ? misdirected(look, rules) : noListener(look);
    const arns = groupsOf(rules);
    const names = new Map(
      (await balancer.groups(arns, look.signal)).map(({arn, name}) => [arn, name]),
    );
    const missing = await Promise.all(arns.map((arn) => lacking(look, arn, names.get(arn) ?? arn)));
    const said = missing.flatMap((one) => one ?? []);
    return (
      obstacle ??
      (said.length > 0
        ? waiting(said.join('; '))
        : allWell({...found.balancer, targetGroups: [...names.values()].sort()}))
    );
  },
});

const allWell = ({dnsName, zoneId, targetGroups}: Healthy): Verdict<never, Healthy> =>
  done({dnsName, zoneId, targetGroups});

/** The target groups that are given requests by these rules. */
const groupsOf = (rules: readonly Rule[]): readonly string[] => [
  ...new Set(
    rules.flatMap((rule) =>
      (forwardOf(rule)?.shares ?? []).filter(({weight}) => weight > 0).map(({group}) => group),
    ),
  ),
];

const noListener = ({targets: {balancer}, input: {port}}: GateLook): Blocked =>
  blocked(
    `The ${balancer.name} has no listener on port ${port}.`,
    'Give the gate the port on which the load balancer listens, or add a listener.',
  );

function misdirected(
  {targets: {balancer}, input: {port, host}}: GateLook,
  rules: readonly Rule[],
): Blocked | undefined {
  const last = rules.at(-1);
  const what = `requests ${host === undefined ? '' : `for ${host} `}on port ${port}`;
  if (!last || !forwardOf(last)) {
    return blocked(
      `The ${balancer.name} answers ${what} with ${last ? answerOf(last) : 'nothing'}, and forwards them to no target group.`,
      'Add a rule for the host that forwards to the target group of the service, or give the gate the right host.',
    );
  }
  return forwardOf(last)?.shares.some(({weight}) => weight > 0)
    ? undefined
    : blocked(
        `The ${balancer.name} forwards ${what} to target groups of which each has weight 0.`,
        'Give one of them a weight, for example with elb.shift-weight.',
      );
}

/** What a target group lacks, in words with numbers. */
async function lacking(look: GateLook, arn: string, name: string): Promise<string | undefined> {
  const all = await look.targets.balancer.targets(arn, look.signal);
  const staying = all.filter(({state}) => state !== 'draining');
  const healthy = staying.filter(({state}) => state === 'healthy').length;
  const ill = staying.filter(({state}) => state !== 'healthy');
  const {healthyMin} = look.input;
  return healthy >= healthyMin && ill.length === 0
    ? undefined
    : `${healthy} of ${Math.max(staying.length, healthyMin)} targets of ${name} are healthy${illnesses(ill)}`;
}

function illnesses(ill: readonly Target[]): string {
  const said = ill.map(
    ({id, state, description}) => `${id} ${state}${description ? `: ${description}` : ''}`,
  );
  const more = said.length > 3 ? `, and ${said.length - 3} more` : '';
  return said.length === 0 ? '' : ` (${said.slice(0, 3).join(', ')}${more})`;
}
