import {z} from 'zod';
import {defineStep} from '../../src/index.ts';
import {type SiteReader, webSite} from '../smoke/index.ts';
import {doneBy, limits, neededFor, undoneBy} from './person/by-hand.ts';
import {doneByHand, seen, undoneByHand} from './person/input.ts';
import {recognised} from './person/recognised.ts';

const input = z.object({
  ...doneByHand,
  ...undoneByHand,
  ...seen,
  url: z.url({protocol: /^https?$/}),
  /** What every address of the name answers once it is done. */
  status: z.coerce.number().int().default(200),
  /** A text that the page then has. */
  includes: z.string().optional(),
});
type Input = z.output<typeof input>;

/** What one address answers; `includes`: whether the page has the text that was asked for. */
const answer = z.object({address: z.string(), status: z.number(), includes: z.boolean()});
type PageAnswer = z.output<typeof answer>;

/** What a person does, and a web page shows: a load balancer that nobody controls, a maintenance page at a provider. */
export const byHandHttp = defineStep({
  name: 'operator.by-hand-http',
  summary: 'Have a person do something, and check by a web page whether it is done.',
  targets: {site: webSite},
  input,
  /** In the order of the addresses. */
  before: z.object({answers: z.array(answer)}),
  output: z.object({}),
  needs: {site: ['to reach the web site over HTTP or HTTPS']},
  reverses: 'Asks a person to do what "undo" says, and checks that the page is as it was before.',
  effects: [],
  person: neededFor,
  ...limits,

  async check({input, targets: {site}, run, now, signal}) {
    const answers = await answersOf(input, site, signal);
    return recognised(
      {input, run, now},
      {
        isDone: answers.length > 0 && answers.every((each) => isAsWanted(each, input)),
        before: {answers: [...answers]},
        is: textOf(answers, input),
        differences: [{what: input.url, is: textOf(answers, input), shouldBe: wantedText(input)}],
      },
    );
  },

  plan: async ({input}) => [{...doneBy(input), on: 'site'}],

  async reverse({input, targets: {site}, run, signal}, before) {
    const answers = await answersOf(input, site, signal);
    return JSON.stringify(answers) === JSON.stringify(before.answers)
      ? []
      : [{...undoneBy(input, {run}), on: 'site' as const}];
  },
});

async function answersOf(
  {url, includes}: Input,
  site: SiteReader,
  signal: AbortSignal,
): Promise<readonly PageAnswer[]> {
  const addresses = await site.addresses(new URL(url).hostname, signal);
  return Promise.all(
    addresses.toSorted().map(async (address) => {
      const {status, body} = await site.get(url, address, signal);
      return {address, status, includes: includes === undefined || body.includes(includes)};
    }),
  );
}

const isAsWanted = (answer: PageAnswer, {status}: Input): boolean =>
  answer.status === status && answer.includes;

const wantedText = ({status, includes}: Input): string =>
  includes === undefined ? `answers ${status}` : `answers ${status} with "${includes}"`;

const textOf = (answers: readonly PageAnswer[], {includes}: Input): string =>
  answers.length === 0
    ? 'the name has no address'
    : answers
        .map(
          (each) =>
            `${each.address} answers ${each.status}${includes === undefined || each.includes ? '' : ` without "${includes}"`}`,
        )
        .join(', ');
