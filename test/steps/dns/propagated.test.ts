import {createSocket} from 'node:dgram';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {propagated} from '../../../steps/dns/propagated.ts';
import {dnsView} from '../../../steps/dns/target.ts';
import {type DnsWorld, startDnsWorld, startedAtMs, startSilent, text, www} from './world.ts';

let world: DnsWorld;
beforeEach(async () => {
  world = await startDnsWorld();
});
afterEach(() => world.end());

const input = {name: 'www.shop.test', type: 'A', values: ['10.0.0.2', '10.0.0.1']};
const swapped = www(60, '10.0.0.1', '10.0.0.2');
const old = www(60, '127.0.0.11');
const check = () => world.check(propagated, input);

describe('dns.propagated', () => {
  test('is open when every server and every resolver answers exactly the new values, in any order', async () => {
    world.records = [swapped, swapped];
    expect(await check()).toEqual({kind: 'done', output: {}});
  });

  test('waits for each server that still answers the old values, and says how long they may be cached', async () => {
    world.records = [old, old];
    await check();
    world.records = [swapped, old];
    world.nowMs += 18_000;
    expect(await check()).toEqual({
      kind: 'waiting',
      progress:
        '1 of 3 servers answer 10.0.0.1, 10.0.0.2 for www.shop.test.; ' +
        `authoritative server ${text(world.second)} still answers 127.0.0.11, with a TTL of 60 s; ` +
        `resolver ${text(world.resolver)} still answers 127.0.0.11, until 2026-11-21 02:01:00 UTC at most`,
    });
    world.records = [swapped, swapped];
    world.nowMs += 42_000;
    expect(await check()).toEqual({kind: 'done', output: {}});
  });

  test('waits while a value is missing, or there is one too many', async () => {
    world.records = [www(60, '10.0.0.1'), www(60, '10.0.0.1', '10.0.0.2', '10.0.0.3')];
    expect(await check()).toEqual({
      kind: 'waiting',
      progress:
        '0 of 3 servers answer 10.0.0.1, 10.0.0.2 for www.shop.test.; ' +
        `authoritative server ${text(world.first)} still answers 10.0.0.1, with a TTL of 60 s; ` +
        `authoritative server ${text(world.second)} still answers 10.0.0.1, 10.0.0.2, 10.0.0.3, with a TTL of 60 s; ` +
        `resolver ${text(world.resolver)} still answers 10.0.0.1, until 2026-11-21 02:01:00 UTC at most`,
    });
  });

  test('says how long a resolver caches that there was no such name', async () => {
    await check();
    world.records = [swapped, swapped];
    world.nowMs += 100_000;
    expect(await check()).toEqual({
      kind: 'waiting',
      progress:
        '2 of 3 servers answer 10.0.0.1, 10.0.0.2 for www.shop.test.; ' +
        `resolver ${text(world.resolver)} still answers NXDOMAIN, until 2026-11-21 02:15:00 UTC at most`,
    });
  });

  test('compares names and texts as DNS does: case, dots and quotes aside', async () => {
    const records = [
      {name: 'shop.test.', type: 'MX', ttl: 60, values: ['10 Mail.Shop.test']},
      {name: '\\052.shop.test.', type: 'CNAME', ttl: 60, values: ['WWW.shop.test.']},
      {name: 'shop.test.', type: 'TXT', ttl: 60, values: ['"v=spf1 -all"']},
      {name: 'six.shop.test.', type: 'AAAA', ttl: 60, values: ['2001:DB8:0:0::1']},
    ];
    world.records = [records, records];
    const kinds = await Promise.all(
      [
        {name: 'shop.test', type: 'MX', values: ['10 mail.shop.test.']},
        {name: 'any.shop.test', type: 'CNAME', values: ['www.SHOP.test']},
        {name: 'SHOP.test.', type: 'txt', values: ['"v=spf1 -all"']},
        {name: 'six.shop.test', type: 'AAAA', values: ['2001:db8::1']},
      ].map(async (asked) => (await world.check(propagated, asked)).kind),
    );
    expect(kinds).toEqual(['done', 'done', 'done', 'done']);
  });

  test('names a server that does not answer', async () => {
    world.records = [swapped, swapped];
    await world.second.stop();
    expect(await check()).toEqual({
      kind: 'waiting',
      progress:
        '2 of 3 servers answer 10.0.0.1, 10.0.0.2 for www.shop.test.; ' +
        `authoritative server ${text(world.second)} does not answer (connect ECONNREFUSED ${text(world.second)})`,
    });
  });

  test('a server that answers over UDP alone is waited for, unless the runbook asks over UDP alone', async () => {
    world.records = [swapped, swapped];
    const udpOnly = createSocket('udp4');
    const onlyUdp = await new Promise<string>((ready) => {
      udpOnly.bind(0, '127.0.0.1', () => ready(`127.0.0.1:${udpOnly.address().port}`));
    });
    const first = text(world.first);
    udpOnly.on('message', async (message, {port}) => {
      const reply = await passedOn(message, first);
      udpOnly.send(reply, port, '127.0.0.1');
    });
    world.others.authoritative.push(onlyUdp);
    expect(await check()).toEqual({
      kind: 'waiting',
      progress:
        '3 of 4 servers answer 10.0.0.1, 10.0.0.2 for www.shop.test.; ' +
        `authoritative server ${onlyUdp} over TCP does not answer (connect ECONNREFUSED ${onlyUdp})`,
    });
    expect(await world.check(propagated, {...input, over: ['udp']})).toEqual({
      kind: 'done',
      output: {},
    });
    udpOnly.close();
  });

  test('says when the last resolver expires the old values, and when other caches do', async () => {
    const {resolver: another, stop} = await world.anotherResolver();
    world.records = [old, old];
    await check();
    world.nowMs += 20_000;
    world.records = [swapped, swapped];
    const {progress} = (await world.check(propagated, {
      ...input,
      since: new Date(startedAtMs),
      oldTtlSeconds: 300,
    })) as {progress: string};
    expect(progress).toBe(
      '2 of 4 servers answer 10.0.0.1, 10.0.0.2 for www.shop.test.; ' +
        `resolver ${text(world.resolver)} still answers 127.0.0.11, until 2026-11-21 02:01:00 UTC at most; ` +
        `resolver ${text(another)} still answers 127.0.0.11, until 2026-11-21 02:01:00 UTC at most; ` +
        'the last of them expires it at 2026-11-21 02:01:00 UTC at most; ' +
        'other caches expire it at 2026-11-21 02:05:00 UTC at most',
    );
    await stop();
  });

  test('an alias has propagated when each answer is among the present addresses of what it leads to', async () => {
    const balancer = 'dualstack.lb.shop.test';
    const at = (name: string, type: string, ...values: readonly string[]) => ({
      ...{name: `${name}.`, type, ttl: 60},
      values,
    });
    const now = (lb: readonly string[], ...led: readonly string[]) => {
      const all = [
        ...[at('www.shop.test', 'A', ...led), at('shop.test', 'A', ...led)],
        ...[at(balancer, 'A', ...lb), at('api.shop.test', 'CNAME', 'old.shop.test.')],
      ];
      world.records = [all, all];
    };
    const asked = {
      records: [
        {name: 'www.shop.test', sameAs: balancer},
        {name: 'shop.test', sameAs: balancer},
        {name: 'shop.test', type: 'AAAA', sameAs: balancer},
        {name: 'www.shop.test', type: 'HTTPS', absent: true},
        {name: 'web.shop.test', type: 'CNAME', absent: true},
      ],
    };
    // A resolver may have got some of several addresses.
    now(['10.0.0.1', '10.0.0.2', '10.0.0.3'], '10.0.0.2', '10.0.0.1');
    expect(await world.check(propagated, asked)).toEqual({kind: 'done', output: {}});

    // The load balancer moves, and its name and the alias with it.
    now(['10.0.9.1'], '10.0.9.1');
    world.nowMs += 61_000;
    expect(await world.check(propagated, asked)).toEqual({kind: 'done', output: {}});

    now(['10.0.9.1'], '127.0.0.11');
    world.nowMs += 61_000;
    expect(await world.check(propagated, asked)).toEqual({
      kind: 'waiting',
      progress: ['www.shop.test.', 'shop.test.']
        .map(
          (name) =>
            `0 of 3 servers answer what ${balancer}. has (10.0.9.1) for ${name} A; ` +
            `authoritative server ${text(world.first)} still answers 127.0.0.11, with a TTL of 60 s; ` +
            `authoritative server ${text(world.second)} still answers 127.0.0.11, with a TTL of 60 s; ` +
            `resolver ${text(world.resolver)} still answers 127.0.0.11, until 2026-11-21 02:03:02 UTC at most`,
        )
        .join('; '),
    });
    expect(
      await world.check(propagated, {name: 'api.shop.test', type: 'CNAME', absent: true}),
    ).toMatchObject({
      progress: expect.stringMatching(
        /^0 of 3 servers answer no such record for api\.shop\.test\./,
      ),
    });

    now([], '10.0.9.1');
    world.nowMs += 1_000_000;
    expect(await world.check(propagated, asked)).toEqual({
      kind: 'waiting',
      progress: `the resolvers have no A records of ${balancer}.: NOERROR; the resolvers have no A records of ${balancer}.: NOERROR`,
    });
  });

  test('an alias needs a resolver that knows the zone of the load balancer', async () => {
    const config = {authoritative: [text(world.first)]};
    const {signal} = new AbortController();
    const session = await dnsView.open(dnsView.config.parse(config), {name: 'dns', signal});
    expect(
      await propagated.check({
        input: propagated.input.parse({name: 'www.shop.test', sameAs: 'lb.elb.amazonaws.com'}),
        targets: {dns: session.reader},
        run: {id: 'r', entry: 'e', started: false},
        now: new Date(),
        signal,
      }),
    ).toEqual({
      kind: 'blocked',
      reason: 'dns has no resolver, so the addresses of lb.elb.amazonaws.com cannot be looked up.',
      hint: 'Add the resolvers that your clients use to "resolvers" of the dns target in the inventory.',
    });
  });

  test.each([
    [{name: 'www.shop.test'}, 'give one of values, oneOf, sameAs and absent'],
    [{name: 'www.shop.test', sameAs: 'lb', absent: true}, 'give one of'],
    [{records: [{name: 'www.shop.test'}]}, 'give one of'],
    [{values: ['10.0.0.1']}, 'give either name or records'],
    [{...input, records: [input]}, 'give either name or records'],
  ])('refuses %j', (given, message) => {
    expect(propagated.input.safeParse(given).error?.message).toContain(message);
  });

  test('a weighted record has propagated when each answer is one of its sides', async () => {
    world.records = [www(60, '10.0.0.9'), www(60, '10.0.0.1', '10.0.0.2')];
    const sides = {name: 'www.shop.test', oneOf: [['10.0.0.9'], ['10.0.0.2', '10.0.0.1']]};
    expect(await world.check(propagated, sides)).toEqual({kind: 'done', output: {}});
    world.records = [old, old];
    expect(await world.check(propagated, sides)).toMatchObject({
      progress: expect.stringMatching(
        /^1 of 3 servers answer 10\.0\.0\.9 or 10\.0\.0\.1, 10\.0\.0\.2 for www\.shop\.test\./,
      ),
    });
  });

  test('is blocked by a server that does not hold the zone, and by one that refuses', async () => {
    world.records = [swapped, swapped];
    world.others.authoritative.push(text(world.resolver));
    expect(await check()).toEqual({
      kind: 'blocked',
      reason: `The authoritative server ${text(world.resolver)} answers without authority (AA) for www.shop.test.`,
      hint: 'Correct the list of authoritative servers of the dns target in the inventory, or the name.',
    });
    expect(await world.check(propagated, {...input, name: 'www.elsewhere.test'})).toMatchObject({
      kind: 'blocked',
      reason: `The authoritative server ${text(world.first)} answers REFUSED to questions for www.elsewhere.test.`,
    });
  });

  test('an aborted look ends at once, also while a server is silent', async () => {
    const silent = await startSilent();
    world.others.resolvers.push(text(silent));
    const stopping = new AbortController();
    const look = world.check(propagated, input, stopping.signal);
    setImmediate(() => stopping.abort(new Error('stopped')));
    await expect(look).rejects.toThrow('stopped');
    await silent.stop();
  });
});

/** The reply of another server to this query, over UDP. */
function passedOn(query: Buffer, server: string): Promise<Buffer> {
  const socket = createSocket('udp4');
  const replied = new Promise<Buffer>((resolve) => socket.on('message', resolve));
  socket.send(query, Number(server.split(':')[1]), '127.0.0.1');
  return replied.finally(() => socket.close());
}
