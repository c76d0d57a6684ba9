import {defineStep, defineTarget, done, pending, SwitcharooError} from 'switcharoo';
import {z} from 'zod';

/** A status page with an API: GET gives `{"message": …}`, PUT takes it. */
export const statusPage = defineTarget({
  kind: 'status-page',
  config: z.object({url: z.url(), token: z.string()}),
  open: async ({url, token}, {name}) => {
    const reader = {
      name,
      message: async (signal) => (await asked(url, token, 'GET', undefined, signal)).message,
    };
    const writer = {
      ...reader,
      show: async (message, signal) => {
        await asked(url, token, 'PUT', JSON.stringify({message}), signal);
      },
    };
    return {reader, writer, close: async () => {}};
  },
});

export const announce = defineStep({
  name: 'status-page.announce',
  summary: 'Tell visitors of the status page what is going on.',
  targets: {page: statusPage},
  input: z.object({text: z.string()}),
  before: z.object({message: z.string().nullable()}),
  output: z.object({}),
  reverses: 'Shows the message that was there before, or none.',
  needs: {page: ['a token that may change the message']},
  effects: [],
  timeoutMs: 30_000,

  async check({input, targets: {page}, signal}) {
    const message = await page.message(signal);
    return message === input.text
      ? done({})
      : pending({message}, {what: page.name, is: shown(message), shouldBe: shown(input.text)});
  },

  async plan({input}) {
    return [showing(input.text)];
  },

  async reverse({targets: {page}, signal}, before) {
    return (await page.message(signal)) === before.message ? [] : [showing(before.message)];
  },
});

const showing = (message) => ({
  on: 'page',
  does: message === null ? 'remove the message' : `show ${shown(message)}`,
  perform: (page, signal) => page.show(message, signal),
});

const shown = (message) => (message === null ? 'no message' : `"${message}"`);

async function asked(url, token, method, body, signal) {
  const answer = await fetch(url, {
    method,
    ...(body === undefined ? {} : {body}),
    headers: {authorization: `Bearer ${token}`},
    signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
  });
  if (!answer.ok) {
    throw new SwitcharooError({
      code: 'status-page-refused',
      message: `${method} ${url} was answered with ${answer.status}.`,
      hint: 'Check the token of the target in the inventory, and whether the page is there.',
    });
  }
  return answer.json();
}
