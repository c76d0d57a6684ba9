import {lawsOfStep} from 'switcharoo/testing';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {Look, Session, SharedReads} from '../../../src/index.ts';
import type {RedisReader, RedisWriter} from '../../../steps/redis/contract.ts';
import {copyKeys} from '../../../steps/redis/copy-keys.ts';
import {markerKey} from '../../../steps/redis/markers/marker.ts';
import {Refusal} from '../../../steps/redis/server/connection.ts';
import {FakeRedis} from './fake-redis.ts';
import {hasRedis, type RealRedis, startRedis} from './real-redis.ts';

const {signal} = new AbortController();
const inAnHour = Date.now() + 3_600_000;

const keys = {
  'cart:1': {value: 'one'},
  'cart:2': {value: 'two', expiresAtMs: inAnHour},
  'cart:3': {value: 'abc', type: 'list'},
  'session:1': {value: 'dropped'},
  'session:vip:1': {value: 'kept'},
};
const input = {drop: ['session:'], keep: ['cart:', 'session:vip:'], bringBack: true};

interface Sides extends Readonly<Record<string, Session<RedisReader, RedisWriter>>> {
  readonly source: Session<RedisReader, RedisWriter>;
  readonly target: Session<RedisReader, RedisWriter>;
}

function lookAt(sides: Sides, more: object = {}, run: object = {}): Look<any, any> {
  return {
    input: copyKeys.input.parse(input),
    targets: {source: sides.source.reader, target: sides.target.reader},
    run: {id: 'r-1', entry: 'redis', started: false, ...run},
    now: new Date(),
    signal,
    ...more,
  };
}

/** As the engine does it, where nothing fails. */
async function performed(sides: Sides, way: 'plan' | 'reverse', more: object = {}): Promise<void> {
  const actions = await copyKeys[way](lookAt(sides, more, {started: true}), {target: 'empty'});
  if ('kind' in actions) {
    throw new Error(actions.reason);
  }
  for (const action of actions) {
    await action.perform(sides[action.on].writer, signal, () => {});
  }
}

function fakeSides(old: object = {}, fresh: object = {}) {
  const source = new FakeRedis('old', {keys, ...old});
  const target = new FakeRedis('cache1', fresh);
  return {source, target, sides: {source: source.session, target: target.session}};
}

lawsOfStep({
  step: copyKeys,
  input,
  world: async () => {
    const {source, target, sides} = fakeSides();
    return {sessions: sides, picture: async () => [source.picture(), target.picture()]};
  },
  blockedWorld: async () => {
    const {sides} = fakeSides({}, {keys: {other: {value: 'x'}}});
    return {sessions: sides, picture: async () => null};
  },
});

describe('on fakes', () => {
  test('a plan says how many keys are copied, and how many are dropped by which prefix', async () => {
    const {sides} = fakeSides({
      keys: {...keys, 'cache:1': {value: 'c'}},
      facts: {databases: new Map([[3, 12]])},
    });
    const shared: SharedReads = {of: (_subject, make) => make(), signal};
    expect(await copyKeys.check(lookAt(sides, {shared}))).toMatchObject({
      kind: 'pending',
      before: {target: 'empty'},
      remarks: [
        '4 keys of old (database 0) will be copied.',
        '1 key without a prefix of "keep" will not be copied: it stays in old only.',
        '1 key with the prefix session: will not be copied: it stays in old only.',
        'Only database 0 of old is copied. Not copied: database 3 with 12 keys. Each needs its own target and entry.',
      ],
    });
    const [action] = await copyKeys.plan(lookAt(sides), {target: 'empty'});
    expect(action?.does).toBe(
      'copy the keys of old (database 0) with cart:, session:vip: without session:, and record in switcharoo:redis.copy-keys that the new side is in charge',
    );
  });

  test.each([
    {
      name: 'a new side that is a replica',
      fresh: {facts: {replicaOf: '10.0.0.9:6379'}},
      reason: 'is a replica of 10.0.0.9:6379',
      hint: 'Name the master',
    },
    {
      name: 'a cluster',
      fresh: {facts: {isCluster: true}},
      reason: 'has cluster mode enabled',
      hint: 'cluster mode disabled',
    },
    {
      name: 'an old side from before Redis 4',
      old: {facts: {version: '3.2.1', server: 'Redis 3.2.1'}},
      reason: 'is older than Redis 4.0',
      hint: 'Upgrade it',
    },
    {
      name: 'a new side that has keys',
      fresh: {keys: {a: {value: 'x'}, b: {value: 'y'}}},
      reason: 'cache1 (database 0) is not empty: it has 2 keys that this run did not copy.',
      hint: 'redis-cli -h HOST -n 0 FLUSHDB',
    },
    {
      name: 'a new side with too little memory',
      old: {facts: {usedBytes: 5 * 1024 ** 3}},
      fresh: {facts: {maxBytes: 1024 ** 3, usedBytes: 0}},
      reason: 'cache1 has 1,024 MB of free memory (maxmemory 1,024 MB), but old uses 5,120 MB.',
      hint: 'delete keys of old that nobody needs',
    },
    {
      name: 'an account that may not restore',
      fresh: {refused: ['RESTORE']},
      reason: 'The account of cache1 (10.0.0.1:6379) may not use RESTORE.',
      hint: 'ACL SETUSER USER +restore ~*',
    },
    {
      name: 'an account of the old side that may not take keys back',
      old: {refused: ['UNLINK']},
      reason: 'The account of old (10.0.0.1:6379) may not use UNLINK.',
      hint: '+unlink',
    },
    {
      name: 'payloads that the new side does not take',
      old: {rdb: 11},
      reason: 'payloads of RDB version 11',
      hint: 'Upgrade cache1 to Redis 7.0.15 or later.',
    },
    {
      name: 'payloads of the new side that the old one does not take back',
      fresh: {rdb: 11, facts: {server: 'Redis 7.2.4'}},
      reason:
        'A reversal could not copy the changes of the new side back: old (Redis 7.0.15) cannot restore payloads of RDB version 11, which DUMP on cache1 (Redis 7.2.4) returns.',
      hint: 'bringBack: false',
    },
    {
      name: 'the copy of another run',
      fresh: {
        keys: {[markerKey]: {value: '{"run":"r-0","entry":"redis","state":"leads"}'}},
      },
      reason: 'has the keys of another copy, which was not reversed: run r-0, entry redis.',
      hint: 'switcharoo reverse r-0',
    },
  ])('before the outage it says: $name', async ({old, fresh, reason, hint}) => {
    const {sides} = fakeSides(old, fresh);
    const verdict = await copyKeys.check(lookAt(sides));
    expect(verdict.kind === 'blocked' && verdict.reason).toContain(reason);
    expect(verdict.kind === 'blocked' && verdict.hint).toContain(hint);
  });

  test('what a newer side gives is no obstacle where a reversal brings nothing back', async () => {
    const {source, target, sides} = fakeSides({}, {rdb: 11});
    const chosen = {input: copyKeys.input.parse({...input, bringBack: false})};
    const start = source.picture();
    expect((await copyKeys.check(lookAt(sides, chosen))).kind).toBe('pending');
    await performed(sides, 'plan', chosen);
    target.set('cart:new', 'lost');
    expect(await copyKeys.reversalLoss?.(lookAt(sides, chosen))).toEqual({
      lossless: false,
      because: [
        'What was written to cache1 since the copy is lost: the runbook sets bringBack: false.',
      ],
    });
    await performed(sides, 'reverse', chosen);
    expect([source.picture(), target.picture()]).toEqual([start, {}]);
  });

  test('a reversal that dies while it removes the keys of the new side removes none of the old', async () => {
    const {source, target, sides} = fakeSides();
    await performed(sides, 'plan');
    target.set('cart:new', 'x');
    target.keys.delete('cart:1');
    const back = await copyKeys.reverse(lookAt(sides, {}, {started: true}), {target: 'empty'});
    if ('kind' in back) {
      throw new Error(back.reason);
    }
    await back[0]?.perform(source, signal, () => {});
    const returned = source.picture();
    // It dies after some of the keys are removed.
    const remove = target.remove.bind(target);
    target.remove = async (some, stop) => {
      await remove(some.slice(0, 1), stop);
      throw new Error('killed');
    };
    await expect(back[1]?.perform(target, signal, () => {})).rejects.toThrow('killed');
    target.remove = remove;
    // Even the action that brings back, performed again, takes the rest for no deletions.
    await back[0]?.perform(source, signal, () => {});
    await performed(sides, 'reverse');
    expect(source.picture()).toEqual(returned);
    expect(Object.keys(source.picture() as object)).toEqual([
      'cart:2',
      'cart:3',
      'cart:new',
      'session:1',
      'session:vip:1',
    ]);
    expect(target.picture()).toEqual({});
  });

  test('a copy that died half-way and is done again takes what the old side deleted meanwhile for deleted', async () => {
    const {source, target, sides} = fakeSides();
    let left = 2;
    target.beforeRestore = () => {
      left -= 1;
      if (left < 0) {
        throw new Error('killed');
      }
    };
    await expect(performed(sides, 'plan')).rejects.toThrow('killed');
    target.beforeRestore = () => {};
    const copied = Object.keys(target.picture() as object).find((key) => key.startsWith('cart:'));
    source.keys.delete(copied ?? '');
    await performed(sides, 'plan');
    const names = (fake: FakeRedis) =>
      Object.keys(fake.picture() as object).filter((key) => !/^(switcharoo|session:1)/.test(key));
    expect(names(target)).toEqual(names(source));
    expect(names(target)).not.toContain(copied);
  });

  test('keys that the new side evicted are not removed from the old side, and the loss is said', async () => {
    const {source, target, sides} = fakeSides();
    await performed(sides, 'plan');
    target.keys.delete('cart:1');
    target.told = {...target.told, evicted: 1};
    expect(await copyKeys.reversalLoss?.(lookAt(sides))).toMatchObject({lossless: false});
    await performed(sides, 'reverse');
    expect(source.keys.has('cart:1')).toBe(true);
  });

  test('what a new side that was restarted lacks is not removed from the old side, and the loss is said', async () => {
    const {source, target, sides} = fakeSides();
    await performed(sides, 'plan');
    target.keys.delete('cart:1');
    target.told = {...target.told, runId: 'after a failover'};
    expect(await copyKeys.reversalLoss?.(lookAt(sides))).toEqual({
      lossless: false,
      because: [
        'cache1 has restarted or failed over since the copy, and may have lost its last writes. The old side keeps every key that the new side lacks, even one that was deleted there.',
      ],
    });
    expect(await copyKeys.reverse(lookAt(sides), {target: 'empty'})).toMatchObject([
      {does: expect.stringMatching(/back to old \(database 0\), without deletions$/)},
      {on: 'target'},
    ]);
    await performed(sides, 'reverse');
    expect(source.keys.has('cart:1')).toBe(true);
  });

  test('keys and notes that came after the look are neither overwritten nor removed', async () => {
    const {target, sides} = fakeSides();
    const [action] = await copyKeys.plan(lookAt(sides), {target: 'empty'});
    for (const key of ['cart:somebody', markerKey]) {
      target.keys.clear();
      target.set(key, 'of somebody else');
      const start = target.picture();
      await expect(action?.perform(target, signal, () => {})).rejects.toMatchObject({
        problem: {code: 'redis-filled-meanwhile'},
      });
      expect(target.picture()).toEqual(start);
    }
  });

  test('without its note nothing is brought back or removed', async () => {
    const {source, target, sides} = fakeSides();
    await performed(sides, 'plan');
    target.keys.delete(markerKey);
    const start = [source.picture(), target.picture()];
    expect(await copyKeys.reversalLoss?.(lookAt(sides))).toMatchObject({lossless: false});
    expect(await copyKeys.reverse(lookAt(sides), {target: 'empty'})).toMatchObject({
      kind: 'blocked',
      reason:
        'cache1 (database 0) has 4 keys, and not the marker of this run (switcharoo:redis.copy-keys): what was written and deleted there since the copy is not known.',
    });
    expect([source.picture(), target.picture()]).toEqual(start);
  });
});

describe.skipIf(!hasRedis)('on redis-server', () => {
  let source: RealRedis;
  let target: RealRedis;
  let sides: Sides;
  /** Once: it has the time at which its entry was delivered. */
  let stream: Buffer;
  const closing: {close(): Promise<void>}[] = [];
  const binary = Buffer.from([0, 255, 10, 13, 58, 200, 1]);
  beforeAll(async () => {
    [source, target] = await Promise.all([startRedis(), startRedis()]);
    const [old, fresh] = [await source.session('old'), await target.session('cache1')];
    closing.push(old, fresh);
    sides = {source: old, target: fresh};
    const answers = await source.ask(
      ['XADD', 'stream', '5-1', 'field', binary],
      ['XGROUP', 'CREATE', 'stream', 'workers', '0'],
      ['XREADGROUP', 'GROUP', 'workers', 'w1', 'STREAMS', 'stream', '>'],
      ['DUMP', 'stream'],
    );
    stream = answers.at(-1) as Buffer;
  });
  afterAll(async () => {
    await Promise.all(closing.map((session) => session.close()));
    await Promise.all([source.stop(), target.stop()]);
  });

  const fill = async () => {
    await Promise.all([source.ask(['FLUSHALL']), target.ask(['FLUSHALL'])]);
    const fields = Array.from({length: 2_000}, (_, index) => `field ${index}`);
    const answers = await source.ask(
      ['SET', Buffer.concat([Buffer.from('cart:'), binary]), binary],
      ['SET', 'cart:expires', '1', 'PXAT', `${inAnHour}`],
      ['RPUSH', 'cart:list', 'a', binary, 'a'],
      // Larger than what is kept in the order in which it was written.
      ['SADD', 'cart:set', ...fields],
      ['HSET', 'cart:hash', ...fields.flatMap((field) => [field, binary])],
      ['ZADD', 'cart:zset', '3.3', 'a', '-inf', 'b', '1e300', 'c'],
      ['SET', 'session:1', 'dropped'],
      ['RESTORE', 'cart:stream', '0', stream],
    );
    expect(answers.filter((answer) => answer instanceof Refusal)).toEqual([]);
  };

  lawsOfStep({
    step: copyKeys,
    input,
    world: async () => {
      await fill();
      return {
        sessions: {...sides},
        picture: () => Promise.all([source.picture(), target.picture()]),
      };
    },
  });

  test('a reversal brings back what the new side has written, changed, let live longer and deleted', async () => {
    await fill();
    await performed(sides, 'plan');
    await target.ask(
      ['SET', 'cart:new', binary],
      ['HSET', 'cart:hash', 'field 7', 'changed'],
      ['SADD', 'cart:set', 'one more'],
      ['DEL', 'cart:list'],
      ['PEXPIREAT', 'cart:expires', `${inAnHour + 600_000}`],
      ['SET', 'session:new', 'dropped too'],
    );
    expect(await copyKeys.reversalLoss?.(lookAt(sides))).toMatchObject({lossless: true});
    const untouched = await source.ask(['DUMP', 'cart:zset'], ['DUMP', 'cart:stream']);
    await performed(sides, 'reverse');
    const answers = await source.ask(
      ['GET', 'cart:new'],
      ['HGET', 'cart:hash', 'field 7'],
      ['SISMEMBER', 'cart:set', 'one more'],
      ['EXISTS', 'cart:list', 'session:new'],
      ['PEXPIRETIME', 'cart:expires'],
      ['EXISTS', 'session:1'],
    );
    expect(answers).toEqual([binary, Buffer.from('changed'), 1, 0, inAnHour + 600_000, 1]);
    expect(await source.ask(['DUMP', 'cart:zset'], ['DUMP', 'cart:stream'])).toEqual(untouched);
    expect(await target.picture()).toEqual([]);
  });
});
