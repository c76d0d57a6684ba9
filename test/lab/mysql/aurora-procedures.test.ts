import type {QueryError} from 'mysql2';
import type {Connection} from 'mysql2/promise';
import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {imitateCallTimes} from '../../../lab/mysql/aurora-procedures.ts';
import {type Position, positionOf} from '../../../lab/mysql/seed.ts';
import type {LabDatabase} from '../../../lab/mysql/server.ts';
import {passwords, type TriedDatabases, tryDatabases} from './databases.ts';

let lab: TriedDatabases;
let admin: Connection;
beforeAll(async () => {
  lab = await tryDatabases();
  admin = await lab.connect(lab.aurora, 'admin');
});
afterAll(() => lab?.close());

beforeEach(async () => {
  await lab.aurora.query('SET GLOBAL read_only = 0');
  await lab.aurora.query('STOP SLAVE');
  await lab.aurora.query('RESET SLAVE ALL');
});

describe('the rds procedures of the lab’s Aurora', () => {
  test('are found by the master user with their arguments, in the names of both versions', async () => {
    const [found] = await admin.query(
      `SELECT r.routine_name AS name, COUNT(p.parameter_name) AS arguments
         FROM information_schema.routines r
         LEFT JOIN information_schema.parameters p
           ON p.specific_schema = r.routine_schema AND p.specific_name = r.specific_name
          AND p.parameter_mode IS NOT NULL
        WHERE r.routine_schema = 'mysql' AND r.routine_name LIKE 'rds\\_%'
        GROUP BY r.routine_name ORDER BY r.routine_name`,
    );
    expect(found).toEqual([
      {name: 'rds_kill', arguments: 1},
      {name: 'rds_kill_query', arguments: 1},
      {name: 'rds_reset_external_master', arguments: 0},
      {name: 'rds_reset_external_source', arguments: 0},
      {name: 'rds_set_binlog_source_ssl', arguments: 1},
      {name: 'rds_set_configuration', arguments: 2},
      {name: 'rds_set_external_master', arguments: 7},
      {name: 'rds_set_external_source', arguments: 7},
      {name: 'rds_set_read_only', arguments: 1},
      {name: 'rds_show_configuration', arguments: 0},
      {name: 'rds_skip_repl_error', arguments: 0},
      {name: 'rds_start_replication', arguments: 0},
      {name: 'rds_stop_replication', arguments: 0},
    ]);
  });

  test('let Aurora follow the replica, hop by hop behind the source, while it is fenced', async () => {
    expect(await call('rds_set_read_only(1)')).toBe('');
    expect(await follow('rds_set_external_source', lab.seed)).toBe('');
    expect(await call('rds_start_replication')).toBe(
      'Replication started. Slave is now running normally.',
    );
    await lab.source.query("INSERT INTO shop.orders (token) VALUES ('through-two-hops')");
    await reaches(lab.replica, lab.source);
    await reaches(lab.aurora, lab.replica);
    await sameOrders();
    const shop = await lab.connect(lab.aurora, 'shop');
    await expect(shop.query('DELETE FROM shop.orders')).rejects.toMatchObject({errno: 1290});
  });

  test('go on following after Aurora crashed', async () => {
    await follow('rds_set_external_source');
    await call('rds_start_replication');
    await lab.source.query("INSERT INTO shop.orders (token) VALUES ('before-the-crash')");
    await lab.aurora.kill();
    await lab.source.query("INSERT INTO shop.orders (token) VALUES ('during-the-crash')");
    await lab.aurora.restart();
    admin = await lab.connect(lab.aurora, 'admin');
    await reaches(lab.replica, lab.source);
    await reaches(lab.aurora, lab.replica);
    await sameOrders();
  });

  test('work for an account without SUPER, and not for the application', async () => {
    await lab.aurora.session(async (connection) => {
      await connection.query('SET sql_log_bin = 0');
      await connection.query("GRANT EXECUTE ON mysql.* TO 'repl'@'%'");
    });
    const plain = await lab.connect(lab.aurora, 'repl');
    await expect(plain.query('SET GLOBAL read_only = 1')).rejects.toMatchObject({errno: 1227});
    await plain.query('CALL mysql.rds_set_read_only(1)');
    expect(await lab.aurora.query('SELECT @@read_only AS fenced')).toEqual([{fenced: 1}]);
    const shop = await lab.connect(lab.aurora, 'shop');
    const refused = shop.query('CALL mysql.rds_set_read_only(0)');
    await expect(refused).rejects.toMatchObject({errno: 1370});
  });

  test('answer in the words of the real ones while replication is not configured', async () => {
    expect({
      start: await call('rds_start_replication'),
      stop: await call('rds_stop_replication'),
      reset: await call('rds_reset_external_source'),
      skip: await call('rds_skip_repl_error'),
    }).toEqual({
      start:
        "1644: You can't start replication because the replica isn't configured. First call mysql.rds_set_external_master.",
      stop: "1644: You can't stop replication because the replica isn't configured. First call mysql.rds_set_external_master.",
      reset:
        "1644: You can't reset replication because replication isn't configured. First run mysql.rds_set_external_master.",
      skip: "1644: You can't skip a replication error because the replica isn't configured. First call mysql.rds_set_external_master.",
    });
  });

  test('answer in the words of the real ones while replication is stopped', async () => {
    await follow('rds_set_external_master');
    expect({
      stop: await call('rds_stop_replication'),
      skip: await call('rds_skip_repl_error'),
      reset: await call('rds_reset_external_master'),
    }).toEqual({
      stop: '1644: Slave is already stopped or may not be configured. Run SHOW SLAVE STATUS\\G;',
      skip: '1644: Slave is down or disabled.',
      reset: 'Slave has been reset',
    });
    expect(await lab.aurora.query('SHOW SLAVE STATUS')).toEqual([]);
  });

  test('answer in the words of the real ones while replication runs', async () => {
    await follow('rds_set_external_source');
    await call('rds_start_replication');
    expect({
      set: await follow('rds_set_external_source'),
      start: await call('rds_start_replication'),
      skip: await call('rds_skip_repl_error'),
      stop: await call('rds_stop_replication'),
    }).toEqual({
      set: "1644: You can't modify replication because replication is running. First call mysql.rds_stop_replication.",
      start:
        '1644: Replication may already be running. Call rds_stop_replication to stop replication',
      skip: '1644: Slave is running normally.  No errors detected to skip.',
      stop: 'Slave is now down or disabled',
    });
  });

  test('answer in the words of the real ones while the source cannot be reached', async () => {
    await call("rds_set_external_source('127.0.0.1', 1, 'repl', 'none', 'mysql-bin.000001', 4, 0)");
    expect({
      start: await call('rds_start_replication'),
      again: await call('rds_start_replication'),
      reset: await call('rds_reset_external_source'),
    }).toEqual({
      start: '1644: Slave has encountered an error. Run SHOW SLAVE STATUS\\G; to see the error.',
      again: '1644: Replication might be running. First call mysql.rds_stop_replication.',
      reset: 'Slave has been reset',
    });
  });

  test('skip an event that cannot be applied, and say so in the history', async () => {
    await follow('rds_set_external_source');
    await call('rds_start_replication');
    await reaches(lab.aurora, lab.replica);
    await admin.query('INSERT INTO shop.digests (id, orders) VALUES (77, 0)');
    await lab.source.query('INSERT INTO shop.digests (id, orders) VALUES (77, 1)');
    await expect
      .poll(async () => (await lab.aurora.query('SHOW SLAVE STATUS'))[0]?.['Last_SQL_Errno'])
      .toBe(1062);
    expect(await call('rds_skip_repl_error')).toBe('Slave is now running normally');
    const [kept] = await admin.query('SELECT orders FROM shop.digests WHERE id = 77');
    expect(kept).toEqual([{orders: 0}]);
    const [last] = await lab.aurora.query(
      "SELECT action, called_by_user AS caller FROM mysql.rds_history WHERE action LIKE 'skip%'",
    );
    expect(last).toEqual({action: 'skip_repl_error:OK', caller: 'admin@127.0.0.1'});
  });

  test('refuse a wrong number of arguments', async () => {
    expect({
      set: await call("rds_set_external_source('127.0.0.1', 1, 'repl', 'none', 0)"),
      readOnly: await call('rds_set_read_only()'),
      start: await call('rds_start_replication(1)'),
    }).toEqual({
      set: '1318: Incorrect number of arguments for PROCEDURE mysql.rds_set_external_source; expected 7, got 5',
      readOnly:
        '1318: Incorrect number of arguments for PROCEDURE mysql.rds_set_read_only; expected 1, got 0',
      start:
        '1318: Incorrect number of arguments for PROCEDURE mysql.rds_start_replication; expected 0, got 1',
    });
  });

  test('keep the binary logs as long as they are told, within Aurora’s bounds', async () => {
    const hours = async () =>
      (await lab.aurora.query('CALL mysql.rds_show_configuration'))[0]?.['value'];
    expect(await hours()).toBe(null);
    await call("rds_set_configuration('binlog retention hours', 168)");
    expect(await hours()).toBe('168');
    await call("rds_set_configuration('binlog retention hours', 9999)");
    expect(await hours()).toBe('2160');
    expect(await call("rds_set_configuration('binlog retention hours', 0)")).toBe(
      '1644: For binlog retention hours the value must be between 1 and 2160 inclusive or be NULL',
    );
    expect(await call("rds_set_configuration('binlog hours', 1)")).toBe(
      "1644: Cannot set unknown configuration parameter 'binlog hours' using mysql.rds_set_configuration.",
    );
    await call("rds_set_configuration('binlog retention hours', NULL)");
    expect(await hours()).toBe(null);
  });

  test('end the sessions of applications, and spare their own', async () => {
    const shop = await lab.connect(lab.aurora, 'shop');
    expect(await call(`rds_kill(${shop.threadId})`)).toBe('');
    await expect(shop.query('SELECT 1')).rejects.toThrow();
    expect(await call('rds_kill(99999999)')).toBe('1094: Unknown thread id: 99999999');
    await follow('rds_set_external_source');
    await call('rds_start_replication');
    const [thread] = await lab.aurora.query(
      "SELECT id FROM information_schema.processlist WHERE user = 'system user' LIMIT 1",
    );
    expect(await call(`rds_kill(${thread?.['id']})`)).toBe('1644: CANNOT KILL RDSADMIN SESSION');
  });

  test('leave no trace in the binary log, and no password anywhere', async () => {
    const position = await positionOf(lab.aurora);
    await follow('rds_set_external_source');
    await call('rds_set_read_only(1)');
    await call("rds_set_configuration('binlog retention hours', 24)");
    await call('rds_reset_external_source');
    await call('rds_stop_replication');
    expect(await positionOf(lab.aurora)).toEqual(position);
    const [session] = await admin.query('SELECT @@sql_log_bin AS logging');
    expect(session).toEqual([{logging: 1}]);
    const noted = await lab.aurora.query('SELECT * FROM mysql.rds_history');
    expect(JSON.stringify(noted)).not.toContain(passwords.repl);
  });

  test('sleep like the real ones when told to', async () => {
    await follow('rds_set_external_source');
    await imitateCallTimes(lab.aurora, 1000);
    const patient = await lab.connect(lab.aurora, 'admin');
    const ended = expect(patient.query('CALL mysql.rds_start_replication')).rejects.toMatchObject({
      code: 'PROTOCOL_CONNECTION_LOST',
    });
    const sleeping = async () => {
      const sql = "SELECT id FROM information_schema.processlist WHERE state = 'User sleep'";
      return (await lab.aurora.query(sql))[0]?.['id'];
    };
    await expect.poll(sleeping).toBe(patient.threadId);
    await lab.aurora.query('KILL ?', [patient.threadId]);
    await ended;
    await imitateCallTimes(lab.aurora, 0);
  });
});

/** What a procedure says: its last message, its errno and error, or nothing. */
async function call(procedure: string): Promise<string> {
  try {
    const [result] = await admin.query(`CALL mysql.${procedure}`);
    const sets = Array.isArray(result) ? result.filter(Array.isArray) : [];
    const [row] = sets.at(-1) ?? [];
    return String(Object.values(row ?? {})[0] ?? '');
  } catch (thrown) {
    // mysql2 rejects with nothing else.
    const {errno, message} = thrown as QueryError;
    return `${errno}: ${message}`;
  }
}

/** Aurora has all that the replica has, so it can follow from where the replica is now. */
async function follow(name: string, from?: Position): Promise<string> {
  await reaches(lab.replica, lab.source);
  const {file, position} = from ?? (await positionOf(lab.replica));
  const {host, port} = lab.replicaAt;
  const password = admin.escape(passwords.repl);
  return call(`${name}('${host}', ${port}, 'repl', ${password}, '${file}', ${position}, 0)`);
}

async function reaches(follower: LabDatabase, leader: LabDatabase): Promise<void> {
  const {file, position} = await positionOf(leader);
  const wait = 'SELECT MASTER_POS_WAIT(?, ?, 10) >= 0 AS reached';
  expect(await follower.query(wait, [file, position])).toEqual([{reached: 1}]);
}

async function sameOrders(): Promise<void> {
  const orders = 'SELECT * FROM shop.orders ORDER BY id';
  expect(await lab.aurora.query(orders)).toEqual(await lab.source.query(orders));
}
