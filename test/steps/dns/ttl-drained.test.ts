import {afterEach, beforeEach, describe, expect, test} from 'vitest';
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

describe('dns.ttl-drained', () => {
  test('waits until the old TTL is over, counted from when it was lowered, and says until when', async () => {
    serve(60);
    at(0);
    expect(await check()).toEqual({
      kind: 'settling',
      progress:
        'www.shop.test. A: 1 h 1 min until 2026-11-21 03:01:00 UTC, when the old TTL of 1 h is over',
    });
    at(3_655.5);
    expect(await check()).toEqual({
      kind: 'settling',
      progress:
        'www.shop.test. A: 5 s until 2026-11-21 03:01:00 UTC, when the old TTL of 1 h is over',
    });
    at(3_660);
    expect(await check()).toEqual({kind: 'done', output: {}});
  });

  test('counts from the same moment however it is written, and without a lowered TTL from what is served', async () => {
    serve(60);
    at(3_659);
    const still = {
      kind: 'settling',
      progress: expect.stringContaining('1 s until 2026-11-21 03:01:00 UTC'),
    };
    expect(await check({since: new Date(startedAtMs)})).toEqual(still);
    expect(await check({since: '2026-11-21T03:00:00+01:00'})).toEqual(still);
    at(3_660);
    expect(await check({lowTtlSeconds: undefined})).toEqual({kind: 'done', output: {}});
  });

  test('waits longer when a resolver still shows more than the lowered TTL', async () => {
    serve(3_600);
    at(3_000);
    await check({since: '2026-11-21T02:50:00Z'});
    serve(60);
    at(3_660);
    expect(await check()).toEqual({
      kind: 'settling',
      progress: `www.shop.test. A: resolver ${text(world.resolver)} shows 49 min, more than the lowered 1 min`,
    });
    at(3_660 + 2_940);
    expect(await check()).toEqual({kind: 'done', output: {}});
  });

  test('bears with a server that is slow to publish the lowered TTL, and is blocked by one that raised it again', async () => {
    world.records = [www(60, '127.0.0.11'), www(3_600, '127.0.0.11')];
    at(10);
    expect(await check()).toEqual({
      kind: 'settling',
      progress:
        'www.shop.test. A: 1 h 50 s until 2026-11-21 03:01:00 UTC, when the old TTL of 1 h is over; ' +
        `authoritative server ${text(world.second)} shows 1 h, more than the lowered 1 min`,
    });
    at(3_660);
    expect(await check()).toEqual({
      kind: 'blocked',
      reason: `${text(world.second)} serves www.shop.test. A with a TTL of 3600 s, more than the lowered 60 s, so that caches fill with the long one again.`,
      hint: 'Find out who raised it, lower it again, and begin the wait anew: waiting from 2026-11-21 02:00:00 UTC would prove nothing.',
    });
  });

  test('does not open on silence, nor on a name that is not there', async () => {
    serve(60);
    at(3_660);
    await world.resolver.stop();
    expect(await check()).toEqual({
      kind: 'settling',
      progress: `www.shop.test. A: resolver ${text(world.resolver)} does not answer (connect ECONNREFUSED ${text(world.resolver)})`,
    });
    const {progress} = (await check({name: 'gone.shop.test'})) as {progress: string};
    expect(progress).toContain(
      `authoritative server ${text(world.first)} has no such record (NXDOMAIN)`,
    );
  });

  test('is blocked by a list of servers that do not hold the zone', async () => {
    expect(await check({name: 'www.elsewhere.test'})).toMatchObject({
      kind: 'blocked',
      reason: `The authoritative server ${text(world.first)} answers REFUSED to questions for www.elsewhere.test.`,
    });
  });
});
