import {z} from 'zod';
import {
  type Action,
  type Blocked,
  blocked,
  type Difference,
  defineStep,
  done,
  type Look,
  pending,
  SwitcharooError,
  type Verdict,
  waiting,
} from '../../src/index.ts';
import type {TargetGroup} from './balancer/calls.ts';
import {ruleChanged} from './balancer/problems.ts';
import {answerOf, type Forward, forwardOf, isSame, type Rule, rulesFor} from './balancer/rules.ts';
import {forwardText} from './balancer/session.ts';
import {loadBalancer} from './target.ts';

const targets = {balancer: loadBalancer};

const input = z.object({
  port: z.coerce.number().int().positive().default(443),
  /** Whose requests are shared out; without it, those that no rule for a host takes. */
  host: z.string().optional(),
  /** The weight of each target group by its name. A group that is not named here gets no more requests. */
  weights: z
    .record(z.string(), z.number().int().min(0).max(999))
    .refine(
      (weights) => Object.values(weights).some((weight) => weight > 0),
      'one must be above 0',
    ),
});

const before = z.object({
  rule: z.string(),
  shares: z.array(z.object({group: z.string(), weight: z.number()})),
  stickySeconds: z.number().nullable(),
});

type Input = z.output<typeof input>;
type Before = z.output<typeof before>;
type ShiftLook = Look<typeof targets, Input>;

/** Distributes the requests for a host among target groups: all at once, or a canary first. */
export const shiftWeight = defineStep({
  name: 'elb.shift-weight',
  summary: 'Distribute the requests for a host among target groups by weight.',
  targets,
  input,
  before,
  output: z.object({weights: z.record(z.string(), z.number())}),
  reverses: 'Sets the target groups, weights and stickiness of the rule to their earlier values.',
  needs: {
    balancer: [
      'elasticloadbalancing:DescribeLoadBalancers',
      'elasticloadbalancing:DescribeListeners',
      'elasticloadbalancing:DescribeRules',
      'elasticloadbalancing:DescribeTargetGroups',
      'elasticloadbalancing:DescribeTargetHealth',
      'elasticloadbalancing:ModifyRule',
      'elasticloadbalancing:ModifyListener',
    ],
  },
  // Which group is the new side is not known here: several that get requests count as both sides.
  effects: ({weights}) => [
    {
      fact: 'traffic',
      by: 'balancer',
      leadsTo: Object.values(weights).filter((weight) => weight > 0).length === 1 ? 'new' : 'both',
    },
  ],
  timeoutMs: 2 * 60_000,
  neverSkip: 'It decides where traffic goes, and later entries rely on it.',

  async check(look) {
    const place = await placeFor(look);
    if ('kind' in place) {
      return place;
    }
    const {rule, now, target, groups} = place;
    if (isSame(now, target)) {
      return done({weights: look.input.weights});
    }
    const image = before.safeParse(look.run.before);
    if (look.run.started && image.success && !isSame(now, forwardIn(image.data))) {
      const {message, hint} = await drifted(look, rule, now, image.data);
      return blocked(message, hint);
    }
    // During a reversal the new side may be unhealthy: that may be the reason for it.
    const unready = look.run.started ? undefined : await unreadyGroup(look, place);
    return (
      unready ?? pending({rule: rule.arn, ...plain(now)}, ...differencesOf(now, target, groups))
    );
  },

  async plan(look, from) {
    const place = await placeFor(look);
    if ('kind' in place) {
      throw new SwitcharooError({
        code: 'elb-rule-unclear',
        message: place.reason,
        hint: place.hint,
      });
    }
    const {rule, now, target} = place;
    if (isSame(now, target)) {
      return [];
    }
    if (!isSame(now, forwardIn(from))) {
      throw new SwitcharooError(await drifted(look, rule, now, from));
    }
    return [await forwarding(look, rule, {from: now, to: target})];
  },

  async reverse(look, from) {
    const {balancer} = look.targets;
    const {rules} = await balancer.look(look.input.port, look.signal);
    const rule = rules.find(({arn}) => arn === from.rule);
    const now = rule && forwardOf(rule);
    const earlier = forwardIn(from);
    if (isSame(now, earlier)) {
      return [];
    }
    const place = await placeFor(look);
    if (!rule || !now || 'kind' in place || !isSame(now, place.target)) {
      const {message, hint} = await drifted(look, rule, now, from);
      return blocked(message, hint);
    }
    return [await forwarding(look, rule, {from: now, to: earlier})];
  },
});

interface Place {
  readonly rule: Rule;
  readonly now: Forward;
  readonly target: Forward;
  readonly groups: readonly TargetGroup[];
}

/** The rule that decides, how it forwards now, and how this step makes it forward. */
async function placeFor(look: ShiftLook): Promise<Place | Blocked> {
  const {balancer} = look.targets;
  const {port, host, weights} = look.input;
  const {listener, rules} = await balancer.look(port, look.signal);
  const rule = rulesFor(rules, host).at(-1);
  const now = rule && forwardOf(rule);
  const groups = await balancer.groupsNamed(Object.keys(weights), look.signal);
  const missing = Object.keys(weights).filter(
    (name) => !groups.some((group) => group.name === name),
  );
  const requests = requestsText(look);
  if (!listener || !rule || !now) {
    return blocked(
      listener
        ? `The ${balancer.name} answers ${requests} with ${rule ? answerOf(rule) : 'nothing'}, and forwards them to no target group.`
        : `The ${balancer.name} has no listener on port ${port}.`,
      'Correct the inputs port and host of the step, or add a rule that forwards.',
    );
  }
  if (missing.length > 0) {
    return blocked(
      `There is no target group ${missing.join(', ')} for the ${balancer.name} in this account and region.`,
      'Correct the name in the runbook, or create the group.',
    );
  }
  const shares = Object.entries(weights).map(([name, weight]) => ({
    group: groups.find((candidate) => candidate.name === name)?.arn ?? '',
    weight,
  }));
  return {rule, now, target: {shares, stickySeconds: now.stickySeconds}, groups};
}

async function unreadyGroup(
  look: ShiftLook,
  {now, target, groups}: Place,
): Promise<Verdict<never, never> | undefined> {
  const {balancer} = look.targets;
  for (const {group, weight} of target.shares) {
    const current = now.shares.find((share) => share.group === group)?.weight ?? 0;
    const targets = weight > current ? await balancer.targets(group, look.signal) : [];
    if (weight <= current || targets.some(({state}) => state === 'healthy')) {
      continue;
    }
    const name = groupName(groups, group);
    const states = [...new Set(targets.map(({state}) => state))];
    if (states.includes('initial')) {
      return waiting(`the first health checks of target group ${name} are running`);
    }
    const change = `Target group ${name} of the ${balancer.name} is to get weight ${weight}`;
    return targets.length > 0 && states.every((state) => state === 'unused')
      ? blocked(
          `${change}, and the health of its ${targets.length} targets is not checked: no rule forwards to it.`,
          'Give it weight 0 first, with this step: AWS checks the health of a group that is in a rule.',
        )
      : blocked(
          `${change}, and none of its ${targets.length} targets is healthy.`,
          'Deploy its service first, and wait for it with elb.targets-healthy.',
        );
  }
  return undefined;
}

async function forwarding(
  look: ShiftLook,
  rule: Rule,
  change: {readonly from: Forward; readonly to: Forward},
): Promise<Action<typeof targets>> {
  const place = {port: look.input.port, rule: rule.arn};
  const forward = await forwardText(look.targets.balancer, change.to, look.signal);
  return {
    on: 'balancer',
    does: `forward ${requestsText(look)} (${ruleText(rule)}) ${forward}`,
    perform: (writer, signal) => writer.forward(place, change, signal),
  };
}

/** `requests for www.shop.test on port 443`. */
const requestsText = ({input: {host, port}}: ShiftLook): string =>
  `requests ${host === undefined ? '' : `for ${host} `}on port ${port}`;

function differencesOf(
  now: Forward,
  target: Forward,
  groups: readonly TargetGroup[],
): readonly Difference[] {
  const all = [...new Set([...now.shares, ...target.shares].map(({group}) => group))];
  const weightIn = ({shares}: Forward, group: string) =>
    String(shares.find((share) => share.group === group)?.weight ?? 'not in the rule');
  return all
    .map((group) => ({
      what: `weight of ${groupName(groups, group)}`,
      is: weightIn(now, group),
      shouldBe: weightIn(target, group),
    }))
    .filter(({is, shouldBe}) => is !== shouldBe);
}

/** For a group that the runbook does not name, `shop` of its ARN. */
const groupName = (groups: readonly TargetGroup[], arn: string): string =>
  groups.find((group) => group.arn === arn)?.name ?? arn.split('/').at(-2) ?? arn;

const ruleText = ({isDefault, priority}: Rule): string =>
  isDefault ? 'the default rule' : `rule ${priority}`;

const forwardIn = ({shares, stickySeconds}: Before): Forward => ({
  shares: shares.map(({group, weight}) => ({group, weight})),
  stickySeconds,
});

const plain = ({shares, stickySeconds}: Forward) => ({shares: [...shares], stickySeconds});

async function drifted(
  look: ShiftLook,
  rule: Rule | undefined,
  now: Forward | undefined,
  was: Before,
) {
  const {balancer} = look.targets;
  const [is, before] = await Promise.all([
    forwardText(balancer, now, look.signal),
    forwardText(balancer, forwardIn(was), look.signal),
  ]);
  return ruleChanged(balancer.name, rule ? ruleText(rule) : 'The rule', is, before);
}
