import {z} from 'zod';
import {defineStep, waiting} from '../../src/index.ts';
import {dnsView, seeAnswers} from '../dns/index.ts';
import {doneBy, limits, neededFor, undoneBy} from './person/by-hand.ts';
import {doneByHand, seen, undoneByHand} from './person/input.ts';
import {recognised} from './person/recognised.ts';

const input = z
  .object({
    ...doneByHand,
    ...undoneByHand,
    ...seen,
    name: z.string(),
    type: z.string().toUpperCase().default('A'),
    /** What all of them answer once it is done, as Route 53 writes it; order does not matter. */
    values: z.array(z.string()).min(1).optional(),
    /** Instead of `values`: there is no such record any more. */
    absent: z.literal(true).optional(),
    /** Who is asked: `parents` for the name servers of a domain at its registrar, `resolvers` for another zone. */
    servers: z.enum(['authoritative', 'resolvers', 'parents']).default('authoritative'),
  })
  .refine(({values, absent}) => (values === undefined) !== (absent === undefined), {
    message: 'give either values or absent',
  });

/** What a person does, and DNS shows: a record in a zone that nobody here controls, a change at a registrar. */
export const byHandDns = defineStep({
  name: 'operator.by-hand-dns',
  summary: 'Have a person do something, and check by a DNS answer whether it is done.',
  targets: {dns: dnsView},
  input,
  /** In the order of the inventory. */
  before: z.object({answers: z.array(z.object({server: z.string(), values: z.array(z.string())}))}),
  output: z.object({}),
  needs: {dns: ['to reach each server over UDP']},
  reverses: 'Asks a person to do what "undo" says, and checks that all servers answer as before.',
  effects: [],
  person: neededFor,
  ...limits,

  async check({input, targets: {dns}, run, now, signal}) {
    const sight = await seeAnswers(dns, input, signal);
    if (sight.kind === 'blocked') {
      return sight;
    }
    if (sight.kind === 'unseen') {
      return waiting(sight.reason);
    }
    const {isDone, answers, is, shouldBe} = sight;
    const before = {answers: answers.map(({server, values}) => ({server, values: [...values]}))};
    const difference = {what: `${input.name} ${input.type}`, is, shouldBe};
    return recognised({input, run, now}, {isDone, before, is, differences: [difference]});
  },

  plan: async ({input}) => [{...doneBy(input), on: 'dns'}],

  async reverse({input, targets: {dns}, run, signal}, before) {
    const sight = await seeAnswers(dns, input, signal);
    const isRestored =
      sight.kind === 'seen' && JSON.stringify(sight.answers) === JSON.stringify(before.answers);
    return isRestored ? [] : [{...undoneBy(input, {run}), on: 'dns'}];
  },
});
