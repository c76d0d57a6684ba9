import {z} from 'zod';
import {
  type Blocked,
  blocked,
  defineStep,
  done,
  type Look,
  pending,
  SwitcharooError,
} from '../../src/index.ts';
import {hiding, pageInput, pageNeeds, showing} from './balancer/page.ts';
import {noListener, priorityTaken} from './balancer/problems.ts';
import {isAnswer, mayTake, type Rule} from './balancer/rules.ts';
import {loadBalancer} from './target.ts';

const targets = {balancer: loadBalancer};

/** Of its rule. */
const before = z.object({priority: z.number()});
type Before = z.output<typeof before>;

type PageLook = Look<typeof targets, z.output<typeof pageInput>>;

/**
 * Answers all requests for hosts with a page, by a rule before every other. A fixed response has no headers of its own:
 * there is no Retry-After. The rule is recognised by its exact hosts and answer.
 */
export const maintenancePage = defineStep({
  name: 'elb.maintenance-page',
  summary: 'Answer requests for some hosts with a maintenance page, at a load balancer.',
  targets,
  input: pageInput,
  before,
  output: z.object({priority: z.number()}),
  reverses: 'Deletes the rule with the page, and no other.',
  needs: pageNeeds,
  effects: [{fact: 'page', of: 'balancer', is: 'shown'}],
  timeoutMs: 60_000,

  async check(look) {
    const {
      input: {port},
      targets: {balancer},
    } = look;
    const {listener, rules} = await balancer.look(port, look.signal);
    if (!listener) {
      return noListener(balancer.name, port);
    }
    const page = rules.find((rule) => isAnswer(rule, look.input));
    const image = before.safeParse(look.run.before);
    if (page) {
      return earlierRule(look, rules, page.priority) ?? done({priority: page.priority});
    }
    const priority = look.run.started && image.success ? image.data.priority : firstFree(rules);
    return (
      earlierRule(look, rules, priority) ??
      pending(
        {priority},
        {
          what: `requests for ${look.input.hosts.join(', ')} on port ${port}`,
          is: 'answered as usual',
          shouldBe: `answered with the page and status ${look.input.status}`,
        },
      )
    );
  },

  async plan(look, {priority}) {
    const {port} = look.input;
    const {rules} = await look.targets.balancer.look(port, look.signal);
    const taken = rules.find((rule) => rule.priority === priority);
    if (taken && !isAnswer(taken, look.input)) {
      throw new SwitcharooError(priorityTaken(look.targets.balancer.name, port, priority));
    }
    return taken ? [] : [showing(look.input, priority)];
  },

  async reverse(look, {priority}) {
    return (await pageAt(look, priority)) ? [hiding(look.input, priority)] : [];
  },

  async isReversed(look) {
    const image = before.safeParse(look.run.before);
    const {rules} = await look.targets.balancer.look(look.input.port, look.signal);
    return !rules.some(
      (rule) =>
        isAnswer(rule, look.input) && (!image.success || rule.priority === image.data.priority),
    );
  },
});

async function pageAt(look: PageLook, priority: Before['priority']): Promise<Rule | undefined> {
  const {rules} = await look.targets.balancer.look(look.input.port, look.signal);
  return rules.find((rule) => rule.priority === priority && isAnswer(rule, look.input));
}

/** Before all other rules where there is room; else the first priority that is free. */
function firstFree(rules: readonly Rule[]): number {
  const taken = new Set(rules.map(({priority}) => priority));
  let priority = 1;
  while (taken.has(priority)) {
    priority += 1;
  }
  return priority;
}

/** A rule that would take requests before the page. */
function earlierRule(
  {input: {hosts, port}, targets: {balancer}}: PageLook,
  rules: readonly Rule[],
  priority: number,
): Blocked | undefined {
  for (const host of hosts) {
    const first = rules.find((rule) => rule.priority < priority && mayTake(rule, host));
    if (first) {
      return blocked(
        `Rule ${first.priority} on port ${port} of the ${balancer.name} answers requests for ${host} before the page would: its rule would have priority ${priority}.`,
        `Move that rule to a free priority with a larger number: aws elbv2 set-rule-priorities --rule-priorities RuleArn=${first.arn},Priority=…`,
      );
    }
  }
  return undefined;
}
