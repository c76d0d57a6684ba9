import {z} from 'zod';
import {defineGate, done, SwitcharooError, waiting} from '../../src/index.ts';
import type {Page, SiteReader} from './contract.ts';
import {webSite} from './target.ts';

const input = z.object({
  url: z.url({protocol: /^https?$/}),
  status: z.coerce.number().int().default(200),
  /** Names or addresses to ask instead of the URL's host, for it: a load balancer, before the host leads there. */
  at: z.array(z.string()).min(1).optional(),
  /** Text that the page must have. */
  includes: z.string().optional(),
  /** How many times in a row each address must pass. */
  passes: z.coerce.number().int().positive().default(1),
});

type Input = z.output<typeof input>;

/** Passes once every address of the name serves the page as expected. */
export const httpAnswers = defineGate({
  name: 'smoke.http',
  summary: 'Wait until every address of a name serves a web page as expected.',
  targets: {site: webSite},
  input,
  output: z.object({}),
  needs: {site: ['to reach the web site over HTTP or HTTPS']},
  effects: [{fact: 'answers', of: 'site'}],
  timeoutMs: 2 * 60_000,
  poll: {firstMs: 20, mostMs: 3_000},
  check: async ({input, targets: {site}, signal}) => {
    const failure = await failureOf(input, site, signal);
    return failure === undefined ? done({}) : waiting(failure);
  },
});

/** The first failure, in words. A page may need a moment to warm up, so no failure is final. */
async function failureOf(
  input: Input,
  site: SiteReader,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const {at = [new URL(input.url).hostname]} = input;
    const all = await Promise.all(at.map((host) => site.addresses(host, signal)));
    const addresses = [...new Set(all.flat())];
    if (addresses.length === 0) {
      return `${at.join(', ')} has no address.`;
    }
    const failures = await Promise.all(
      addresses.map((address) => failureAt(input, site, address, signal)),
    );
    return failures.find((failure) => failure !== undefined);
  } catch (error) {
    if (error instanceof SwitcharooError) {
      return error.problem.message;
    }
    throw error;
  }
}

async function failureAt(
  input: Input,
  site: SiteReader,
  address: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (let pass = 1; pass <= input.passes; pass += 1) {
    const mismatch = mismatchOf(await site.get(input.url, address, signal), input);
    if (mismatch !== undefined) {
      const after = pass > 1 ? ` after ${pass - 1} of ${input.passes} passes` : '';
      return `${input.url} at ${address} ${mismatch}${after}.`;
    }
  }
  return undefined;
}

function mismatchOf({status, location, body}: Page, expected: Input): string | undefined {
  if (status !== expected.status) {
    const where = location === undefined ? '' : `, a redirect to ${location}`;
    return `answers ${status}${where}, not ${expected.status}`;
  }
  return expected.includes === undefined || body.includes(expected.includes)
    ? undefined
    : `answers ${status} without the text "${expected.includes}"`;
}
