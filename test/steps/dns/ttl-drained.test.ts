import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {serveDns} from '../../../lab/dns/server.ts';
import {ttlDrained} from '../../../steps/dns/ttl-drained.ts';
import {type DnsWorld, startDnsWorld, startedAtMs, text, www} from './world.ts';

let world: DnsWorld;
beforeEach(async () => {
  world = await startDnsWorld();
});
afterEach(() => world.end());

const input = {
  name: 'www.shop.test',
  type: 'A',
  since: '2026-11-21T02:00:00.000Z',
  ttlSeconds: 3_600,
  lowTtlSeconds: 60,
  marginSeconds: 60,
};
const check = (more: object = {}) => world.check(ttlDrained, {...input, ...more});
const at = (secondsAfter: number) => {
  world.nowMs = startedAtMs + secondsAfter * 1_000;
};
const serve = (ttl: number) => {
  world.records = [www(ttl, '127.0.0.11'), www(ttl, '127.0.0.11')];
};

const open = {kind: 'done', output: {cachedSeconds: 60}};

describe('dns.ttl-drained', () => {
  test('waits until the old TTL is over, counted from when it was lowered, and says until when', async () => {
    serve(60);
    at(0);
    expect(await check()).toEqual({
      kind: 'waiting',
      progress:
        'www.shop.test. A: 1 h 1 min until 2026-11-21 03:01:00 UTC, when the old TTL of 1 h is over',
    });
    at(3_655.5);
    expect(await check()).toEqual({
      kind: 'waiting',
      progress:
        'www.shop.test. A: 5 s until 2026-11-21 03:01:00 UTC, when the old TTL of 1 h is over',
    });
    at(3_660);
    expect(await check()).toEqual(open);
  });

  test('waits for several records, each with its own TTLs; an alias has 60 s that nobody can lower', async () => {
    const alias = {name: 'shop.test.', type: 'A', ttl: 60, values: ['127.0.0.100']};
    const all = [...www(5, '127.0.0.11'), alias];
    world.records = [all, all];
    const given = {
      since: input.since,
      marginSeconds: 60,
      records: [
        {name: 'www.shop.test', type: 'A', ttlSeconds: 3_600, lowTtlSeconds: 5},
        {name: 'shop.test', type: 'A', ttlSeconds: 60, lowTtlSeconds: 60},
      ],
    };
    at(0);
    expect(await world.check(ttlDrained, given)).toEqual({
      kind: 'waiting',
      progress:
        'www.shop.test. A: 1 h 1 min until 2026-11-21 03:01:00 UTC, when the old TTL of 1 h is over; ' +
        'shop.test. A: 2 min until 2026-11-21 02:02:00 UTC, when the old TTL of 1 min is over',
    });
    at(3_660);
    expect(await world.check(ttlDrained, given)).toEqual(open);
    expect(
      await world.check(ttlDrained, {
        ...given,
        records: undefined,
        ttlSeconds: 1,
        name: 'shop.test',
        lowTtlSeconds: 5,
      }),
    ).toMatchObject({kind: 'blocked'});
    expect(
      ttlDrained.input.safeParse({since: input.since, ttlSeconds: 60}).error?.message,
    ).toContain('give either name or records');
  });

  test('counts from the same moment however it is written, and without a lowered TTL from what is served', async () => {
    serve(60);
    at(3_659);
    const still = {
      kind: 'waiting',
      progress: expect.stringContaining('1 s until 2026-11-21 03:01:00 UTC'),
    };
    expect(await check({since: new Date(startedAtMs)})).toEqual(still);
    expect(await check({since: '2026-11-21T03:00:00+01:00'})).toEqual(still);
    at(3_660);
    expect(await check({lowTtlSeconds: undefined})).toEqual(open);
  });

  test('waits longer when a resolver still shows more than the lowered TTL', async () => {
    serve(3_600);
    at(3_000);
    await check({since: '2026-11-21T02:50:00Z'});
    serve(60);
    at(3_660);
    expect(await check()).toEqual({
      kind: 'waiting',
      progress: `www.shop.test. A: resolver ${text(world.resolver)} has 49 min, more than the lowered 1 min: it got the long TTL later, or it raises TTLs itself (clampSeconds is 300)`,
    });
    at(3_660 + 2_940);
    expect(await check()).toEqual(open);
  });

  test('tolerates a server that is slow to publish the lowered TTL, and is blocked by one that raised it again', async () => {
    world.records = [www(60, '127.0.0.11'), www(3_600, '127.0.0.11')];
    at(10);
    expect(await check()).toEqual({
      kind: 'waiting',
      progress:
        'www.shop.test. A: 1 h 50 s until 2026-11-21 03:01:00 UTC, when the old TTL of 1 h is over; ' +
        `authoritative server ${text(world.second)} has 1 h, more than the lowered 1 min`,
    });
    at(3_660);
    expect(await check()).toEqual({
      kind: 'blocked',
      reason: `${text(world.second)} serves www.shop.test. A with a TTL of 3600 s, more than the lowered 60 s: caches hold it that long again.`,
      hint: `Lower the TTL again (it shows in: dig @127.0.0.1 -p ${world.second.port} www.shop.test. A), then start the wait again: the time since 2026-11-21 02:00:00 UTC does not count.`,
    });
  });

  test('stays closed without an answer, and for a name that does not exist', async () => {
    serve(60);
    at(3_660);
    await world.resolver.stop();
    expect(await check()).toEqual({
      kind: 'waiting',
      progress: `www.shop.test. A: resolver ${text(world.resolver)} does not answer (connect ECONNREFUSED ${text(world.resolver)})`,
    });
    const {progress} = (await check({name: 'gone.shop.test'})) as {progress: string};
    expect(progress).toContain(
      `authoritative server ${text(world.first)} has no such record (NXDOMAIN)`,
    );
  });

  test('tolerates a resolver that raises TTLs a little, and outputs how long it may hold the old addresses', async () => {
    serve(60);
    world.resolver.faults.minimumTtlSeconds = 240;
    at(3_659);
    expect(await check()).toMatchObject({
      progress: expect.stringContaining(
        `resolver ${text(world.resolver)} has 4 min, more than the lowered 1 min`,
      ),
    });
    at(3_660);
    expect(await check()).toEqual({kind: 'done', output: {cachedSeconds: 300}});
    expect(await check({clampSeconds: 120})).toEqual({
      kind: 'waiting',
      progress: `www.shop.test. A: resolver ${text(world.resolver)} has 3 min 59 s, more than the lowered 1 min: it got the long TTL later, or it raises TTLs itself (clampSeconds is 120)`,
    });
  });

  test('a record that does not exist yet: waits until caches have expired that, by the SOA', async () => {
    serve(60);
    const six = {type: 'AAAA', absent: true, ttlSeconds: undefined, lowTtlSeconds: undefined};
    at(10);
    expect(await check(six)).toEqual({
      kind: 'waiting',
      progress:
        'www.shop.test. AAAA: 15 min 50 s until 2026-11-21 02:16:00 UTC, when caches have expired that there is no such record (15 min, from the SOA)',
    });
    at(960);
    expect(await check(six)).toEqual({kind: 'done', output: {cachedSeconds: 900}});
    const {progress} = (await check({...six, absent: false, ttlSeconds: 60})) as {progress: string};
    expect(progress).toContain('has no such record (NOERROR)');
  });

  test('a resolver that still knows that there was no record holds no old one, and is not waited for', async () => {
    serve(60);
    at(960);
    const six = {type: 'AAAA', ttlSeconds: 60, lowTtlSeconds: 60};
    // As a gate does that waits until a record is gone.
    await check({...six, absent: true, ttlSeconds: undefined, lowTtlSeconds: undefined});
    const added = {name: 'www.shop.test.', type: 'AAAA', ttl: 60, values: ['2001:db8::11']};
    world.records = [
      [...www(60, '127.0.0.11'), added],
      [...www(60, '127.0.0.11'), added],
    ];
    expect(await check(six)).toMatchObject({kind: 'done'});
  });

  test('a CNAME in the chain counts too: it is cached separately', async () => {
    const alias = {name: 'blog.shop.test.', type: 'CNAME', ttl: 3_600, values: ['www.shop.test.']};
    const records = [...www(60, '127.0.0.11'), alias];
    world.records = [records, records];
    at(3_660);
    expect(await check({name: 'blog.shop.test'})).toMatchObject({
      kind: 'blocked',
      reason: `${text(world.first)} serves blog.shop.test. CNAME with a TTL of 3600 s, more than the lowered 60 s: caches hold it that long again.`,
    });
  });

  test('after a move of the name servers: waits until no cache asks the old ones, by the TTLs of the zone and of its parent', async () => {
    serve(60);
    const delegation = {since: '2026-11-21T01:00:00.000Z'};
    at(3_660);
    expect(await check({delegation})).toEqual({
      kind: 'blocked',
      reason:
        'dns has no name servers of the parent domain: how long caches keep the delegation of 2026-11-21 01:00:00 UTC is unknown.',
      hint: 'Set parents of the dns target in the inventory, or delegation.ttlSeconds in the runbook.',
    });
    const above = await startParent(86_400);
    world.others.parents.push(text(above));
    // The zone's own NS records have the larger TTL: 172800 s, and then the old TTL of the record.
    expect(await check({delegation})).toEqual({
      kind: 'waiting',
      progress:
        'www.shop.test. A: 47 h until 2026-11-23 02:01:00 UTC, when no cache asks the old name servers (the delegation of 2026-11-21 01:00:00 UTC has a TTL of 48 h) and their last answers have expired',
    });
    await above.stop();
    expect(await check({delegation})).toMatchObject({
      progress: expect.stringContaining(
        `name server of the parent domain ${text(above)} does not answer (connect ECONNREFUSED ${text(above)})`,
      ),
    });
    expect(await check({delegation: {...delegation, ttlSeconds: 3_600}})).toEqual(open);
  });

  test('the TTL of the parent counts when it is the longer one', async () => {
    serve(60);
    const above = await startParent(604_800);
    world.others.parents.push(text(above));
    at(3_660);
    expect(await check({delegation: {since: '2026-11-21T01:00:00.000Z'}})).toMatchObject({
      progress: expect.stringContaining('until 2026-11-28 02:01:00 UTC'),
    });
    await above.stop();
  });

  test('is blocked by a list of servers that do not hold the zone', async () => {
    expect(await check({name: 'www.elsewhere.test'})).toMatchObject({
      kind: 'blocked',
      reason: `The authoritative server ${text(world.first)} answers REFUSED to questions for www.elsewhere.test.`,
    });
  });
});

/** A name server of the parent domain, which delegates to the servers of the zone. */
const startParent = (ttl: number) =>
  serveDns('127.0.0.1', async () => ({
    rcode: 'NOERROR',
    flags: 0,
    answers: [],
    authorities: [{name: 'shop.test', type: 'NS', ttl, data: 'ns1.lab.test'}],
  }));
