import {once} from 'node:events';
import {mkdir, writeFile} from 'node:fs/promises';
import {type AddressInfo, connect, createServer, type Server, type Socket} from 'node:net';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {LabHost} from '../../../lab/hosts/host.ts';
import {closePort} from '../../../steps/hosts/close-port.ts';
import {FakeHosts} from './fake-hosts.ts';
import {type LabWorld, startLabWorld} from './lab-world.ts';
import {lookAt, performAll} from './look.ts';

// The chain's name holds a digest of run r-1 and entry stop.
const chain = 'switcharoo-3306-70676fc9';

describe('the texts', () => {
  const input = {port: 3306, allowFrom: ['10.0.0.5', '2001:DB8:0::5']};
  const ruled = {
    name: 'db1',
    rules: {
      iptables: [
        '-P INPUT ACCEPT',
        '-N f2b',
        '-A INPUT -p tcp -m multiport --dports 22,3306 -j f2b',
        '-A INPUT -p tcp -m tcp --dport 33060 -j DROP',
      ],
      ip6tables: ['-P INPUT DROP'],
    },
  };

  test('the difference names hosts, port and allowed addresses; the before-image has the rules of that port', async () => {
    const fake = new FakeHosts(ruled, {name: 'db2'});
    expect(await closePort.check(lookAt(fake.session.reader, input))).toEqual({
      kind: 'pending',
      before: {
        hosts: [
          {
            host: 'db1',
            rules: {
              iptables: ['-A INPUT -p tcp -m multiport --dports 22,3306 -j f2b'],
              ip6tables: [],
            },
          },
          {host: 'db2', rules: {iptables: [], ip6tables: null}},
        ],
      },
      differences: [
        {
          what: 'port 3306 on db1',
          is: 'not closed by this run (iptables, ip6tables)',
          shouldBe: 'closed except for 10.0.0.5 and 2001:DB8:0::5',
        },
        {
          what: 'port 3306 on db2',
          is: 'not closed by this run (iptables)',
          shouldBe: 'closed except for 10.0.0.5 and 2001:DB8:0::5',
        },
      ],
    });
  });

  test('each family has a chain of its own, and the reversal removes nothing else', async () => {
    const fake = new FakeHosts(ruled, {name: 'db2'});
    const start = fake.picture();
    const look = lookAt(fake.session.reader, input, true);
    const actions = await closePort.plan(look, {hosts: []});
    expect(actions.map(({does}) => does)).toEqual([
      'close port 3306 except for 10.0.0.5 and 2001:DB8:0::5 on db1 and db2',
    ]);
    await performAll(fake.session.writer, actions);
    expect(await fake.hosts[0]?.filterRules()).toEqual({
      iptables: [
        '-P INPUT ACCEPT',
        '-N f2b',
        `-N ${chain}`,
        `-A INPUT -p tcp -m tcp --dport 3306 -j ${chain}`,
        '-A INPUT -p tcp -m multiport --dports 22,3306 -j f2b',
        '-A INPUT -p tcp -m tcp --dport 33060 -j DROP',
        `-A ${chain} -s 10.0.0.5/32 -j RETURN`,
        `-A ${chain} -p tcp -j REJECT --reject-with tcp-reset`,
      ],
      ip6tables: [
        '-P INPUT DROP',
        `-N ${chain}`,
        `-A INPUT -p tcp -m tcp --dport 3306 -j ${chain}`,
        `-A ${chain} -s 2001:db8::5/128 -j RETURN`,
        `-A ${chain} -p tcp -j REJECT --reject-with tcp-reset`,
      ],
    });
    const reversal = await closePort.reverse(look, {hosts: []});
    expect('kind' in reversal ? reversal : reversal.map(({does}) => does)).toEqual([
      'reopen port 3306 on db1 and db2',
    ]);
    await performAll(fake.session.writer, 'kind' in reversal ? [] : reversal);
    expect(fake.picture()).toEqual(start);
  });

  test("an earlier run's chain is not adopted", async () => {
    const fake = new FakeHosts({name: 'db1', rules: {iptables: ['-N switcharoo-3306-0badcafe']}});
    expect(await closePort.check(lookAt(fake.session.reader, input))).toEqual({
      kind: 'blocked',
      reason:
        'Port 3306 on db1 is already closed by the chain switcharoo-3306-0badcafe of an earlier run.',
      hint: 'Reverse that run. If it left nothing else, remove the chain and its rule in INPUT by hand.',
    });
  });

  test('the name of a chain fits, also for the longest port', async () => {
    const fake = new FakeHosts({name: 'db1'});
    const look = lookAt(fake.session.reader, {port: 65_535, allowFrom: []}, true);
    await performAll(fake.session.writer, await closePort.plan(look, {hosts: []}));
    const names = ((await fake.hosts[0]?.filterRules())?.iptables ?? [])
      .filter((rule) => rule.startsWith('-N '))
      .map((rule) => rule.slice(3));
    expect(names.map((name) => name.length <= 28)).toEqual([true]);
  });
});

describe('on a lab host', () => {
  let lab: LabWorld;
  let db1: LabHost;
  let echo: Server;

  beforeEach(async () => {
    echo = createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(
      0,
      '127.0.0.1',
    );
    await once(echo, 'listening');
    const to = {address: '127.0.0.1', port: (echo.address() as AddressInfo).port}; // A TCP server has an AddressInfo.
    lab = await startLabWorld({name: 'db1', ports: [{port: 0, to}]});
    [db1] = lab.tried.hosts as [LabHost]; // One was asked for.
  });
  afterEach(async () => {
    await lab.stop();
    echo.close();
  });

  test('open connections are reset, new ones refused, allowed ones kept; after the reversal the port is open', async () => {
    const [application, replica] = ['127.8.8.1', '127.8.8.2'];
    const look = lookAt(lab.session.reader, {port: db1.ports[0] ?? 0, allowFrom: [replica]}, true);
    const [standing, kept] = [await reached(application), await reached(replica)];
    const reset = once(standing, 'error');
    await performAll(lab.session.writer, await closePort.plan(look, {hosts: []}));
    expect((await reset)[0]).toMatchObject({code: 'ECONNRESET'});
    await expect(reached(application)).rejects.toMatchObject({code: 'ECONNRESET'});
    kept.write('still here');
    expect(String((await once(kept, 'data'))[0])).toBe('still here');
    expect(await closePort.check(look)).toEqual({kind: 'done', output: {}});

    const reversal = await closePort.reverse(look, {hosts: []});
    await performAll(lab.session.writer, 'kind' in reversal ? [] : reversal);
    for (const socket of [kept, await reached(application)]) {
      socket.destroy();
    }
  });

  test('a rule that someone put before it is a difference, and the jump returns to the first place', async () => {
    // This makes the host one with IPv6.
    await mkdir(join(db1.root, 'proc/net'), {recursive: true});
    await writeFile(join(db1.root, 'proc/net/if_inet6'), '');
    const look = lookAt(
      lab.session.reader,
      {port: 3306, allowFrom: ['10.0.0.5', '2001:db8::5']},
      true,
    );
    await performAll(lab.session.writer, await closePort.plan(look, {hosts: []}));
    const closed = db1.rules();
    await lab.tried.ssh(db1, 'iptables -I INPUT -s 10.9.9.9 -j ACCEPT');
    expect(await closePort.check(look)).toMatchObject({
      kind: 'pending',
      differences: [{is: 'not closed by this run (iptables)'}],
    });
    await performAll(lab.session.writer, await closePort.plan(look, {hosts: []}));
    await lab.tried.ssh(db1, 'iptables -D INPUT -s 10.9.9.9 -j ACCEPT');
    expect(db1.rules()).toEqual(closed);
    expect((await lab.tried.ssh(db1, `ip6tables -S ${chain}`)).stdout).toBe(
      `-N ${chain}\n-A ${chain} -s 2001:db8::5/128 -j RETURN\n-A ${chain} -p tcp -j REJECT --reject-with tcp-reset\n`,
    );
  });

  /** A connection through the port that has answered once. */
  async function reached(localAddress: string): Promise<Socket> {
    const socket = connect({host: db1.address, port: db1.ports[0] ?? 0, localAddress});
    const failed = once(socket, 'error').then(([problem]) => {
      throw problem;
    });
    failed.catch(() => {});
    socket.write('hello');
    await Promise.race([once(socket, 'data'), failed]);
    return socket;
  }
});
