import {access} from 'node:fs/promises';
import mysql from 'mysql2/promise';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {compareAllRows} from '../../../lab/mysql/all-rows.ts';
import {delayReplication, holdReplication} from '../../../lab/mysql/faults.ts';
import {positionOf} from '../../../lab/mysql/seed.ts';
import type {LabDatabase} from '../../../lab/mysql/server.ts';
import {startTicksOf} from '../../../src/journal/process-identity.ts';
import {type TriedDatabases, tryDatabases} from './databases.ts';

let lab: TriedDatabases;
beforeAll(async () => {
  lab = await tryDatabases();
});
afterAll(() => lab?.close());

describe('the databases of the lab, before a migration', () => {
  test('have the same orders on the source, on its replica and on Aurora', async () => {
    const orders = await lab.source.query(allOrders);
    expect(orders).toHaveLength(300);
    expect(await lab.replica.query(allOrders)).toEqual(orders);
    expect(await lab.aurora.query(allOrders)).toEqual(orders);
  });

  test('differ in what a cutover looks at', async () => {
    const seen = await Promise.all(
      [lab.source, lab.replica, lab.aurora].map(async (database) => {
        const [settings] = await database.query(
          'SELECT @@server_id AS id, @@log_bin AS log, @@binlog_format AS format, @@log_slave_updates AS updates, @@read_only AS readOnly, @@version AS version',
        );
        const [status] = await database.query('SHOW SLAVE STATUS');
        const {file} = await positionOf(database);
        return {...settings, file, follows: status?.['Master_Port'] ?? null};
      }),
    );
    const common = {log: 1, format: 'ROW', updates: 1, version: '5.6.24-log'};
    const [, replicaStatus] = seen;
    expect(seen).toEqual([
      {...common, id: 1, readOnly: 0, file: 'mysql-bin.000001', follows: null},
      {...common, id: 2, readOnly: 1, file: 'mysql-bin.000001', follows: replicaStatus?.follows},
      {...common, id: 3, readOnly: 0, file: 'mysql-bin-changelog.000001', follows: null},
    ]);
    expect(replicaStatus?.follows).not.toBe(lab.source.port);
  });

  test('were seeded where the replica stands', async () => {
    expect(lab.seed).toEqual(await positionOf(lab.replica));
  });

  test('have their own accounts, of which no binary log knows', async () => {
    const accounts =
      'SELECT User AS user, Host AS host, Super_priv AS super FROM mysql.user ORDER BY User';
    const onPremises = [
      {user: 'repl', host: '%', super: 'N'},
      {user: 'root', host: 'localhost', super: 'Y'},
      {user: 'shop', host: '%', super: 'N'},
      {user: 'switcharoo', host: '%', super: 'Y'},
    ];
    expect(await lab.source.query(accounts)).toEqual(onPremises);
    expect(await lab.replica.query(accounts)).toEqual(onPremises);
    expect(await lab.aurora.query(accounts)).toEqual([
      {user: 'admin', host: '%', super: 'Y'},
      {user: 'rdsadmin', host: 'localhost', super: 'N'},
      {user: 'repl', host: '%', super: 'N'},
      {user: 'root', host: 'localhost', super: 'Y'},
      {user: 'shop', host: '%', super: 'N'},
    ]);
    const logged = await Promise.all(
      [lab.source, lab.replica, lab.aurora].map(async (database) =>
        (await database.query('SHOW BINLOG EVENTS')).map(({Info}) => String(Info)),
      ),
    );
    expect(logged.flat().filter((event) => /GRANT|USER|PASSWORD|mysql\./.test(event))).toEqual([]);
  });

  test('let the application write to its schema alone', async () => {
    const shop = await lab.connect(lab.source, 'shop');
    await shop.query("INSERT INTO shop.orders (token, client, side) VALUES ('by-shop', 1, 'test')");
    await expect(shop.query('SELECT * FROM mysql.user')).rejects.toMatchObject({errno: 1142});
    await expect(shop.query('SET GLOBAL read_only = 1')).rejects.toMatchObject({errno: 1227});
    const onReplica = await lab.connect(lab.replica, 'shop');
    await expect(onReplica.query('DELETE FROM shop.orders')).rejects.toMatchObject({errno: 1290});
  });

  test('let the operator keep a schema of its own, which arrives on the replica', async () => {
    const operator = await lab.connect(lab.source, 'switcharoo');
    await operator.query('CREATE DATABASE switcharoo');
    await operator.query(
      'CREATE TABLE switcharoo.sentinel (id INT PRIMARY KEY, token VARCHAR(64))',
    );
    await operator.query("INSERT INTO switcharoo.sentinel VALUES (1, 'here')");
    await caughtUp(lab.replica, lab.source);
    const arrived = await lab.replica.query('SELECT token FROM switcharoo.sentinel');
    expect(arrived).toEqual([{token: 'here'}]);
  });
});

describe('a database of the lab that crashes', () => {
  test('has every acknowledged order again when the source is killed while it is written to', async () => {
    const shop = await lab.connect(lab.source, 'shop');
    const acknowledged: string[] = [];
    const writing = (async () => {
      for (let order = 0; ; order += 1) {
        const token = `crash-${order}`;
        await shop.query('INSERT INTO shop.orders (token) VALUES (?)', [token]);
        acknowledged.push(token);
        if (order === 200) {
          void lab.source.kill();
        }
      }
    })();
    await expect(writing).rejects.toThrow();
    await lab.source.restart();
    const stored = await tokensLike(lab.source, 'crash-%');
    expect(stored).toEqual(expect.arrayContaining(acknowledged));
    expect(stored.length - acknowledged.length).toBeLessThanOrEqual(1);
    await caughtUp(lab.replica, lab.source);
    expect(await lab.replica.query(allOrders)).toEqual(await lab.source.query(allOrders));
  });

  test('goes on following when the replica is killed while it applies', async () => {
    const shop = await lab.connect(lab.source, 'shop');
    for (let order = 0; order < 200; order += 1) {
      await shop.query('INSERT INTO shop.orders (token) VALUES (?)', [`apply-${order}`]);
    }
    await lab.replica.kill();
    await shop.query("INSERT INTO shop.orders (token) VALUES ('apply-while-dead')");
    await lab.replica.restart();
    await caughtUp(lab.replica, lab.source);
    expect(await lab.replica.query(allOrders)).toEqual(await lab.source.query(allOrders));
    expect(await lab.replica.query('SELECT @@read_only AS readOnly')).toEqual([{readOnly: 1}]);
  });

  test('is another process after a restart, and forgets what was set while it ran', async () => {
    const {pid} = lab.aurora.process;
    await lab.aurora.query('SET GLOBAL read_only = 1');
    await lab.aurora.restart();
    expect(lab.aurora.process.pid).not.toBe(pid);
    expect(startTicksOf(pid)).toBe(null);
    expect(await lab.aurora.query('SELECT @@read_only AS readOnly')).toEqual([{readOnly: 0}]);
  });
});

describe('a database of the lab on demand', () => {
  test('hangs, and goes on', async () => {
    const shop = await lab.connect(lab.source, 'shop');
    await lab.source.pause();
    const written: string[] = [];
    const write = shop
      .query("INSERT INTO shop.orders (token) VALUES ('while-hanging')")
      .then(() => written.push('while-hanging'));
    const {port} = lab.source;
    const another = mysql.createConnection({host: '127.0.0.1', port, connectTimeout: 300});
    await expect(another).rejects.toMatchObject({code: 'ETIMEDOUT'});
    expect(written).toEqual([]);
    lab.source.resume();
    await write;
    expect(await tokensLike(lab.source, 'while-hanging')).toEqual(['while-hanging']);
  });

  test('applies late', async () => {
    await delayReplication(lab.replica, 3600);
    await lab.source.query("INSERT INTO shop.orders (token) VALUES ('late')");
    const position = await positionOf(lab.source);
    await received(lab.replica, position.position);
    const [status] = await lab.replica.query('SHOW SLAVE STATUS');
    expect(status).toMatchObject({
      Slave_IO_Running: 'Yes',
      Slave_SQL_Running: 'Yes',
      SQL_Delay: 3600,
    });
    expect(await tokensLike(lab.replica, 'late')).toEqual([]);
    await delayReplication(lab.replica, 0);
    await caughtUp(lab.replica, lab.source);
    expect(await tokensLike(lab.replica, 'late')).toEqual(['late']);
  });

  test('receives and does not apply', async () => {
    const release = await holdReplication(lab.replica);
    await lab.source.query("INSERT INTO shop.orders (token) VALUES ('held')");
    await received(lab.replica, (await positionOf(lab.source)).position);
    expect(await tokensLike(lab.replica, 'held')).toEqual([]);
    await release();
    await caughtUp(lab.replica, lab.source);
    expect(await tokensLike(lab.replica, 'held')).toEqual(['held']);
  });
});

describe('all rows of two databases', () => {
  const compared = (inCharge: 'source' | 'replica', other: 'replica' | 'aurora') =>
    compareAllRows({
      inCharge: {name: inCharge, database: lab[inCharge]},
      other: {name: other, database: lab[other]},
    });
  const unlogged = (database: LabDatabase, sql: string) =>
    database.session(async (connection) => {
      await connection.query('SET sql_log_bin = 0');
      await connection.query(sql);
    });

  test('a seeded row that the side in charge lacks, and one that differs', async () => {
    await caughtUp(lab.replica, lab.source);
    // Aurora does not replicate here: what the source has received since is not on it.
    expect(await compared('source', 'aurora')).toEqual({compared: 300, different: 0, first: []});
    await unlogged(lab.source, 'DELETE FROM shop.orders WHERE id = 7');
    await unlogged(lab.source, "UPDATE shop.orders SET side = 'old' WHERE id = 8");
    const seen = await compared('source', 'aurora');
    await unlogged(lab.source, "UPDATE shop.orders SET side = 'seed' WHERE id = 8");
    await unlogged(
      lab.source,
      "INSERT INTO shop.orders (id, token, client, side, created_at) SELECT 7, 'seed-0007', 0, 'seed', created_at FROM shop.orders WHERE id = 8",
    );
    expect(seen).toEqual({
      ...{compared: 300, different: 2},
      first: ['shop.orders id = 7 is only on aurora', 'shop.orders id = 8 is only on aurora'],
    });
    expect(await compared('source', 'aurora')).toMatchObject({different: 0});
  });

  // CHECKSUM TABLE is the same for both: it does not see where one value ends and the next begins.
  test('rows that differ only in where a value ends', async () => {
    for (const [database, row] of [
      [lab.source, "'ab', 'c'"],
      [lab.aurora, "'a', 'bc'"],
    ] as const) {
      await unlogged(database, 'CREATE TABLE shop.pairs (a VARCHAR(9), b VARCHAR(9))');
      await unlogged(database, `INSERT INTO shop.pairs VALUES (${row})`);
    }
    const seen = await compared('source', 'aurora');
    for (const database of [lab.source, lab.aurora]) {
      await unlogged(database, 'DROP TABLE shop.pairs');
    }
    expect(seen).toMatchObject({different: 1, first: ['shop.pairs a = a is only on aurora']});
  });

  test('a seeded row that a side lacks which replicates from the one in charge', async () => {
    await caughtUp(lab.replica, lab.source);
    expect(await compared('source', 'replica')).toMatchObject({different: 0});
    await unlogged(lab.replica, 'DELETE FROM shop.orders WHERE id = 9');
    expect(await compared('source', 'replica')).toMatchObject({
      ...{different: 1, first: ['shop.orders id = 9 is only on source']},
    });
  });
});

test('nothing of the databases is left when the lab is closed, also when one hangs', async () => {
  const other = await tryDatabases();
  const servers = [other.source, other.replica, other.aurora];
  const pids = servers.map((server) => server.process.pid);
  await other.aurora.pause();
  await other.stop();
  expect(pids.map(startTicksOf)).toEqual([null, null, null]);
  await other.close();
  await expect(access(other.directory)).rejects.toMatchObject({code: 'ENOENT'});
});

const allOrders = 'SELECT * FROM shop.orders ORDER BY id';

async function tokensLike(database: LabDatabase, pattern: string): Promise<readonly unknown[]> {
  const rows = await database.query('SELECT token FROM shop.orders WHERE token LIKE ?', [pattern]);
  return rows.map(({token}) => token);
}

async function caughtUp(replica: LabDatabase, source: LabDatabase): Promise<void> {
  const {file, position} = await positionOf(source);
  const wait = 'SELECT MASTER_POS_WAIT(?, ?, 10) >= 0 AS reached';
  expect(await replica.query(wait, [file, position])).toEqual([{reached: 1}]);
}

async function received(replica: LabDatabase, position: number): Promise<void> {
  await expect
    .poll(async () => (await replica.query('SHOW SLAVE STATUS'))[0]?.['Read_Master_Log_Pos'])
    .toBe(position);
}
