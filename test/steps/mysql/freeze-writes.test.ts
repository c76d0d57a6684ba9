import {setTimeout as sleep} from 'node:timers/promises';
import type mysql from 'mysql2/promise';
import {afterAll, afterEach, beforeAll, beforeEach, expect, test} from 'vitest';
import {freezeWrites} from '../../../steps/mysql/freeze-writes.ts';
import {
  betweenTwoWrites,
  lookOf,
  type Placed,
  performAll,
  reverse,
  run,
  settled,
} from './placed-unit.ts';
import {commit, openRealServers, pictureOf, type RealServers, sessionText} from './real-servers.ts';

let servers: RealServers;
let freeze: Placed;
beforeAll(async () => {
  servers = await openRealServers();
  freeze = {id: 'freeze', unit: freezeWrites, on: {source: servers.source}};
});
beforeEach(() => servers.begin());
afterEach(() => {
  for (const connection of clients.splice(0)) {
    connection.destroy();
  }
});
afterAll(() => servers?.close());

const clients: mysql.Connection[] = [];
async function client(): Promise<mysql.Connection> {
  const connection = await servers.databases.connect(servers.databases.source, 'shop');
  clients.push(connection);
  return connection;
}
const insert = "INSERT INTO shop.orders (token) VALUES ('frozen')";

test('the plan lists every action, the lock limit and the accounts that can still write', async () => {
  const verdict = await settled(freeze);
  expect(verdict).toEqual({
    kind: 'pending',
    before: {
      ...{readOnly: false, superReadOnly: null, eventScheduler: 'ON'},
      ...{accounts: [], persisted: null},
    },
    differences: [
      {what: 'db1 read_only', is: 'OFF', shouldBe: 'ON'},
      {what: 'db1 event_scheduler', is: 'ON', shouldBe: 'OFF'},
    ],
  });
  const keepUsers = ['monitor'];
  const actions = await freezeWrites.plan(
    lookOf({...freeze, input: {keepUsers}}),
    undefined as never,
  );
  expect(actions.map(({does}) => does)).toEqual([
    'set event_scheduler = OFF',
    'set read_only = ON, waiting at most 2 s for locks (still able to write: root@localhost, switcharoo@%)',
    'end all client sessions but those of monitor',
  ]);
});

test('with endSessions: false, sessions stay connected and can read, and their commits are refused', async () => {
  const lightly = {...freeze, input: {endSessions: false, watchMs: 0}};
  const [open, idle] = [await client(), await client()];
  await open.query('START TRANSACTION');
  await open.query(insert);
  const actions = await freezeWrites.plan(lookOf(lightly), undefined as never);
  expect(actions.map(({does}) => does)).toEqual([
    'set event_scheduler = OFF',
    'set read_only = ON, waiting at most 2 s for locks (still able to write: root@localhost, switcharoo@%)',
  ]);
  const {output} = await run(lightly);
  await expect(open.query('COMMIT')).rejects.toMatchObject({errno: 1290});
  await expect(idle.query(insert)).rejects.toMatchObject({errno: 1290});
  const [rows] = await idle.query("SELECT COUNT(*) AS n FROM shop.orders WHERE token = 'frozen'");
  expect(rows).toEqual([{n: 0}]);
  expect(await settled(lightly, true)).toEqual({kind: 'done', output});
});

test('an open transaction is refused, its session ended, and a new session cannot write', async () => {
  const [open, idle] = [await client(), await client()];
  await open.query('START TRANSACTION');
  await open.query(insert);
  await run(freeze);
  expect(await commit(open)).toBe('not acknowledged');
  expect(await commit(idle)).toBe('not acknowledged');
  await expect((await client()).query(insert)).rejects.toMatchObject({errno: 1290});
  const [count] = await servers.databases.source.query(
    "SELECT COUNT(*) AS orders FROM shop.orders WHERE token = 'frozen'",
  );
  expect(count).toEqual({orders: 0});
});

test('a source that is still frozen is never reported as reversed', async () => {
  await run(freeze);
  await servers.databases.source.query("SET GLOBAL event_scheduler = 'ON'");
  expect(await settled(freeze, true)).toMatchObject({
    kind: 'pending',
    before: {readOnly: true, eventScheduler: 'ON'},
  });
});

test('a held lock makes the freeze fail in time, names its session, and writes continue', async () => {
  const holder = await client();
  await holder.query('LOCK TABLES shop.orders WRITE');
  const who = sessionText(holder);
  const verdict = await settled(freeze);
  expect(verdict).toEqual({
    kind: 'blocked',
    reason: `Writes on db1 cannot be frozen: ${who} holds LOCK TABLES on shop.orders.`,
    hint: 'Wait until they finish, or end them with KILL and their session id, then try again.',
  });
  const input = {lockWaitSeconds: 1};
  const actions = await freezeWrites.plan(lookOf({...freeze, input}), undefined as never);
  await expect(performAll(freeze, actions)).rejects.toThrow(
    `db1 did not get its lock for read_only within 1 s, and accepts writes as before: ${who} holds LOCK TABLES on shop.orders.`,
  );
  const before = {readOnly: false, superReadOnly: null, eventScheduler: 'ON'};
  await reverse(freeze, {...before, accounts: [], persisted: null});
  expect(await pictureOf(servers.databases.source)).toMatchObject({readOnly: 0, events: 'ON'});
  await holder.query(insert.replace("'frozen'", "'after'"));
});

test('a prepared XA transaction blocks the freeze: read_only does not block its commit', async () => {
  const other = await client();
  await other.query("XA START 'order'");
  await other.query(insert);
  await other.query("XA END 'order'");
  await other.query("XA PREPARE 'order'");
  expect(await settled(freeze)).toMatchObject({
    kind: 'blocked',
    reason:
      'Writes on db1 cannot be frozen: 1 XA transactions are prepared (XA RECOVER), and read_only does not block them.',
  });
  await other.query("XA ROLLBACK 'order'");
});

test('a source that was read-only before the run is not adopted', async () => {
  await servers.databases.source.query('SET GLOBAL read_only = ON');
  expect(await settled(freeze)).toEqual({
    kind: 'blocked',
    reason: 'db1 already refuses writes (read_only = ON), and this run did not disable them.',
    hint: 'If read_only was set by mistake, run SET GLOBAL read_only = OFF on db1.',
  });
});

test('an account with SUPER that still writes keeps the step from being done', async () => {
  const over = new AbortController();
  await run(freeze);
  const writing = keepWriting(over.signal);
  const verdict = await betweenTwoWrites(freeze);
  over.abort();
  await writing;
  expect(verdict).toMatchObject({
    kind: 'waiting',
    // The writer opens a session for each write: whether one is there to be named is a matter of the moment.
    progress: expect.stringMatching(
      /^db1 refuses writes, but its position moved from mysql-bin\.\d+:\d+ to mysql-bin\.\d+:\d+: (an account that read_only does not bind writes|session \d+ of root@localhost is not bound by read_only)$/,
    ),
  });
});

test('writes are not enabled again while it replicates from Aurora', async () => {
  const {before} = await run(freeze);
  const {port} = servers.databases.aurora;
  await servers.databases.source.query('CHANGE MASTER TO MASTER_HOST = ?, MASTER_PORT = ?', [
    '127.0.0.1',
    port,
  ]);
  await expect(reverse(freeze, before)).rejects.toThrow(
    `db1 replicates from 127.0.0.1:${port}. Writes on both would diverge, so db1 stays read_only.`,
  );
  expect(await pictureOf(servers.databases.source)).toMatchObject({readOnly: 1});
});

async function keepWriting(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await servers.databases.source.query('INSERT INTO shop.digests (orders) VALUES (1)');
    await sleep(10);
  }
}
