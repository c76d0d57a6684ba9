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
import type {Group} from './balancer/calls.ts';
import {ruleChanged} from './balancer/problems.ts';
import {answerOf, type Forward, forwardOf, isSame, type Rule, rulesFor} from './balancer/rules.ts';
import {forwardText, loadBalancer, type RulePlace} from './target.ts';

const targets = {balancer: loadBalancer};

const input = z.object({
  port: z.coerce.number().int().positive().default(443),
  /** Whose requests: without it, those that no rule for a host takes. */
  host: z.string().optional(),
  /** Target group by name, and its share. Groups that are not named here are given nothing any more. */
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

/** Shares out the requests for a host among target groups: all at once, or a canary first. */
export const shiftWeight = defineStep({
  name: 'elb.shift-weight',
  summary: 'Share out the requests for a host among target groups by weight.',
  targets,
  input,
  before,
  output: z.object({weights: z.record(z.string(), z.number())}),
  reverses: 'Gives the rule the target groups, the weights and the stickiness back that it had.',
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
  timeoutMs: 2 * 60_000,

  async check(look) {
    const place = await placeFor(look);
    if ('kind' in place) {
      return place;
    }
    const {rule, now, wanted, groups} = place;
    if (isSame(now, wanted)) {
      return done({weights: look.input.weights});
    }
    const was = before.safeParse(look.run.before);
    if (look.run.started && was.success && !isSame(now, forwardIn(was.data))) {
      const {message, hint} = await drifted(look, rule, now, was.data);
      return blocked(message, hint);
    }
    // On the way back the new side may well be ill: that is why one goes back.
    const unready = look.run.started ? undefined : await unreadyGroup(look, now, wanted, groups);
    return (
      unready ?? pending({rule: rule.arn, ...plain(now)}, ...differencesOf(now, wanted, groups))
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
    const {rule, now, wanted} = place;
    if (isSame(now, wanted)) {
      return [];
    }
    if (!isSame(now, forwardIn(from))) {
      throw new SwitcharooError(await drifted(look, rule, now, from));
    }
    return [await forwarding(look, rule, {from: now, to: wanted})];
  },

  async reverse(look, from) {
    const {balancer} = look.targets;
    const {rules} = await balancer.look(look.input.port, look.signal);
    const rule = rules.find(({arn}) => arn === from.rule);
    const now = rule && forwardOf(rule);
    const back = forwardIn(from);
    if (isSame(now, back)) {
      return [];
    }
    const place = await placeFor(look);
    if (!rule || !now || 'kind' in place || !isSame(now, place.wanted)) {
      const {message, hint} = await drifted(look, rule, now, from);
      return blocked(message, hint);
    }
    return [await forwarding(look, rule, {from: now, to: back})];
  },
});

interface Place {
  readonly rule: Rule;
  readonly now: Forward;
  readonly wanted: Forward;
  readonly groups: readonly Group[];
}

/** The rule that decides, how it forwards now, and how it shall. */
async function placeFor(look: ShiftLook): Promise<Place | Blocked> {
  const {balancer} = look.targets;
  const {port, host, weights} = look.input;
  const {listener, rules} = await balancer.look(port, look.signal);
  const rule = rulesFor(rules, host).at(-1);
  const now = rule && forwardOf(rule);
  const groups = await balancer.groupsNamed(Object.keys(weights), look.signal);
  const missing = Object.keys(weights).filter((name) => !groups.some((one) => one.name === name));
  const what = `requests ${host === undefined ? '' : `for ${host} `}on port ${port}`;
  if (!listener || !rule || !now) {
    return blocked(
      listener
        ? `The ${balancer.name} answers ${what} with ${rule ? answerOf(rule) : 'nothing'}, and forwards them to no target group.`
        : `The ${balancer.name} has no listener on port ${port}.`,
      'Give the step the port and the host of a rule that forwards, or add one.',
    );
  }
  if (missing.length > 0) {
    return blocked(
      `There is no target group ${missing.join(', ')} for the ${balancer.name} in this account and region.`,
      'Correct the name in the runbook, or create the group.',
    );
  }
  const shares = Object.entries(weights).map(([name, weight]) => ({
    group: groups.find((one) => one.name === name)?.arn ?? '',
    weight,
  }));
  const wanted = {shares, stickySeconds: now.stickySeconds};
  return {rule, now, wanted, groups};
}

async function unreadyGroup(
  look: ShiftLook,
  now: Forward,
  {shares}: Forward,
  groups: readonly Group[],
): Promise<Verdict<never, never> | undefined> {
  const {balancer} = look.targets;
  for (const {group, weight} of shares) {
    const had = now.shares.find((one) => one.group === group)?.weight ?? 0;
    const targets = weight > had ? await balancer.targets(group, look.signal) : [];
    if (weight <= had || targets.some(({state}) => state === 'healthy')) {
      continue;
    }
    const name = nameIn(groups, group);
    const states = [...new Set(targets.map(({state}) => state))];
    if (states.includes('initial')) {
      return waiting(`the first health checks of target group ${name} are under way`);
    }
    const so = `Target group ${name} of the ${balancer.name} is to be given weight ${weight}`;
    return targets.length > 0 && states.every((state) => state === 'unused')
      ? blocked(
          `${so}, and the health of its ${targets.length} targets is not checked: no rule forwards to it.`,
          'Give it weight 0 first, by this step: a group in a rule is checked.',
        )
      : blocked(
          `${so}, and none of its ${targets.length} targets is healthy.`,
          'Deploy its service first, and pass elb.targets-healthy.',
        );
  }
  return undefined;
}

async function forwarding(
  look: ShiftLook,
  rule: Rule,
  ways: {readonly from: Forward; readonly to: Forward},
): Promise<Action<typeof targets>> {
  const {balancer} = look.targets;
  const {port, host} = look.input;
  const place: RulePlace = {port, rule: rule.arn};
  return {
    on: 'balancer',
    does: `forward requests ${host === undefined ? '' : `for ${host} `}on port ${port} (${ruleText(rule)}) ${await forwardText(balancer, ways.to, look.signal)}`,
    perform: (writer, signal) => writer.forward(place, ways, signal),
  };
}

function differencesOf(
  now: Forward,
  wanted: Forward,
  groups: readonly Group[],
): readonly Difference[] {
  const all = [...new Set([...now.shares, ...wanted.shares].map(({group}) => group))];
  const weightIn = ({shares}: Forward, group: string) =>
    String(shares.find((one) => one.group === group)?.weight ?? 'not there');
  return all
    .map((group) => ({
      what: `weight of ${nameIn(groups, group)}`,
      is: weightIn(now, group),
      shouldBe: weightIn(wanted, group),
    }))
    .filter(({is, shouldBe}) => is !== shouldBe);
}

/** `shop` of its ARN, for one that the runbook does not name. */
const nameIn = (groups: readonly Group[], arn: string): string =>
  groups.find((one) => one.arn === arn)?.name ?? arn.split('/').at(-2) ?? arn;

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
