import {once} from 'node:events';
import {type AddressInfo, connect, createServer, type Server} from 'node:net';
import {afterEach, beforeEach, expect, test} from 'vitest';
import type {LabHost} from '../../../lab/hosts/host.ts';
import {startHosts, type TriedHosts} from './lab-host.ts';

let echo: Server;
let tried: TriedHosts;
let web: LabHost;

beforeEach(async () => {
  echo = createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const to = {address: '127.0.0.1', port: (echo.address() as AddressInfo).port}; // A TCP server has one.
  tried = await startHosts({name: 'web1', ports: [{port: 0, to}]});
  [web] = tried.hosts as [LabHost]; // One was asked for.
});
afterEach(async () => {
  await tried.stop();
  echo.close();
});

const hold = (ms: number) =>
  tried.ssh(web, 'nft -f -', {
    input: [
      'add table inet t',
      'delete table inet t',
      'add table inet t',
      'add set inet t ports { type inet_service; flags timeout; }',
      'add chain inet t hold { type filter hook input priority -10; policy accept; }',
      'add rule inet t hold tcp dport @ports tcp flags & (syn | ack) == syn counter drop',
      `add element inet t ports { ${web.ports[0]} timeout ${ms}ms }`,
      '',
    ].join('\n'),
  });

/** How long an echo took, ms. */
async function echoed(): Promise<number> {
  const since = performance.now();
  const socket = connect({host: web.address, port: web.ports[0] ?? 0});
  socket.write('hello');
  await once(socket, 'data');
  socket.destroy();
  return performance.now() - since;
}

const open = () =>
  tried.ssh(
    web,
    `ss -Htn state established state syn-recv state close-wait '( sport = :${web.ports[0]} )'`,
  );

test('a new connection waits, and gets through with its packet of 1 s or 3 s, never earlier', async () => {
  await hold(950);
  const short = await echoed();
  expect(short).toBeGreaterThan(950);
  await hold(2_900);
  const long = await echoed();
  expect(long).toBeGreaterThan(2_950);
});

test('a connection that is open stays open, and is the only one that ss lists', async () => {
  const socket = connect({host: web.address, port: web.ports[0] ?? 0});
  socket.write('hello');
  await once(socket, 'data');
  await hold(60_000);
  const waiting = connect({host: web.address, port: web.ports[0] ?? 0});
  await expect
    .poll(async () => (await tried.ssh(web, 'nft list table inet t')).stdout)
    .toMatch(/packets [1-9]/);
  socket.write('still here');
  expect(String((await once(socket, 'data'))[0])).toBe('still here');
  expect((await open()).stdout.trim().split('\n')).toEqual([
    expect.stringMatching(/^ESTAB 0 +0 +127\.\S+ 127\.\S+$/),
  ]);
  socket.destroy();
  await expect.poll(async () => (await open()).stdout).toBe('');
  await tried.ssh(web, 'nft delete table inet t');
  waiting.write('now');
  expect(String((await once(waiting, 'data'))[0])).toBe('now');
  waiting.destroy();
});

test('what the lab has no part of is refused with its words', async () => {
  expect(await tried.ssh(web, 'nft flush ruleset')).toMatchObject({
    code: 64,
    stderr: 'nft: this lab host does not support: nft flush ruleset\n',
  });
});
