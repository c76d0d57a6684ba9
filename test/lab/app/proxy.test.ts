import {readFileSync, writeFileSync} from 'node:fs';
import {Agent, createServer, get, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {upstreamOf} from '../../../lab/app/upstream.ts';
import type {LabHost} from '../../../lab/hosts/host.ts';
import {programOf} from '../../../lab/program.ts';
import {startHosts, type TriedHosts} from '../hosts/lab-host.ts';
import {freePort} from './shop-world.ts';

const proxyFile = '/etc/nginx/conf.d/shop.conf';
const sides: Server[] = [];
const ports = {old: 0, new: 0};
let tried: TriedHosts;
let web1: LabHost;
let port: number;

beforeAll(async () => {
  ports.old = await startSide('old');
  ports.new = await startSide('new');
  port = await freePort();
  tried = await startHosts({
    name: 'web1',
    files: {[proxyFile]: upstreamTo('old')},
    proxyFile,
    // The folder of the host is not known before it starts, and the program starts in the lab's folder.
    units: [
      {
        name: 'nginx.service',
        command: programOf('app/proxy'),
        env: {PORT: String(port), UPSTREAM_FILE: join('web1/root', proxyFile)},
      },
    ],
  });
  [web1] = tried.hosts as [LabHost]; // One was asked for.
});

afterAll(async () => {
  await tried?.stop();
  for (const side of sides) {
    side.close();
    side.closeAllConnections();
  }
});

/** Answers with its name; `/slow` only once it was told to. */
let isAsked = false;
let answerSlowOne = () => {};
async function startSide(name: string): Promise<number> {
  const server = createServer((asked, answer) => {
    if (asked.url === '/slow') {
      isAsked = true;
      answerSlowOne = () => answer.end(name);
    } else {
      answer.end(name);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  sides.push(server);
  return (server.address() as AddressInfo).port; // A TCP server has an AddressInfo.
}

const upstreamTo = (side: 'old' | 'new') => upstreamOf({host: '127.0.0.1', port: ports[side]});

function page(path = '/', agent: Agent | false = false): Promise<string> {
  return new Promise((resolve, reject) => {
    get({host: '127.0.0.1', port, path, agent}, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      answer.on('end', () => resolve(text));
    }).on('error', reject);
  });
}

const place = () => join(web1.root, proxyFile);

test('reloaded, the proxy passes new requests on to the new side, and ends those under way where they began', async () => {
  await expect.poll(() => page().catch(() => '')).toBe('old');
  const kept = new Agent({keepAlive: true, maxSockets: 1});
  expect(await page('/', kept)).toBe('old');
  const slow = page('/slow');
  await expect.poll(() => isAsked).toBe(true);
  writeFileSync(place(), upstreamTo('new'));
  expect(await page()).toBe('old');
  expect((await tried.ssh(web1, 'nginx -t && systemctl reload -- nginx.service')).code).toBe(0);
  // The connection that was kept stays, and leads to the new side.
  await expect.poll(() => page('/', kept)).toBe('new');
  answerSlowOne();
  expect(await slow).toBe('old');
  kept.destroy();
});

test('with an unusable file it keeps its servers, and nginx -t reports it', async () => {
  const before = readFileSync(place(), 'utf8');
  writeFileSync(place(), 'upstream shop {\n  server nowhere;\n}\n');
  expect(await tried.ssh(web1, 'nginx -t')).toMatchObject({
    code: 1,
    stderr: 'nginx: configuration file /etc/nginx/nginx.conf test failed\n',
  });
  expect((await tried.ssh(web1, 'systemctl reload -- nginx.service')).code).toBe(0);
  expect(await page()).toBe('new');
  writeFileSync(place(), before);
});

test('a side that is gone is a 502, and a unit that does not run cannot be reloaded', async () => {
  writeFileSync(place(), upstreamOf({host: '127.0.0.1', port: await freePort()}));
  await tried.ssh(web1, 'systemctl reload -- nginx.service');
  await expect.poll(() => page()).toMatch(/^502 Bad Gateway: connect ECONNREFUSED/);
  await tried.ssh(web1, 'systemctl stop -- nginx.service');
  expect(await tried.ssh(web1, 'systemctl reload -- nginx.service')).toMatchObject({
    code: 1,
    stderr: 'nginx.service is not active, cannot reload.\n',
  });
});
