import {once} from 'node:events';
import {existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {type AddressInfo, connect, createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {afterEach, expect} from 'vitest';
import {type FleetDatabase, openDatabase} from '../../src/fleet/database.ts';
import {endWithTest} from '../end-with-test.ts';
import {test} from './with-postgres.ts';

const folders: string[] = [];
const opened: FleetDatabase[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((database) => database.close()));
  for (const folder of folders.splice(0)) {
    rmSync(folder, {recursive: true, force: true});
  }
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-'));
  folders.push(folder);
  return folder;
}

async function open(folder: string): Promise<FleetDatabase> {
  const database = await openDatabase(folder, '');
  opened.push(database);
  endWithTest({pid: serverOf(folder)});
  return database;
}

const serverOf = (folder: string): number =>
  Number(
    readFileSync(join(folder, 'fleet-postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0],
  );

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

test('a state folder has a PostgreSQL of its own, for all who use it, and none once the last one is done', async () => {
  const folder = newFolder();
  const [first, second] = await Promise.all([open(folder), open(folder)]);
  await first.pool.query('CREATE TABLE kept (word text)');
  await second.pool.query('INSERT INTO kept VALUES ($1)', ['yes']);
  const server = serverOf(folder);
  const password = join(folder, 'fleet-postgres', 'data', 'switcharoo-password');
  expect(statSync(password).mode & 0o777).toBe(0o600);
  expect(new URL(first.url).password).toBe(readFileSync(password, 'utf8'));

  await first.close();
  expect(isAlive(server)).toBe(true);
  expect((await second.pool.query('SELECT word FROM kept')).rows).toEqual([{word: 'yes'}]);

  await second.close();
  opened.splice(0);
  expect(isAlive(server)).toBe(false);
});

test('a server that was killed starts again at its port, with all that was committed', async () => {
  const folder = newFolder();
  const before = await open(folder);
  await before.pool.query('CREATE TABLE kept (word text)');
  await before.transaction((client) => client.query('INSERT INTO kept VALUES ($1)', ['committed']));
  const refused = before.transaction(async (client) => {
    await client.query('INSERT INTO kept VALUES ($1)', ['half-way']);
    throw new Error('refused');
  });
  await expect(refused).rejects.toThrow('refused');
  const killed = serverOf(folder);
  process.kill(killed, 'SIGKILL');

  const after = await open(folder);
  expect(after.url).toBe(before.url);
  expect(serverOf(folder)).not.toBe(killed);
  expect((await after.pool.query('SELECT word FROM kept')).rows).toEqual([{word: 'committed'}]);
  // The pool of a process that was running all along reaches it again, too.
  expect((await before.pool.query('SELECT word FROM kept')).rows).toEqual([{word: 'committed'}]);
});

test('a PostgreSQL that does not answer is named without its password', async () => {
  const url = 'postgres://kim:dont-print-me@127.0.0.1:1/fleet';
  const refused = openDatabase(newFolder(), url);
  await expect(refused).rejects.toThrow(
    'PostgreSQL at 127.0.0.1:1/fleet does not answer: connect ECONNREFUSED 127.0.0.1:1',
  );
});

test('a server that several parts of a process start again at once ends with that process', async () => {
  const folder = newFolder();
  const database = await open(folder);
  process.kill(serverOf(folder), 'SIGKILL');
  await Promise.all([database.revive(), database.revive(), database.revive()]);
  endWithTest({pid: serverOf(folder)});
  expect((await database.pool.query('SELECT 1 AS one')).rows).toEqual([{one: 1}]);
  const server = serverOf(folder);
  await database.close();
  opened.splice(0);
  expect(isAlive(server)).toBe(false);
});

test('a file that a killed server left is not taken for another server, nor for another process', async () => {
  const [folder, other] = [newFolder(), newFolder()];
  await open(other);
  const before = await open(folder);
  await before.pool.query('CREATE TABLE kept (word text)');
  await before.close();
  const file = join(folder, 'fleet-postgres', 'data', 'postmaster.pid');
  for (const pid of [serverOf(other), process.pid]) {
    writeFileSync(file, `${pid}\n${dirname(file)}\n1\n5432\n\n127.0.0.1\n`);
    const after = await open(folder);
    expect((await after.pool.query('SELECT * FROM kept')).rows).toEqual([]);
    await after.close();
  }
  opened.splice(1);
});

test('a network that is cut keeps no command from its end, and PostgreSQL no session of it', async () => {
  const database = await open(newFolder());
  const {port} = new URL(database.url);
  let isCut = false;
  const cable = createServer({allowHalfOpen: true}, (client) => {
    const behind = connect(Number(port), '127.0.0.1');
    for (const [from, to] of [
      [client, behind],
      [behind, client],
    ] as const) {
      from.on('error', () => {});
      from.on('data', (bytes) => isCut || to.write(bytes));
    }
    client.once('close', () => behind.destroy());
  });
  await once(cable.listen(0, '127.0.0.1'), 'listening');
  const url = new URL(database.url);
  url.port = String((cable.address() as AddressInfo).port);
  const through = await openDatabase('', url.href);
  try {
    const {rows} = await through.pool.query(
      `SELECT name, setting FROM pg_settings
       WHERE name ~ '^tcp_(keepalives|user_timeout)' ORDER BY name`,
    );
    expect(rows.map(({name, setting}) => `${name} ${setting}`)).toEqual([
      'tcp_keepalives_count 3',
      'tcp_keepalives_idle 30',
      'tcp_keepalives_interval 10',
      'tcp_user_timeout 60000',
    ]);
    isCut = true;
    const startedMs = performance.now();
    await through.close();
    expect(performance.now() - startedMs).toBeLessThan(4_000);
  } finally {
    cable.close();
  }
});
