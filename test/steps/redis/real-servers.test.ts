import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest';
import {type Look, type Session, SwitcharooError} from '../../../src/index.ts';
import {redisPreflight} from '../../../steps/redis/checks/redis.ts';
import type {RedisReader, RedisWriter} from '../../../steps/redis/contract.ts';
import {copyKeys} from '../../../steps/redis/copy-keys.ts';
import {keysMatch} from '../../../steps/redis/keys-match.ts';
import {redisConfig} from '../../../steps/redis/server/config.ts';
import {type Command, RedisConnection} from '../../../steps/redis/server/connection.ts';
import {crc64} from '../../../steps/redis/server/payload.ts';
import {RedisServer} from '../../../steps/redis/server/redis-server.ts';
import {hasRedis, type RealRedis, startRedis, startSentinel} from './real-redis.ts';

const {signal} = new AbortController();

/** Counts the round trips. */
class Counted extends RedisConnection {
  trips = 0;

  override ask(commands: readonly Command[], stop: AbortSignal) {
    this.trips += 1;
    return super.ask(commands, stop);
  }
}

test('the check sum of a payload is the one of Redis', () => {
  // The test vector in crc64.c.
  expect(crc64(Buffer.from('123456789'))).toBe(0xe9c6d914c4b8d9can);
});

describe.skipIf(!hasRedis)('on redis-server', () => {
  let old: RealRedis;
  let fresh: RealRedis;
  const started: RealRedis[] = [];
  const sessions: {close(): Promise<void>}[] = [];

  beforeAll(async () => {
    const debug = ['--enable-debug-command', 'yes'];
    [old, fresh] = await Promise.all([startRedis(...debug), startRedis(...debug)]);
  });
  afterEach(async () => {
    await Promise.all(sessions.splice(0).map((session) => session.close()));
    await Promise.all(started.splice(0).map((server) => server.stop()));
    await Promise.all([old.ask(['FLUSHALL']), fresh.ask(['FLUSHALL'])]);
  });
  afterAll(() => Promise.all([old.stop(), fresh.stop()]));

  const opened = async (server: RealRedis, name: string, config: object = {}) => {
    const session = await server.session(name, config);
    sessions.push(session);
    return session;
  };

  const counted = (server: RealRedis, name: string) => {
    const connection = new Counted(name, redisConfig.parse({host: '127.0.0.1', port: server.port}));
    sessions.push(connection);
    return {connection, server: new RedisServer(name, 0, connection)};
  };

  const lookAt = (
    source: RedisReader,
    target: RedisReader,
    input: object = {},
  ): Look<any, any> => ({
    input: copyKeys.input.parse(input),
    targets: {source, target},
    run: {id: 'r-1', entry: 'redis', started: true},
    now: new Date(),
    signal,
  });

  const copy = async (source: RedisReader, target: RedisWriter) => {
    const [action] = await copyKeys.plan(lookAt(source, target), {target: 'empty'});
    return action?.perform(target as never, signal, () => {});
  };
  const match = (source: RedisReader, target: RedisReader) =>
    keysMatch.check({
      ...lookAt(source, target),
      input: keysMatch.input.parse({}),
    } as Look<any, any>);

  const blockedBy = async (source: RedisReader, target: RedisReader) => {
    const verdict = await copyKeys.check({
      ...lookAt(source, target),
      run: {id: 'r-1', entry: 'redis', started: false},
    });
    return verdict.kind === 'blocked' ? verdict.reason : verdict.kind;
  };

  test('10,000 keys are copied and compared in some tens of round trips', async () => {
    await old.ask(['DEBUG', 'POPULATE', '10000', 'cart', '40']);
    const [from, to] = [counted(old, 'old'), counted(fresh, 'cache1')];
    await copy(from.server, to.server);
    const trips = {old: from.connection.trips, new: to.connection.trips};
    expect(trips.old).toBeLessThan(60);
    expect(trips.new).toBeLessThan(30);
    expect(await match(from.server, to.server)).toMatchObject({
      kind: 'done',
      output: {keys: 10_000, compared: 10_000},
    });
    expect(from.connection.trips + to.connection.trips).toBeLessThan(200);
  });

  test('many pipelines on their way at once print no warning of Node.js', async () => {
    const {reader} = await opened(old, 'old');
    const warnings: string[] = [];
    const warn = ({message}: Error) => void warnings.push(message);
    process.on('warning', warn);
    await Promise.all(Array.from({length: 20}, () => reader.nowMs(signal)));
    await reader.nowMs(signal);
    process.off('warning', warn);
    expect(warnings).toEqual([]);
  });

  test('a key larger than a batch is copied alone', async () => {
    await old.ask(
      ['DEBUG', 'POPULATE', '1500', 'small', '40'],
      ['SETRANGE', 'large', `${40 * 1024 ** 2}`, 'end'],
    );
    const [from, to] = [counted(old, 'old'), counted(fresh, 'cache1')];
    await copy(from.server, to.server);
    const [length] = await fresh.ask(['STRLEN', 'large']);
    expect(length).toBe(40 * 1024 ** 2 + 3);
  });

  test('a copy whose connection is lost says so, and ends when it is done again', async () => {
    await old.ask(['DEBUG', 'POPULATE', '5000', 'cart', '40']);
    const [from, to] = [await opened(old, 'old'), await opened(fresh, 'cache1')];
    const restore = to.writer.restore.bind(to.writer);
    let left = 3;
    to.writer.restore = async (keys, stop) => {
      left -= 1;
      await Promise.all([
        restore(keys, stop),
        left === 0 ? fresh.ask(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes']) : undefined,
      ]);
    };
    const failure = await copy(from.reader, to.writer).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure instanceof SwitcharooError && failure.problem.code).toBe('redis-unreachable');
    const look = lookAt(from.reader, to.reader);
    expect((await copyKeys.check(look)).kind).toBe('pending');
    await copy(from.reader, to.writer);
    expect(await copyKeys.check(look)).toEqual({
      kind: 'done',
      output: {copied: 5_000, dropped: 0},
    });
    expect(await match(from.reader, to.reader)).toMatchObject({output: {keys: 5_000}});
  });

  test('a server says itself which payloads it takes, and nothing is written', async () => {
    const {reader} = await opened(fresh, 'cache1');
    expect(await reader.takesPayloads([6, 9, 10, 11, 80], signal)).toEqual([
      'yes',
      'yes',
      'yes',
      'no',
      'no',
    ]);
    expect(await reader.refusedCommands('write', signal)).toEqual([]);
    expect(await reader.refusedCommands('note', signal)).toEqual([]);
    expect(await fresh.picture()).toEqual([]);
  });

  test('an account without the rights is named with the commands, in preflight too', async () => {
    await fresh.ask([
      'ACL',
      'SETUSER',
      'mover',
      'on',
      '>secret',
      '~*',
      '+@all',
      '-restore',
      '-memory|usage',
    ]);
    const [from, to] = [
      await opened(old, 'old'),
      await opened(fresh, 'cache1', {user: 'mover', password: 'secret'}),
    ];
    const reason = `The account of cache1 (127.0.0.1:${fresh.port}) may not use MEMORY USAGE, RESTORE.`;
    expect(await blockedBy(from.reader, to.reader)).toBe(reason);
    const {findings} = await redisPreflight.look(to.reader, [from.reader], signal, () => {});
    expect(findings.map(({check, severity, observed}) => [check, severity, observed])).toEqual([
      [
        'redis-reads-refused',
        'blocks',
        `The account of cache1 (127.0.0.1:${fresh.port}) may not use MEMORY USAGE`,
      ],
      [
        'redis-writes-refused',
        'warns',
        `The account of cache1 (127.0.0.1:${fresh.port}) may not use RESTORE`,
      ],
    ]);
    const refused = await opened(fresh, 'cache1', {user: 'mover', password: 'wrong'});
    const error: unknown = await refused.reader.facts(signal).catch((cause: unknown) => cause);
    expect(error instanceof SwitcharooError && error.problem).toMatchObject({
      code: 'redis-login-refused',
      message: expect.not.stringContaining('secret'),
    });
  });

  test('a replica, a cluster and the same database are no new side', async () => {
    const replica = await startRedis('--replicaof', `127.0.0.1 ${old.port}`);
    const cluster = await startRedis('--cluster-enabled', 'yes');
    started.push(replica, cluster);
    const from = await opened(old, 'old');
    const to = async (server: RealRedis, config = {}) =>
      (await opened(server, 'cache1', config)).reader;
    expect(await blockedBy(from.reader, await to(replica))).toBe(
      `cache1 (127.0.0.1:${replica.port}, Redis 7.0.15) is a replica of 127.0.0.1:${old.port}: it refuses writes, and may lag behind.`,
    );
    expect(await blockedBy(from.reader, await to(cluster))).toContain('has cluster mode enabled');
    expect(await blockedBy(from.reader, await to(old))).toContain(
      'are the same database: 0 of the server at',
    );
    expect(await blockedBy(from.reader, await to(old, {db: 3}))).toBe('pending');
  });

  test('sentinels are asked for the master, also after it has changed', async () => {
    const sentinel = await startSentinel(`sentinel monitor shop 127.0.0.1 ${old.port} 1`);
    started.push(sentinel);
    // The first one is down.
    const at = [
      {host: '127.0.0.1', port: 1},
      {host: '127.0.0.1', port: sentinel.port},
    ];
    const open = (master: string): Promise<Session<RedisReader, RedisWriter>> =>
      opened(sentinel, 'old', {host: undefined, port: undefined, sentinel: {master, at}});
    const {reader, close} = await open('shop');
    expect((await reader.facts(signal)).replicaOf).toBeUndefined();
    expect(reader.address).toBe(`127.0.0.1:${old.port}`);
    await sentinel.ask(
      ['SENTINEL', 'REMOVE', 'shop'],
      ['SENTINEL', 'MONITOR', 'shop', '127.0.0.1', `${fresh.port}`, '1'],
    );
    await old.ask(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes']);
    await expect
      .poll(async () => {
        await reader.facts(signal).catch(() => {});
        return reader.address;
      })
      .toBe(`127.0.0.1:${fresh.port}`);
    await close();
    const unknown = await open('shops');
    const error: unknown = await unknown.reader.facts(signal).catch((cause: unknown) => cause);
    expect(error instanceof SwitcharooError && error.problem.message).toContain(
      'No sentinel of old returned the address of the master shops: 127.0.0.1:1: ',
    );
  });
});
