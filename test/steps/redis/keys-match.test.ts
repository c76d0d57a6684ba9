import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {Look, Session} from '../../../src/index.ts';
import type {RedisReader} from '../../../steps/redis/contract.ts';
import {keysMatch} from '../../../steps/redis/keys-match.ts';
import {keyText} from '../../../steps/redis/server/key-text.ts';
import {type FakeKey, FakeRedis} from './fake-redis.ts';
import {hasRedis, type RealRedis, startRedis} from './real-redis.ts';

const {signal} = new AbortController();
const inAnHour = Date.now() + 3_600_000;

interface Readers extends Readonly<Record<string, RedisReader>> {
  readonly source: RedisReader;
  readonly target: RedisReader;
}

const check = (targets: Readers, input: object = {}) => {
  const look: Look<any, any> = {
    input: keysMatch.input.parse(input),
    targets,
    run: {id: 'r-1', entry: 'match', started: false},
    now: new Date(),
    signal,
  };
  return keysMatch.check(look);
};

const some: Readonly<Record<string, FakeKey>> = {
  a: {value: '1'},
  b: {value: '2', expiresAtMs: inAnHour},
  c: {value: 'xyz', type: 'list'},
};
const sides = (old: Readonly<Record<string, FakeKey>>, fresh = some, rdb = 10) => ({
  source: new FakeRedis('old', {keys: old}),
  target: new FakeRedis('cache1', {keys: fresh, rdb}),
});

test('equal keys are told with what was compared, also where the payloads are of two versions', async () => {
  const verdict = await check(sides(some, some, 11));
  expect(verdict).toEqual({kind: 'done', output: {keys: 3, compared: 3, expired: 0}});
  expect(keysMatch.evidence?.({keys: 3, compared: 3, expired: 0})).toEqual([
    'Both Redis databases have the same 3 keys, with the same types and expiries; the content of all of them is the same.',
  ]);
});

test('a sample compares the names of all, and says of how many it has not compared the content', async () => {
  const verdict = await check(sides(some), {sample: 2});
  expect(verdict).toMatchObject({
    output: {keys: 3, compared: 2},
    remarks: ['The content of 1 key was not compared: the input "sample" limits it.'],
  });
  expect(keysMatch.evidence?.({keys: 3, compared: 2, expired: 0})).toEqual([
    'Both Redis databases have the same 3 keys, with the same types and expiries; the content of 2 keys is the same.',
  ]);
  const without = sides(some, {a: {value: '1'}, b: {value: '2', expiresAtMs: inAnHour}});
  expect(await check(without, {sample: 1})).toMatchObject({kind: 'blocked'});
});

test('each kind of difference is named with its count and its keys', async () => {
  const verdict = await check(
    sides(
      {...some, d: {value: '4'}, e: {value: '5'}, f: {value: '6', expiresAtMs: inAnHour}},
      {
        ...some,
        a: {value: 'other'},
        'e ä': {value: '5'},
        e: {value: '5', type: 'hash'},
        f: {value: '6', expiresAtMs: inAnHour + 3_000},
      },
    ),
  );
  expect(verdict).toEqual({
    kind: 'blocked',
    reason:
      'cache1 (database 0) differs from old (database 0). 1 key missing in cache1 (database 0): d; 1 key only in cache1 (database 0): e \\xe4; 1 key with a different type: e; 1 key with a different expiry: f; 1 key with different content: a.',
    hint: 'Stop the clients that still write to one of them (redis-cli CLIENT LIST shows them). Then reverse to the checkpoint before redis.copy-keys, and run again.',
  });
});

test('dropped keys are compared on neither side', async () => {
  const targets = sides({...some, 's:1': {value: 'x'}}, {...some, 's:2': {value: 'y'}});
  expect(await check(targets, {drop: ['s:']})).toMatchObject({kind: 'done', output: {keys: 3}});
});

test('a key that expires while it is compared is neither equal nor a difference', async () => {
  const targets = sides({...some, d: {value: '4', expiresAtMs: Date.now() + 500}});
  expect(await check(targets)).toEqual({
    kind: 'done',
    output: {keys: 3, compared: 3, expired: 1},
    remarks: ['1 key expired during the comparison, and could not be compared.'],
  });
});

test('a key that has expired by the clock of the old side alone is no difference', async () => {
  const targets = sides(some, {...some, d: {value: '4', expiresAtMs: Date.now() + 1_500}});
  expect(await check(targets)).toMatchObject({kind: 'done', output: {keys: 3, expired: 1}});
});

test('the id of a session is in no text', () => {
  const text = (key: string) => keyText(Buffer.from(key));
  expect(text('session:3f2a9c0b7d1e4f55')).toBe('session:3f2a9c…');
  expect(text('3f2a9c0b7d1e4f55aa')).toBe('3f2a9c…');
  expect(text('cart:42')).toBe('cart:42');
});

test('two empty databases are not told as a proof', async () => {
  expect(await check(sides({}, {}))).toMatchObject({
    kind: 'done',
    remarks: ['old (database 0) and cache1 (database 0) have no keys to compare.'],
  });
});

describe.skipIf(!hasRedis)('on redis-server', () => {
  let old: RealRedis;
  let fresh: RealRedis;
  let sessions: Session<RedisReader, RedisReader>[];
  let targets: Readers;
  beforeAll(async () => {
    // They store small hashes and sets in another way, as two versions may.
    [old, fresh] = await Promise.all([
      startRedis('--hash-max-listpack-entries', '0', '--zset-max-listpack-entries', '0'),
      startRedis('--list-max-listpack-size', '2', '--set-max-intset-entries', '0'),
    ]);
    sessions = [await old.session('old'), await fresh.session('cache1')];
    const [source, target] = sessions.map(({reader}) => reader);
    if (!source || !target) {
      throw new Error('not open');
    }
    targets = {source, target};
  });
  afterAll(async () => {
    await Promise.all(sessions.map((session) => session.close()));
    await Promise.all([old.stop(), fresh.stop()]);
  });

  const contents = [
    {type: 'string', write: [['SET', 'k', 'a']], change: ['APPEND', 'k', 'b']},
    {type: 'list', write: [['RPUSH', 'k', 'a', 'b', 'c', 'd']], change: ['LSET', 'k', '3', 'a']},
    {type: 'set', write: [['SADD', 'k', '1', '2', '3']], change: ['SREM', 'k', '2']},
    {type: 'hash', write: [['HSET', 'k', 'a', '1', 'b', '2']], change: ['HSET', 'k', 'a', '2']},
    {
      type: 'zset',
      write: [['ZADD', 'k', '3.3', 'a', '-inf', 'b', 'inf', 'c']],
      change: ['ZADD', 'k', 'inf', 'b'],
    },
    {
      type: 'stream',
      write: [
        ['XADD', 'k', '5-1', 'f', 'v'],
        ['XGROUP', 'CREATE', 'k', 'workers', '0'],
      ],
      change: ['XREADGROUP', 'GROUP', 'workers', 'w', 'STREAMS', 'k', '>'],
    },
  ];

  test.each(contents)(
    'a $type is compared by its content, however it is stored',
    async ({write, change}) => {
      await Promise.all(
        [old, fresh].map((server) => server.ask(['FLUSHALL'], ...write, ['SET', 'j', '1'])),
      );
      expect(await check(targets)).toMatchObject({kind: 'done', output: {keys: 2, compared: 2}});
      await fresh.ask(change);
      expect(await check(targets)).toMatchObject({
        kind: 'blocked',
        reason:
          'cache1 (database 0) differs from old (database 0). 1 key with different content: k.',
      });
    },
  );
});
