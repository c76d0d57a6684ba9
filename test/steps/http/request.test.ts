import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {lawsOfStep} from 'switcharoo/testing';
import {afterAll, beforeAll, beforeEach, expect, test} from 'vitest';
import {apiPreflight} from '../../../steps/http/checks/api.ts';
import {httpRequest} from '../../../steps/http/request.ts';
import {httpApi} from '../../../steps/http/target.ts';

/** A consumer of a queue with an administration of its own: a real server, and a token that it wants. */
const consumer = {
  paused: false,
  /** Pauses and starts only this much later, as one that ends its work first. */
  lagMs: 0,
  /** Does what it is asked and closes the connection without an answer. */
  losesAnswer: false,
  /** Answers each request that changes something with this, and does nothing. */
  refuses: 0,
  requests: [] as string[],
};
const token = 'Bearer 4c1f7e0b';
const server = createServer((request, response) => {
  const {method, url, headers} = request;
  if (headers.authorization !== token) {
    response.writeHead(401).end();
    return;
  }
  if (method === 'GET') {
    const isKnown = url === '/v1/' || url === '/v1/consumer';
    response.writeHead(isKnown ? 200 : 404).end(JSON.stringify({paused: consumer.paused}));
    return;
  }
  let body = '';
  request.on('data', (chunk) => {
    body += chunk;
  });
  request.on('end', () => {
    consumer.requests.push(`${method} ${url} ${body}`);
    if (consumer.refuses > 0) {
      response.writeHead(consumer.refuses).end('no');
      return;
    }
    setTimeout(() => {
      consumer.paused = url === '/v1/consumer/pause';
    }, consumer.lagMs);
    if (consumer.losesAnswer) {
      consumer.losesAnswer = false;
      setTimeout(() => request.destroy(), consumer.lagMs + 10);
      return;
    }
    response.writeHead(202).end();
  });
});

const open = async (authorization: string) => {
  const {port} = server.address() as AddressInfo;
  const config = {url: `http://127.0.0.1:${port}/v1/`, headers: {authorization}};
  return httpApi.open(httpApi.config.parse(config), {
    name: 'consumer',
    signal: new AbortController().signal,
  });
};
let session: Awaited<ReturnType<typeof open>>;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  session = await open(token);
});
beforeEach(() => {
  Object.assign(consumer, {paused: false, lagMs: 0, losesAnswer: false, refuses: 0, requests: []});
});
afterAll(() => server.close());

const words = {
  ...{does: 'pause the consumer', undoes: 'start the consumer again', check: '/consumer'},
  ...{doneWhen: {includes: '"paused":true'}, pendingWhen: {includes: '"paused":false'}},
  do: {method: 'PUT', path: '/consumer/pause', body: '{"for":"cutover"}'},
  undo: {method: 'DELETE', path: '/consumer/start'},
} as const;
const parse = (changes: object = {}) => httpRequest.input.parse({...words, ...changes});

lawsOfStep({
  step: httpRequest,
  input: words,
  world: async () => {
    consumer.paused = false;
    return {sessions: {api: session}, picture: async () => [consumer.paused]};
  },
  blockedWorld: async () => ({
    sessions: {api: await open('Bearer wrong')},
    picture: async () => [consumer.paused],
  }),
});

const {signal} = new AbortController();
const lookAt = (input = parse(), api = session) =>
  ({input, targets: {api: api.reader}, signal, run: {id: 'r', entry: 'pause'}}) as never;
const pause = async (input = parse()) => {
  const [action] = await httpRequest.plan(lookAt(input), {pending: true});
  return action?.perform(session.writer, signal, () => {});
};

test('the plan names the request, and neither its body nor a header', async () => {
  const [action] = await httpRequest.plan(lookAt(), {pending: true});
  expect(action?.does).toBe(`pause the consumer (PUT ${session.reader.url}/consumer/pause)`);
  expect(session.reader.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
});

test('a request whose answer was lost is not sent again', async () => {
  consumer.losesAnswer = true;
  const [action] = await httpRequest.plan(lookAt(), {pending: true});
  const perform = () => action?.perform(session.writer, signal, () => {});
  await expect(perform()).rejects.toMatchObject({problem: {code: 'api-unreachable'}});
  await perform();
  expect(consumer.requests).toEqual(['PUT /v1/consumer/pause {"for":"cutover"}']);
  expect((await httpRequest.check(lookAt())).kind).toBe('done');
});

test('what the API does only later is waited for, for as long as the input says', async () => {
  consumer.lagMs = 600;
  await pause();
  expect(consumer.paused).toBe(true);
  consumer.paused = false;
  consumer.lagMs = 60_000;
  await expect(pause(parse({settleSeconds: 0.2}))).rejects.toMatchObject({
    problem: {
      code: 'api-state-unchanged',
      message: expect.stringMatching(
        /^The API accepted PUT .*, but after 0\.2 s GET .*\/consumer answers 200 with "\\"paused\\":false"\.$/,
      ),
    },
  });
});

test('a refused request fails with the status and what to do', async () => {
  consumer.refuses = 409;
  await expect(pause()).rejects.toMatchObject({
    problem: {code: 'api-refused', message: expect.stringContaining('was answered with 409.')},
  });
});

test('an answer that is neither done nor pending, or both, blocks', async () => {
  const wrong = await httpRequest.check(lookAt(parse({check: '/consumers'})));
  const both = await httpRequest.check(lookAt(parse({doneWhen: {}, pendingWhen: {}})));
  expect([wrong, both]).toMatchObject([
    {kind: 'blocked', reason: expect.stringContaining('answers 404, which is neither done')},
    {kind: 'blocked', reason: expect.stringContaining('answers 200, which is both done and')},
  ]);
});

test('preflight finds headers that the API refuses, and shows none of them', async () => {
  const wrong = await open('Bearer wrong');
  const [refused, accepted] = await Promise.all(
    [wrong, session].map(({reader}) => apiPreflight.look(reader, [], signal, () => {})),
  );
  expect(refused?.findings).toMatchObject([
    {
      check: 'api-headers-refused',
      observed: expect.stringMatching(/^GET .*\/v1\/ is answered with 401$/),
    },
  ]);
  expect(accepted?.findings).toEqual([]);
  expect(JSON.stringify(refused)).not.toContain('wrong');
});
