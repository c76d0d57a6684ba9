import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {Look, Session} from '../../../src/index.ts';
import type {RedisReader} from '../../../steps/redis/contract.ts';
import {queuesDrained} from '../../../steps/redis/queues-drained.ts';
import {FakeRedis} from './fake-redis.ts';
import {hasRedis, type RealRedis, startRedis} from './real-redis.ts';

const {signal} = new AbortController();
const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds));

const check = (redis: RedisReader, queues: readonly string[], seconds = 0, bookmark?: unknown) => {
  const look: Look<any, any> = {
    input: queuesDrained.input.parse({queues}),
    targets: {redis},
    run: {id: 'r-1', entry: 'queues', started: false, bookmark},
    now: at(seconds),
    signal,
  };
  return queuesDrained.check(look);
};

const jobs = (value: string) => new FakeRedis('old', {keys: {jobs: {value, type: 'list'}}});

test('it waits as long as messages get fewer, and says when they do not', async () => {
  const lowest = {lowest: 3, sinceUtc: at(0).toISOString(), seen: ['jobs']};
  expect(await check(jobs('abc'), ['jobs'])).toEqual({
    kind: 'waiting',
    progress: 'jobs: 3 waiting',
    bookmark: lowest,
  });
  expect(await check(jobs('ab'), ['jobs'], 50, lowest)).toMatchObject({
    bookmark: {lowest: 2, sinceUtc: at(50).toISOString()},
  });
  expect(await check(jobs('abc'), ['jobs'], 59, lowest)).toEqual({
    kind: 'waiting',
    progress: 'jobs: 3 waiting',
  });
  expect(await check(jobs('abc'), ['jobs'], 60, lowest)).toMatchObject({
    reason: 'The queues of old have not shrunk for 60 s (jobs: 3 waiting).',
    hint: 'Check that the consumers run, and read their logs. Move a message that always fails out of the queue by hand. Then retry.',
  });
  expect(await check(jobs('abcd'), ['jobs'], 60, lowest)).toMatchObject({
    reason: 'The queues of old have not shrunk for 60 s (jobs: 4 waiting; the lowest total was 3).',
    hint: 'Stop what still adds messages (redis-cli CLIENT LIST shows clients). Then retry.',
  });
  expect(await check(new FakeRedis('old'), ['jobs'], 70, lowest)).toEqual({
    kind: 'done',
    output: {queues: ['jobs']},
  });
});

test('a queue that never had a message may have another name, and a text is no queue', async () => {
  expect(await check(new FakeRedis('old'), ['jbos'])).toMatchObject({
    kind: 'done',
    remarks: ['old has no key jbos: the queue is empty, or its name is wrong.'],
  });
  const text = new FakeRedis('old', {keys: {jobs: {value: 'x'}}});
  expect(await check(text, ['jobs'])).toMatchObject({
    kind: 'blocked',
    reason: 'jobs (string) of old is not a queue.',
  });
});

describe.skipIf(!hasRedis)('on redis-server', () => {
  let redis: RealRedis;
  let session: Session<RedisReader, RedisReader>;
  beforeAll(async () => {
    redis = await startRedis();
    session = await redis.session('old');
  });
  afterAll(async () => {
    await session.close();
    await redis.stop();
  });

  test('lists, sets and streams count what waits, and what is not acknowledged', async () => {
    await redis.ask(
      ['RPUSH', 'list', 'a', 'b'],
      ['ZADD', 'later', '5', 'a'],
      ['XADD', 'plain', '*', 'f', 'v'],
      ['XADD', 'events', '1-1', 'f', 'v'],
      ['XADD', 'events', '1-2', 'f', 'v'],
      ['XADD', 'events', '1-3', 'f', 'v'],
      ['XGROUP', 'CREATE', 'events', 'mail', '0'],
      ['XREADGROUP', 'GROUP', 'mail', 'w', 'COUNT', '1', 'STREAMS', 'events', '>'],
    );
    const names = ['list', 'later', 'plain', 'events', 'none'];
    expect(await check(session.reader, names)).toMatchObject({
      progress:
        'list: 2 waiting; later: 1 waiting; plain: 1 waiting; events: 2 waiting, 1 not acknowledged',
    });
    await redis.ask(
      ['DEL', 'list', 'later', 'plain'],
      ['XREADGROUP', 'GROUP', 'mail', 'w', 'STREAMS', 'events', '>'],
      ['XACK', 'events', 'mail', '1-1', '1-2'],
    );
    expect(await check(session.reader, ['list', 'events'])).toMatchObject({
      progress: 'events: 0 waiting, 1 not acknowledged',
    });
    await redis.ask(['XACK', 'events', 'mail', '1-3']);
    // Its entries are still there.
    expect(await redis.ask(['XLEN', 'events'])).toEqual([3]);
    expect(await check(session.reader, ['events'])).toEqual({
      kind: 'done',
      output: {queues: ['events']},
    });
  });

  test('a long stream is counted to its end, also where the server does not know how far a group is', async () => {
    const ids = Array.from({length: 2_500}, (_, at) => `1-${at + 1}`);
    await redis.ask(
      ...ids.map((id) => ['XADD', 'long', id, 'f', 'v']),
      ['XGROUP', 'CREATE', 'long', 'mail', '0'],
      ['XREADGROUP', 'GROUP', 'mail', 'w', 'COUNT', '100', 'STREAMS', 'long', '>'],
      ['XACK', 'long', 'mail', ...ids.slice(0, 100)],
    );
    expect(await check(session.reader, ['long'])).toMatchObject({progress: 'long: 2400 waiting'});
    await redis.ask(['XDEL', 'long', '1-2000']);
    expect(await check(session.reader, ['long'])).toMatchObject({progress: 'long: 2399 waiting'});
  });
});
