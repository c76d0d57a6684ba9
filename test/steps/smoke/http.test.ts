import {createServer, type RequestListener, type Server} from 'node:http';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {startAuthoritative} from '../../../lab/dns/authoritative.ts';
import type {DnsServer} from '../../../lab/dns/server.ts';
import {httpAnswers} from '../../../steps/smoke/http.ts';
import {webSite} from '../../../steps/smoke/target.ts';

let dns: DnsServer;
let addresses: readonly string[];
let url: string;
let servers: Server[];

beforeEach(async () => {
  servers = [];
  addresses = ['127.1.2.11'];
  dns = await startAuthoritative({
    address: '127.0.0.1',
    zone: () => ({
      name: 'shop.test',
      nameServers: [],
      records: [{name: 'www.shop.test.', type: 'A', ttl: 1, values: addresses}],
    }),
  });
});

afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await dns.stop();
});

/** A web server on each address, all on the port of the first one. */
async function serve(pages: Readonly<Record<string, RequestListener>>): Promise<void> {
  let port = 0;
  for (const [address, page] of Object.entries(pages)) {
    const server = createServer(page);
    servers.push(server);
    await new Promise<void>((ready) => server.listen(port, address, ready));
    const bound = server.address();
    port = typeof bound === 'object' && bound ? bound.port : 0;
  }
  addresses = Object.keys(pages);
  url = `http://www.shop.test:${port}/hello?a=b`;
}

const says =
  (status: number, text: string): RequestListener =>
  (_, response) =>
    void response.writeHead(status).end(text);

async function check(input: object, signal = new AbortController().signal) {
  const config = webSite.config.parse({resolver: `${dns.address}:${dns.port}`});
  const {reader} = await webSite.open(config, {name: 'www', signal});
  return httpAnswers.check({
    input: httpAnswers.input.parse({url, ...input}),
    targets: {site: reader},
    run: {id: 'r', entry: 'e', started: false},
    now: new Date(),
    signal,
  });
}

describe('smoke.http', () => {
  test('is open when the page of the name is as it should be, asked for by its name and path', async () => {
    await serve({
      '127.1.2.11': ({headers, url: path}, response) =>
        void response.end(`${headers.host} ${path}`),
    });
    expect(await check({includes: `${new URL(url).host} /hello?a=b`, passes: 3})).toEqual({
      kind: 'done',
      output: {},
    });
  });

  test('asks every address of the name, and names the one that is not right', async () => {
    await serve({'127.1.2.11': says(200, 'version 2'), '127.1.2.12': says(200, 'version 1')});
    expect(await check({includes: 'version 2'})).toEqual({
      kind: 'waiting',
      progress: `${url} at 127.1.2.12 answers 200 without the text "version 2".`,
    });
    expect(await check({includes: 'version'})).toEqual({kind: 'done', output: {}});
  });

  test('waits for a page that needs a moment to warm up', async () => {
    let asked = 0;
    await serve({
      '127.1.2.11': (_, response) => {
        asked += 1;
        response.writeHead(asked === 2 ? 503 : 200).end();
      },
    });
    expect(await check({passes: 3})).toEqual({
      kind: 'waiting',
      progress: `${url} at 127.1.2.11 answers 503, not 200 after 1 of 3 passes.`,
    });
    expect(await check({passes: 3})).toEqual({kind: 'done', output: {}});
  });

  test('does not follow a redirect, and says where it leads', async () => {
    await serve({
      '127.1.2.11': (_, response) => void response.writeHead(301, {location: '/old'}).end(),
    });
    expect(await check({})).toEqual({
      kind: 'waiting',
      progress: `${url} at 127.1.2.11 answers 301, a redirect to /old, not 200.`,
    });
    expect(await check({status: 301})).toEqual({kind: 'done', output: {}});
  });

  test('says that nobody listens, that there is no such name, that it has no address, that the resolver is gone', async () => {
    await serve({'127.1.2.11': says(200, '')});
    addresses = ['127.1.2.13'];
    const reasons = [await check({})];
    reasons.push(await check({url: 'http://wwww.shop.test/'}));
    reasons.push(await check({url: 'http://shop.test/'}));
    await dns.stop();
    reasons.push(await check({}));
    const at = `${dns.address}:${dns.port}`;
    expect(reasons.map((verdict) => verdict.kind === 'waiting' && verdict.progress)).toEqual([
      `${url} at 127.1.2.13 returned no page: no server listens there (ECONNREFUSED).`,
      `wwww.shop.test could not be looked up at ${at}: there is no such name.`,
      `shop.test could not be looked up at ${at}: the name has no address.`,
      `www.shop.test could not be looked up at ${at}: the resolver does not answer.`,
    ]);
  });

  test('needs no look-up for an address', async () => {
    await serve({'127.1.2.11': says(200, 'here')});
    await dns.stop();
    const verdict = await check({
      url: url.replace('www.shop.test', '127.1.2.11'),
      includes: 'here',
    });
    expect(verdict).toEqual({kind: 'done', output: {}});
  });

  test('takes only web addresses', () => {
    expect(httpAnswers.input.safeParse({url: 'ftp://www.shop.test/'}).success).toBe(false);
  });

  test('an aborted look ends at once, also while a page does not come', async () => {
    const stopping = new AbortController();
    await serve({'127.1.2.11': () => stopping.abort(new Error('stopped'))});
    await expect(check({}, stopping.signal)).rejects.toThrow('stopped');
  });
});
