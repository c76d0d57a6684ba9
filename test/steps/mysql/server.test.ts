import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {inspect} from 'node:util';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {SwitcharooError} from '../../../src/model/problem.ts';
import type {MysqlConfig, MysqlReader, MysqlWriter} from '../../../steps/mysql/contract.ts';
import {connectTo} from '../../../steps/mysql/session/connection.ts';
import {ServerSession} from '../../../steps/mysql/session/session.ts';
import {mysqlServer} from '../../../steps/mysql/target.ts';
import {passwords} from '../../lab/mysql/databases.ts';
import {openRealServers, type RealServers} from './real-servers.ts';

let servers: RealServers;
beforeAll(async () => {
  servers = await openRealServers();
  await servers.begin();
});
afterAll(() => servers?.close());

const never = new AbortController().signal;

describe('what an operator reads when a server cannot be asked', () => {
  const cases = [
    {
      name: 'nobody listens there',
      config: {port: 1},
      problem: {
        code: 'mysql-server-unreachable',
        message: 'db1 at 127.0.0.1:1 cannot be reached: ECONNREFUSED.',
      },
    },
    {
      name: 'the password is wrong',
      config: {password: 'not the password'},
      problem: {
        code: 'mysql-access-denied',
        message: 'db1 at 127.0.0.1:PORT refuses the login of the account switcharoo.',
      },
    },
    {
      name: 'the host has no address',
      config: {host: 'db1.invalid'},
      problem: {
        code: 'mysql-unknown-host',
        message: 'The host of db1, db1.invalid:PORT, has no address in DNS.',
      },
    },
  ];
  for (const {name, config, problem} of cases) {
    test(name, async () => {
      const found = await problemOf(withServer(config, ({reader}) => reader.position()));
      const port = String(servers.databases.source.port);
      expect({code: found.code, message: found.message.replace(port, 'PORT')}).toEqual(problem);
      expect(JSON.stringify(found)).not.toContain('not the password');
    });
  }
});

test('a connection that the server ended is opened again for the next look and the next write', () =>
  withServer({}, async ({reader, writer}) => {
    const before = await reader.position();
    await writer.setEventScheduler(true, never);
    await endSessionsOf('switcharoo');
    expect(await reader.position()).toEqual(before);
    await endSessionsOf('switcharoo');
    await writer.setEventScheduler(true, never);
  }));

test('a look cannot write, whatever it asks for', () =>
  withServer({}, async ({reader}) => {
    const asked = reader.query("INSERT INTO switcharoo.sentinel VALUES ('a', 'b', NOW())");
    expect((await problemOf(asked)).code).toBe('mysql-statement-refused');
    expect((await problemOf(reader.query('CREATE DATABASE switcharoo'))).code).toBe(
      'mysql-statement-refused',
    );
  }));

test('a table that a server was making when it died is made again', () =>
  withServer({}, async ({reader, writer}) => {
    const {source} = servers.databases;
    const key = {run: 'r1', entry: 'reverse-replication'};
    await writer.writeSentinel(key, never);
    // What such a server leaves of it: the file that lists the table, and nothing that the engine knows of.
    const [found] = await source.query('SELECT @@datadir AS folder');
    const listed = join(String(found?.['folder']), 'switcharoo', 'sentinel.frm');
    const text = readFileSync(listed);
    await source.query('DROP TABLE switcharoo.sentinel');
    writeFileSync(listed, text);
    expect(await reader.hasSentinel(key, never)).toBe(false);
    await writer.writeSentinel(key, never);
    expect(await reader.hasSentinel(key, never)).toBe(true);
    await writer.removeSentinel(key, never);
  }));

test('a look at a server that hangs ends with its signal, and the next one sees the server again', () =>
  withServer({}, async ({reader}) => {
    const before = await reader.position();
    servers.databases.source.pause();
    // The kernel stops one thread after the other, so the first look may still be answered.
    let ended = 'answered';
    while (ended === 'answered') {
      const stop = new AbortController();
      const look = reader.position(stop.signal).then(
        () => 'answered',
        (cause: Error) => cause.message,
      );
      await sleep(50);
      stop.abort(new Error('stopped by the operator'));
      ended = await Promise.race([look, sleep(10_000).then(() => 'still waiting')]);
    }
    servers.databases.source.resume();
    expect(ended).toBe('stopped by the operator');
    expect(await reader.position()).toEqual(before);
  }));

test('a write that waits for a lock is ended on the server too when it is aborted', () =>
  withServer({}, async ({writer}) => {
    const client = await servers.databases.connect(servers.databases.source, 'shop');
    await client.query('LOCK TABLES shop.orders WRITE');
    const stop = new AbortController();
    const write = writer.fenceWrites(30, stop.signal).then(
      () => 'done',
      () => 'threw',
    );
    await untilListed('SET SESSION lock_wait_timeout = 30, GLOBAL read_only = ON');
    stop.abort();
    expect(await Promise.race([write, sleep(10_000).then(() => 'still waiting')])).toBe('threw');
    await client.query('UNLOCK TABLES');
    expect(await writer.fence()).toEqual({readOnly: false, superReadOnly: null});
  }));

test('what a server refuses is told without the values that were sent along', async () => {
  const signal = new AbortController().signal;
  const {port} = servers.databases.source;
  const login = {host: '127.0.0.1', port, user: 'switcharoo', password: passwords.switcharoo};
  const connections = connectTo(login, {name: 'db1', address: `127.0.0.1:${port}`}, signal);
  const sql = 'CHANGE REPLICATION SOURCE TO SOURCE_PASSWORD = ?';
  const thrown = await connections
    .write({sql, values: ['the password']}, signal)
    .catch((cause: unknown) => cause);
  await connections.close();
  expect(inspect(thrown, {depth: 9, showHidden: true})).not.toContain('the password');
  expect(thrown).toMatchObject({
    problem: {
      message: `db1 refuses "${sql}": syntax error (errno 1064).`,
    },
  });
});

async function withServer<Result>(
  config: Partial<MysqlConfig>,
  work: (session: {reader: MysqlReader; writer: MysqlWriter}) => Promise<Result>,
): Promise<Result> {
  const login = {
    host: '127.0.0.1',
    port: servers.databases.source.port,
    user: 'switcharoo',
    password: passwords.switcharoo,
  };
  const session = await mysqlServer.open({...login, ...config}, {name: 'db1', signal: never});
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

async function problemOf(work: Promise<unknown>) {
  const thrown = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(thrown instanceof SwitcharooError)) {
    throw new Error(`not a foreseen problem: ${thrown}`);
  }
  return thrown.problem;
}

async function endSessionsOf(user: string): Promise<void> {
  const {source} = servers.databases;
  // Until they wait for their client again: see `commit`.
  await sleep(100);
  const rows = await source.query('SELECT id FROM information_schema.processlist WHERE user = ?', [
    user,
  ]);
  for (const {id} of rows) {
    await source.query('KILL ?', [id]);
  }
}

async function untilListed(statement: string): Promise<void> {
  const {source} = servers.databases;
  const sql = 'SELECT 1 FROM information_schema.processlist WHERE info = ?';
  while ((await source.query(sql, [statement])).length === 0) {
    await sleep(10);
  }
}

test('the time limit of a statement does not begin while those before it are under way', async () => {
  const {port} = servers.databases.source;
  const login = {host: '127.0.0.1', port, user: 'switcharoo', password: passwords.switcharoo};
  const session = new ServerSession(login, {name: 'db1', address: `127.0.0.1:${port}`});
  try {
    const asked = [1, 2, 3, 4].map((each) =>
      session.ask({sql: `SELECT SLEEP(0.8) AS slept, ${each} AS number`, limitMs: 2_500}, never),
    );
    expect((await Promise.all(asked)).flat()).toEqual(
      [1, 2, 3, 4].map((each) => ({slept: 0, number: each})),
    );
  } finally {
    session.close();
  }
});
