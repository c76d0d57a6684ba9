import type {AddressInfo} from 'node:net';
import {connect, createServer} from 'node:net';
import {describe, expect, test} from 'vitest';
import {noVisitors} from '../../../steps/hosts/no-visitors.ts';
import {FakeHost} from './fake-hosts.ts';
import {lookAt} from './look.ts';
import {startRealHost, whyNoHostWith} from './real-host.ts';

const log = '/var/log/nginx/access.log';
const input = (more: object = {}) =>
  noVisitors.input.parse({ports: [443], logs: [log], quietMs: 60_000, ...more});

/** Looks again and again, with the last mark, as the engine does. */
function watchOf(hosts: readonly FakeHost[], more: object = {}) {
  let bookmark: unknown;
  const reader = {name: 'web', hosts};
  return async (second: number) => {
    const look = lookAt(reader, input(more));
    const now = new Date(second * 1_000);
    const verdict = await noVisitors.check({...look, now, run: {...look.run, bookmark}});
    bookmark = verdict.kind === 'waiting' ? (verdict.bookmark ?? bookmark) : bookmark;
    return verdict.kind === 'waiting' ? verdict.progress : verdict;
  };
}

const web = (name: string) => new FakeHost({name, files: {[log]: 'a\nb\n'}});

describe('the old web servers', () => {
  test('are quiet once nobody came to any of them for a while, and that is evidence', async () => {
    const check = watchOf([web('web1'), web('web2')]);
    expect(await check(0)).toBe('counting visitors from now on');
    expect(await check(30)).toBe('no visitors for 30 s of 60 s');
    const verdict = await check(61);
    expect(verdict).toMatchObject({
      kind: 'done',
      notes: ['No request and no connection on web1 and web2 for 61 s'],
    });
    expect(noVisitors.evidence?.({hosts: ['web1', 'web2'], quietMs: 61_000})).toEqual([
      'No request and no connection on web1, web2 for 61 s',
    ]);
  });

  test('name who still comes, and the time starts again', async () => {
    const [web1, web2] = [web('web1'), web('web2')];
    const check = watchOf([web1, web2], {ignore: ['10.0.0.5']});
    await check(0);
    web2.fileTexts.set(log, 'a\nb\nc\nd\n');
    web1.remotes = [
      {address: '192.0.2.7', count: 2},
      {address: '10.0.0.5', count: 9},
    ];
    expect(await check(59)).toBe(
      `there are still visitors: web1: 2 connections from 192.0.2.7; web2: 2 requests in ${log}`,
    );
    web1.remotes = [];
    expect(await check(100)).toBe('no visitors for 41 s of 60 s');
    expect(await check(120)).toMatchObject({kind: 'done'});
  });

  test('of which one cannot be counted are not quiet', async () => {
    const blind = web('web1');
    blind.canSee = false;
    expect(await watchOf([blind])(0)).toMatchObject({
      kind: 'blocked',
      reason: 'web1 has no ss, so its connections cannot be counted.',
    });
    expect(await watchOf([web('web1'), new FakeHost({name: 'web2'})])(0)).toMatchObject({
      kind: 'blocked',
      reason: `web2 has no access log ${log}, so its requests cannot be counted.`,
    });
  });
});

const why = whyNoHostWith('visitors of a real host', ['ss']);

test.skipIf(why !== undefined)(
  'on a real host: lines of its log, a rotation, those who are ignored, and a connection that is over',
  async () => {
    const host = await startRealHost({daemons: ''});
    const server = createServer((socket) => socket.end('bye'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const {port} = server.address() as AddressInfo; // a TCP server has one
    try {
      const path = '/var/log/tried access.log';
      const {reader} = host.session;
      const [web1] = reader.hosts;
      const {signal} = new AbortController();
      const at = (write: string) => host.run(`cd /var/log\n${write}`);
      at(`printf 'one\\ntwo\\n' > 'tried access.log'`);
      const look = async (from?: {readonly file: string; readonly size: number}) => {
        const request = {ports: [port], logs: [{path, from}], ignore: ["it's a check"]};
        const visits = await web1?.visits(request, signal);
        return {visits, log: visits?.logs[0]};
      };
      const first = await look();
      expect(first.visits).toMatchObject({canSee: true, remotes: [], logs: [{path, added: 0}]});
      at(`printf 'three\\n%s\\nfour\\n' "it's a check" >> 'tried access.log'`);
      const second = await look(first.log);
      expect(second.log?.added).toBe(2);
      expect((await look(second.log)).log?.added).toBe(0);
      at(`mv 'tried access.log' old.log; printf 'five\\n' > 'tried access.log'`);
      expect((await look(second.log)).log?.added).toBe(1);
      // The server closes first, as web servers do: the kernel still knows who it was.
      await new Promise((resolve) => connect(port, '127.0.0.1').resume().on('close', resolve));
      expect((await look(second.log)).visits?.remotes).toEqual([{address: '127.0.0.1', count: 1}]);
    } finally {
      await host.close();
      await new Promise((resolve) => server.close(resolve));
    }
  },
);
