import {z} from 'zod';
import {defineStep, done, type Look, pending, SwitcharooError} from '../../src/index.ts';
import {hiding, pageInput, pageNeeds, showing} from './balancer/page.ts';
import {noListener, priorityTaken} from './balancer/problems.ts';
import {isAnswer} from './balancer/rules.ts';
import {loadBalancer} from './target.ts';

const targets = {balancer: loadBalancer};

type PageLook = Look<typeof targets, z.output<typeof pageInput>>;

/** The other half of `elb.maintenance-page`, with the same input: the site answers again. A reversal shows the page. */
export const removeMaintenancePage = defineStep({
  name: 'elb.remove-maintenance-page',
  summary: 'Remove a maintenance page from a load balancer, and show it again in a reversal.',
  targets,
  input: pageInput,
  /** Of the rules with the page: one, unless somebody has added another by hand. */
  before: z.object({priorities: z.array(z.number())}),
  output: z.object({}),
  reverses: 'Adds the rule with the page at its earlier priority.',
  needs: pageNeeds,
  effects: [{fact: 'page', of: 'balancer', is: 'removed'}],
  neverSkip: 'Until the page is removed, visitors see nothing else.',
  timeoutMs: 60_000,

  async check(look) {
    const {port, hosts, status} = look.input;
    const {listener, priorities} = await pagesIn(look);
    if (!listener) {
      return noListener(look.targets.balancer.name, port);
    }
    return priorities.length === 0
      ? done({})
      : pending(
          {priorities},
          {
            what: `requests for ${hosts.join(', ')} on port ${port}`,
            is: `answered with the page and status ${status}`,
            shouldBe: 'answered as usual',
          },
        );
  },

  async plan(look) {
    return (await pagesIn(look)).priorities.map((priority) => hiding(look.input, priority));
  },

  async reverse(look, {priorities}) {
    const {rules, priorities: there} = await pagesIn(look);
    const missing = priorities.filter((priority) => !there.includes(priority));
    const taken = rules.find(({priority}) => missing.includes(priority));
    if (taken) {
      const {name} = look.targets.balancer;
      throw new SwitcharooError(priorityTaken(name, look.input.port, taken.priority));
    }
    return missing.map((priority) => showing(look.input, priority));
  },
});

async function pagesIn({input, targets: {balancer}, signal}: PageLook) {
  const {listener, rules} = await balancer.look(input.port, signal);
  const pages = rules.filter((rule) => isAnswer(rule, input));
  return {listener, rules, priorities: pages.map(({priority}) => priority)};
}
