import {setTimeout as sleep} from 'node:timers/promises';
import {z} from 'zod';
import {
  blocked,
  defineStep,
  done,
  pending,
  type ReportProgress,
  SwitcharooError,
} from '../../src/index.ts';
import {apiRefused, apiStateUnchanged, apiStateUnclear, requestText} from './api/problems.ts';
import type {ApiReader, ApiWriter} from './contract.ts';
import {httpApi} from './target.ts';

const text = z.string().trim().min(1);
const path = z.string().regex(/^\/\S*$/, 'must begin with "/"');

/** An answer by its status, and by a text in its body. */
const answer = z.object({status: z.coerce.number().int().default(200), includes: text.optional()});

const request = z.object({
  method: z.enum(['POST', 'PUT', 'PATCH', 'DELETE']),
  path,
  body: z.string().optional(),
});

const input = z.object({
  /** What "do" does, in the imperative, for the plan: `pause the consumer`. */
  does: text,
  /** What "undo" does: `start the consumer again`. */
  undoes: text,
  /** The path of a GET that shows whether the change is made, and changes nothing. */
  check: path,
  doneWhen: answer,
  pendingWhen: answer,
  do: request,
  undo: request,
  /** How long the API may take until "check" shows the change. */
  settleSeconds: z.coerce.number().positive().max(300).default(10),
});
type Input = z.output<typeof input>;
type Expected = z.output<typeof answer>;

/** A change of a team's own at a system with an HTTP API, without a step of its own. */
export const httpRequest = defineStep({
  name: 'http.request',
  summary: 'Make a change with a request to an HTTP API, and undo it with another.',
  targets: {api: httpApi},
  input,
  before: z.object({pending: z.literal(true)}),
  output: z.object({}),
  needs: {
    api: ['the rights that the requests of the runbook need, for the headers in the inventory'],
  },
  reverses: 'Sends the request "undo", unless the API shows that the change is undone.',
  effects: [],
  timeoutMs: 10 * 60_000,

  async check({input, targets: {api}, signal}) {
    const {state, answered} = await stateOf(input, api, signal);
    if (state === 'unclear') {
      const {message, hint} = apiStateUnclear(checkText(input, api), answered);
      return blocked(message, hint);
    }
    return state === 'done'
      ? done({})
      : pending(
          {pending: true as const},
          {what: checkText(input, api), is: answered, shouldBe: expectedText(input.doneWhen)},
        );
  },

  async plan({input, targets: {api}, signal}) {
    const {state} = await stateOf(input, api, signal);
    return state === 'done' ? [] : [sending({input, api, way: 'do'})];
  },

  async reverse({input, targets: {api}, signal}) {
    const {state} = await stateOf(input, api, signal);
    return state === 'pending' ? [] : [sending({input, api, way: 'undo'})];
  },
});

interface Change {
  readonly input: Input;
  readonly api: ApiReader;
  readonly way: 'do' | 'undo';
}

function sending({input, api, way}: Change) {
  const asked = requestText(api.url, input[way]);
  return {
    on: 'api' as const,
    does: `${way === 'do' ? input.does : input.undoes} (${asked})`,
    perform: async (
      writer: ApiWriter,
      signal: AbortSignal,
      _say: ReportProgress,
      note?: ReportProgress,
    ) => {
      const expected = way === 'do' ? 'done' : 'pending';
      const now = await stateOf(input, writer, signal);
      if (now.state === expected) {
        return;
      }
      if (now.state === 'unclear') {
        throw new SwitcharooError(apiStateUnclear(checkText(input, writer), now.answered));
      }
      const {status} = await writer.send(input[way], signal);
      note?.(`${asked} was answered with ${status}`);
      if (status < 200 || status > 299) {
        throw new SwitcharooError(apiRefused(asked, status));
      }
      await untilSeen(input, writer, {expected, asked}, signal);
    },
  };
}

const pollMs = 250;

/** An API may accept a request before it has done what it asks for. */
async function untilSeen(
  input: Input,
  api: ApiReader,
  {expected, asked}: {readonly expected: 'done' | 'pending'; readonly asked: string},
  signal: AbortSignal,
): Promise<void> {
  const began = performance.now();
  for (;;) {
    const {state, answered} = await stateOf(input, api, signal);
    if (state === expected) {
      return;
    }
    if (performance.now() - began > input.settleSeconds * 1_000) {
      throw new SwitcharooError(
        apiStateUnchanged(asked, input.settleSeconds, `${checkText(input, api)} ${answered}`),
      );
    }
    await sleep(pollMs, undefined, {signal});
  }
}

interface State {
  readonly state: 'done' | 'pending' | 'unclear';
  /** `answers 200 with "paused"` */
  readonly answered: string;
}

async function stateOf(input: Input, api: ApiReader, signal: AbortSignal): Promise<State> {
  const {doneWhen, pendingWhen, check} = input;
  const {status, body} = await api.get(check, signal);
  const fits = (expected: Expected) =>
    status === expected.status &&
    (expected.includes === undefined || body.includes(expected.includes));
  const [isDone, isPending] = [fits(doneWhen), fits(pendingWhen)];
  if (isDone && isPending) {
    return {state: 'unclear', answered: `answers ${status}, which is both done and pending`};
  }
  const state = isDone ? 'done' : isPending ? 'pending' : 'unclear';
  return {
    state,
    answered:
      state === 'unclear'
        ? `answers ${status}, which is neither done (${expectedText(doneWhen)}) nor pending (${expectedText(pendingWhen)})`
        : expectedText(isDone ? doneWhen : pendingWhen).replace(/^answer/, 'answers'),
  };
}

const expectedText = ({status, includes}: Expected): string =>
  includes === undefined ? `answer ${status}` : `answer ${status} with ${JSON.stringify(includes)}`;

const checkText = ({check}: Input, {url}: ApiReader): string => `GET ${url}${check}`;
