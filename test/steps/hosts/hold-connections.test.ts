import {once} from 'node:events';
import {connect, type Socket} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';
import {lawsOfStep} from 'switcharoo/testing';
import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import type {SwitcharooError} from '../../../src/index.ts';
import {dryHold} from '../../../steps/hosts/dry-hold.ts';
import {forwardTraffic} from '../../../steps/hosts/forward-traffic.ts';
import {holdConnections} from '../../../steps/hosts/hold-connections.ts';
import {oneRequestAConnection} from '../../../steps/hosts/one-request-a-connection.ts';
import {releaseConnections} from '../../../steps/hosts/release-connections.ts';
import {performAll} from './look.ts';
import {whyNoHostWith} from './real-host.ts';
import {startClients, startWebHost, statusOf, upstreamFile, type WebHost} from './web-host.ts';

const whyNot = whyNoHostWith('held connections on real nginx and nftables', [
  'nft',
  'nginx',
  'ss',
  'ip',
]);

// The kernel's own packet filter, TCP and nginx: what a client sees is nobody's model here.
describe.skipIf(whyNot !== undefined)('on a host with real nginx and nftables', () => {
  let web: WebHost;
  beforeAll(async () => {
    web = await startWebHost();
  });
  afterAll(() => web?.close());
  let sockets: readonly Socket[] = [];
  beforeEach(() => {
    for (const socket of sockets) {
      socket.destroy();
    }
    web.host.run(`nft flush ruleset || :; rm -rf /etc/nginx/conf.d/switcharoo* /var/lib/switcharoo
printf '%s' '${web.textOf(web.old)}' > ${upstreamFile}; nginx -s reload; sleep 0.3`);
    Object.assign(web.old, {accepts: true, answered: 0});
    Object.assign(web.new, {accepts: false, answered: 0});
  });

  const look = <Input>(input: Input, started = true, run = 'r-1') => ({
    input,
    targets: {hosts: web.host.session.reader},
    run: {id: run, entry: 'hold', started},
    now: new Date(),
    signal: new AbortController().signal,
  });
  const inputOf = (bounds: {maxHoldMs?: number; drainMs?: number; settleMs?: number} = {}) =>
    holdConnections.input.parse({ports: [80], settleMs: 0, ...bounds});
  const ways = {hosts: [{host: 'real1', way: 'nft' as const}]};
  const hold = async (bounds = {}) =>
    performAll(web.host.session.writer, await holdConnections.plan(look(inputOf(bounds)), ways));
  const release = async () =>
    performAll(web.host.session.writer, await releaseConnections.plan(look(inputOf()), ways));
  const forward = async () =>
    performAll(
      web.host.session.writer,
      await forwardTraffic.plan(
        look({
          file: upstreamFile,
          text: web.textOf(web.new),
          unit: 'nginx.service',
          test: ['nginx', '-t', '-q'],
        }),
        {hosts: [{host: 'real1', sha256: sumOf(web), mode: '644', owner: 'root:root'}]},
      ),
    );
  const addresses = () => [web.cable.host, web.cable.host6];

  for (const step of [holdConnections, releaseConnections]) {
    lawsOfStep({
      step,
      input: {ports: [80, 443], maxHoldMs: 60_000},
      world: async () => {
        web.host.run('nft flush ruleset');
        const {reader, writer} = web.host.session;
        if (step === releaseConnections) {
          const looked = look({...inputOf(), ports: [80, 443], maxHoldMs: 60_000}, true, 'r-law');
          await performAll(writer, await holdConnections.plan(looked, ways));
        }
        return {
          sessions: {hosts: {reader, writer, close: async () => {}}},
          picture: async () => web.host.run('nft list ruleset').replaceAll(/expires \w+/g, ''),
        };
      },
    });
  }

  const oneRequest = oneRequestAConnection.input.parse({
    proxy: 'nginx',
    file: '/etc/nginx/conf.d/switcharoo.conf',
    unit: 'nginx.service',
    test: ['nginx', '-t', '-q'],
  });

  lawsOfStep({
    step: oneRequestAConnection,
    input: oneRequest,
    world: async () => {
      web.host.run('rm -rf /etc/nginx/conf.d/switcharoo* /var/lib/switcharoo; nginx -s reload');
      return {
        sessions: {hosts: {...web.host.session, close: async () => {}}},
        picture: async () =>
          web.host.run(
            "find /etc/nginx/conf.d /var/lib/switcharoo -type f -exec stat -c '%n %a %U:%G %s' {} + 2>/dev/null | sort",
          ),
      };
    },
  });

  test('a setting that nginx refuses is taken out again, with the words of nginx', async () => {
    const wrong = oneRequestAConnection.input.parse({
      ...oneRequest,
      proxy: 'other',
      text: 'keepalive_requests one;',
    });
    const [action] = await oneRequestAConnection.plan(look(wrong), {hosts: []});
    await expect(
      action?.perform(web.host.session.writer, look(wrong).signal, () => {}),
    ).rejects.toThrow(/invalid value|test failed/);
    expect(web.host.run('ls /etc/nginx/conf.d')).toBe('shop.conf\n');
    expect(await statusOf(web.cable.host)).toBe('201');
  });

  test('once traffic is forwarded, no earlier worker of nginx takes a connection to the old side', async () => {
    for (const round of [1, 2, 3]) {
      web.host.run(`rm -rf /var/lib/switcharoo; printf '%s' '${web.textOf(web.old)}' > ${upstreamFile}
nginx -s reload; sleep 0.3`);
      Object.assign(web.old, {accepts: false, answered: 0});
      web.new.accepts = true;
      await forward();
      const statuses = await Promise.all(Array.from({length: 30}, () => statusOf(web.cable.host)));
      expect(new Set(statuses), `round ${round}`).toEqual(new Set(['201']));
      expect(web.old.answered).toBe(0);
    }
  });

  for (const holdMs of [300, 1_000]) {
    for (const keepAlive of [true, false]) {
      test(`no request fails while the sides change within ${holdMs} ms: clients with ${keepAlive ? 'kept connections' : 'a connection for each request'}, IPv4 and IPv6`, async () => {
        await performAll(
          web.host.session.writer,
          await oneRequestAConnection.plan(look(oneRequest), {hosts: []}),
        );
        await sleep(300);
        const clients = startClients(addresses(), {each: 8, keepAlive});
        await sleep(700);
        await hold();
        web.old.accepts = false;
        const answeredByOld = web.old.answered;
        await sleep(holdMs - 150);
        await forward();
        web.new.accepts = true;
        await release();
        await sleep(2_500);
        const seen = await clients.stop();
        expect(seen.failed).toEqual([]);
        expect(web.old.answered).toBe(answeredByOld);
        expect(seen.made).toBeGreaterThan(50);
        expect(web.host.run('nft list ruleset')).toBe('');
      });
    }
  }

  test('connections that do not end in time: the hold is released at once, and named by their addresses', async () => {
    sockets = await Promise.all(addresses().map(opened));
    await expect(hold({drainMs: 300})).rejects.toSatisfy((error: SwitcharooError) => {
      expect(error.problem.code).toBe('host-connections-not-drained');
      expect(error.problem.message.replace(/\d+ ms/, 'N ms')).toMatch(
        /^real1 still had 2 open connections to port 80 N ms after the hold began: 1 from \S+, 1 from \S+\. The hold is ended, on a host that no longer answers by its kernel after \d+ ms at most\.$/,
      );
      expect(error.problem.message).toContain(`1 from ${web.cable.here}`);
      expect(error.problem.message).toContain(`1 from ${web.cable.here6}`);
      return true;
    });
    expect(await statusOf(web.cable.host)).toBe('201');
    expect(web.host.run('nft list ruleset')).toBe('');
  });

  test('a slow request that is under way ends before the hold begins, and newer ones are not waited for', async () => {
    sockets = [await opened(web.cable.host)];
    const [slow] = sockets;
    const actions = await holdConnections.plan(look(inputOf({settleMs: 10_000})), ways);
    const holding = performAll(web.host.session.writer, actions);
    await sleep(700);
    expect(web.host.run('nft list ruleset')).toBe('');
    const newer = await opened(web.cable.host6);
    slow?.destroy();
    while (web.host.run('nft list ruleset') === '') {
      await sleep(10);
    }
    newer.destroy();
    await holding;
    expect((await holdConnections.check(look(inputOf()))).kind).toBe('done');
  });

  test('ssh is killed in the middle of a hold: the kernel lets connections through after its bound, in both families', async () => {
    sockets = [await opened(web.cable.host)];
    const killed = new AbortController();
    const input = inputOf({maxHoldMs: 5_000, drainMs: 4_900});
    const [action] = await holdConnections.plan(look(input), ways);
    const since = performance.now();
    const holding = action?.perform(web.host.session.writer, killed.signal, () => {});
    const ended = expect(holding).rejects.toThrow('killed');
    while (!web.host.run('nft list ruleset').includes('expires')) {
      await sleep(10);
    }
    killed.abort(new Error('killed'));
    web.host.run("pkill -KILL -f '^/bin/sh -s'");
    await ended;
    expect(web.host.run('nft list ruleset')).toContain('80 timeout 5s expires');
    expect(await Promise.all(addresses().map((address) => statusOf(address)))).toEqual([
      '201',
      '201',
    ]);
    expect(performance.now() - since).toBeGreaterThan(5_000);
    expect(await holdConnections.check(look(inputOf()))).toMatchObject({
      kind: 'pending',
      differences: [
        {
          what: 'new connections to port 80 of real1',
          is: 'let through again: the hold has ended by itself',
          shouldBe: 'held',
        },
      ],
    });
    await release();
    expect(web.host.run('nft list ruleset')).toBe('');
  });

  test('held again before its time is over, a hold lasts its whole time', async () => {
    const left = () => {
      const [, s = '', ms = ''] =
        /80 timeout 50s expires (\d+)s(?:(\d+)ms)?/.exec(web.host.run('nft list ruleset')) ?? [];
      return Number(s) * 1_000 + Number(ms);
    };
    await hold({maxHoldMs: 50_000, drainMs: 1_000});
    await sleep(5_000);
    const before = left();
    expect(before).toBeGreaterThan(0);
    await hold({maxHoldMs: 50_000, drainMs: 1_000});
    expect(left()).toBeGreaterThan(before);
  });

  test('a hold of another run blocks until it has ended', async () => {
    await hold({maxHoldMs: 5_000, drainMs: 1_000});
    expect(await holdConnections.check(look(inputOf(), false, 'r-2'))).toMatchObject({
      kind: 'blocked',
      reason: expect.stringMatching(
        /^New connections to port 80 of real1 are held by another run, as switcharoo_hold_\w{8}\.$/,
      ),
    });
    await expect
      .poll(async () => (await holdConnections.check(look(inputOf(), false, 'r-2'))).kind)
      .toBe('pending');
  });

  describe('where nft does not work, with ipset and iptables', () => {
    beforeAll(() => web.host.run('nft flush ruleset; mount --bind /bin/false "$(command -v nft)"'));
    afterAll(() => web.host.run('umount "$(command -v nft)"'));
    const rules = () =>
      web.host
        .run('iptables -S INPUT; ip6tables -S INPUT; ipset list -n')
        .replaceAll(/^-P.*\n/gm, '');
    const ipsetWays = {hosts: [{host: 'real1', way: 'ipset' as const}]};

    lawsOfStep({
      step: holdConnections,
      input: {ports: [80, 443], maxHoldMs: 60_000},
      world: async () => ({
        sessions: {hosts: {...web.host.session, close: async () => {}}},
        picture: async () => rules(),
        close: async () => {
          const [host] = web.host.session.writer.hosts;
          await host?.releaseConnections('ipset', {id: 'r-law'}, new AbortController().signal);
        },
      }),
    });

    test('both families wait, and the kernel lets them through after the bound', async () => {
      const input = inputOf({maxHoldMs: 5_000, drainMs: 4_500});
      expect(await holdConnections.check(look(input, false))).toMatchObject({
        kind: 'pending',
        before: ipsetWays,
      });
      const since = performance.now();
      await performAll(web.host.session.writer, await holdConnections.plan(look(input), ipsetWays));
      expect(await holdConnections.check(look(input))).toEqual({
        kind: 'done',
        output: {hosts: [{host: 'real1', way: 'ipset'}]},
      });
      expect(await Promise.all(addresses().map((address) => statusOf(address)))).toEqual([
        '201',
        '201',
      ]);
      expect(performance.now() - since).toBeGreaterThan(5_000);
      expect((await holdConnections.check(look(input))).kind).toBe('pending');
      const reversal = await holdConnections.reverse(look(input), ipsetWays);
      await performAll(web.host.session.writer, 'kind' in reversal ? [] : reversal);
      expect(rules()).toBe('');
    });
  });

  describe('where neither nft nor ipset works, with iptables and a timer', () => {
    const hidden = ['nft', 'ipset'];
    beforeAll(() =>
      web.host.run(
        `nft flush ruleset; ${hidden.map((name) => `mount --bind /bin/false "$(command -v ${name})"`).join('; ')}`,
      ),
    );
    afterAll(() => web.host.run(hidden.map((name) => `umount "$(command -v ${name})"`).join('; ')));
    const rules = () =>
      web.host
        .run('iptables -S INPUT; ip6tables -S INPUT; ls /run | grep switcharoo_hold || :')
        .replaceAll(/^-P.*\n/gm, '');
    const timerWays = {hosts: [{host: 'real1', way: 'iptables' as const}]};
    const releaseHere = async () => {
      const [host] = web.host.session.writer.hosts;
      for (const id of ['r-law', 'r-1']) {
        await host?.releaseConnections('iptables', {id}, new AbortController().signal);
      }
    };
    const heldBy = async (bounds: {maxHoldMs: number; drainMs: number}) => {
      const input = inputOf(bounds);
      await performAll(web.host.session.writer, await holdConnections.plan(look(input), timerWays));
      return input;
    };
    const bothAnswer = () => Promise.all(addresses().map((address) => statusOf(address)));
    beforeEach(releaseHere);

    lawsOfStep({
      step: holdConnections,
      input: {ports: [80, 443], maxHoldMs: 60_000},
      world: async () => ({
        sessions: {hosts: {...web.host.session, close: async () => {}}},
        picture: async () => rules().replaceAll(/(switcharoo_hold_\w{8})_\d+/g, '$1'),
        close: releaseHere,
      }),
    });

    test('both families wait, and a timer lets them through after the bound', async () => {
      expect(await holdConnections.check(look(inputOf(), false))).toMatchObject({
        kind: 'pending',
        before: timerWays,
      });
      const input = await heldBy({maxHoldMs: 5_000, drainMs: 4_500});
      expect(await holdConnections.check(look(input))).toEqual({
        kind: 'done',
        output: {hosts: [{host: 'real1', way: 'iptables'}]},
      });
      expect(rules().match(/-j DROP/g)).toHaveLength(2);
      expect(await bothAnswer()).toEqual(['201', '201']);
      expect(rules()).toMatch(/^switcharoo_hold_\w{8}\n$/);
      expect((await holdConnections.check(look(input))).kind).toBe('pending');
      const reversal = await holdConnections.reverse(look(input), timerWays);
      await performAll(web.host.session.writer, 'kind' in reversal ? [] : reversal);
      expect(rules()).toBe('');
    });

    test('ssh is killed in the middle of the hold: the timer lives on', async () => {
      sockets = [await opened(web.cable.host)];
      const killed = new AbortController();
      const input = inputOf({maxHoldMs: 5_000, drainMs: 4_900});
      const [action] = await holdConnections.plan(look(input), timerWays);
      const holding = action?.perform(web.host.session.writer, killed.signal, () => {});
      const ended = expect(holding).rejects.toThrow('killed');
      while (!rules().includes('DROP')) {
        await sleep(10);
      }
      killed.abort(new Error('killed'));
      web.host.run("pkill -KILL -f '^/bin/sh -s'");
      await ended;
      expect(await bothAnswer()).toEqual(['201', '201']);
      expect(rules()).not.toContain('DROP');
    });

    test('armed again, it lasts its whole time: the first timer removes nothing of it', async () => {
      await heldBy({maxHoldMs: 5_000, drainMs: 900});
      await heldBy({maxHoldMs: 60_000, drainMs: 1_000});
      await sleep(5_500);
      expect(rules().match(/-j DROP/g)).toHaveLength(2);
      await releaseHere();
      expect(rules()).toBe('');
    });
  });

  describe('a dry hold', () => {
    const dry = (settleMs = 30_000) => look(dryHold.input.parse({ports: [80], settleMs}));

    test('passes while clients of one request a connection are at work: nothing fails, and it says what it saw', async () => {
      await performAll(
        web.host.session.writer,
        await oneRequestAConnection.plan(look(oneRequest), {hosts: []}),
      );
      const clients = startClients(addresses(), {each: 4, keepAlive: true});
      await sleep(500);
      await performAll(web.host.session.writer, await dryHold.plan(dry(), ways));
      await sleep(1_000);
      expect((await clients.stop()).failed).toEqual([]);
      const verdict = await dryHold.check(dry());
      if (verdict.kind !== 'done') {
        throw new Error(JSON.stringify(verdict));
      }
      const [report] = verdict.output.hosts;
      expect(report).toMatchObject({host: 'real1', left: [], refused: 0});
      expect(report?.attempts).toBeGreaterThan(0);
      expect(verdict.remarks).toBeUndefined();
      expect(verdict.notes?.[0]).toMatch(
        /^real1 answered its open connections in \d+ ms; .*connection attempts? waited; 0 dropped by the host, \d+ reset; processors \d+ % busy, load [\d.]+$/,
      );
      await performAll(web.host.session.writer, (await dryHold.reverse(dry(), ways)) as []);
      expect((await dryHold.check(dry())).kind).toBe('pending');
      expect(web.host.run('nft list ruleset; ls /var/lib/switcharoo/r-1/hold')).toBe('reloaded\n');
    });

    test('begins once the connections that were open before it have ended', async () => {
      const socket = await opened(web.cable.host);
      const closed = sleep(300).then(() => socket.destroy());
      await performAll(web.host.session.writer, await dryHold.plan(dry(), ways));
      await closed;
      const verdict = await dryHold.check(dry());
      expect(verdict).toMatchObject({kind: 'done', output: {hosts: [{before: [], left: []}]}});
      await performAll(web.host.session.writer, (await dryHold.reverse(dry(), ways)) as []);
    });

    test('fails with the address of a client that keeps its connection, and can be tried again', async () => {
      sockets = [await opened(web.cable.host)];
      await expect(
        performAll(web.host.session.writer, await dryHold.plan(dry(1_000), ways)),
      ).rejects.toThrow(`left: 1 from ${web.cable.here}`);
      expect((await dryHold.check(dry())).kind).toBe('pending');
      expect(web.host.run('nft list ruleset')).toBe('');
    });
  });

  /** A connection that never sends a request. */
  async function opened(host: string): Promise<Socket> {
    const socket = connect({host, port: 80});
    await once(socket, 'connect');
    return socket;
  }
});

const sumOf = (web: WebHost) => web.host.run(`sha256sum < ${upstreamFile}`).split(' ')[0] ?? '';
