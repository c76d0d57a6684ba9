import {setTimeout as sleep} from 'node:timers/promises';
import {expect, test} from 'vitest';
import {makeSchemaSql, makeTableSql} from '../../../steps/mysql/replication/sentinel.ts';
import {mysqlServer} from '../../../steps/mysql/target.ts';
import {passwords} from '../../lab/mysql/databases.ts';
import {describeEachPair, describeEachServer} from './each-server.ts';

describeEachServer('a server as a step sees it', (on) => {
  test('reports its position, its read_only, and that it does not replicate', async () => {
    const {reader} = on.session;
    expect(await reader.position()).toMatchObject({file: 'mysql-bin.000001'});
    expect(await reader.fence()).toEqual({
      readOnly: false,
      superReadOnly: on.kind.name === 'MySQL 9' ? false : null,
    });
    expect(await reader.replication()).toBeNull();
  });

  test('opens no session for a look that was under way when it was closed', async () => {
    const signal = new AbortController().signal;
    const {port} = on.database;
    const login = {host: '127.0.0.1', port, user: 'switcharoo', password: passwords.switcharoo};
    const {reader, close} = await mysqlServer.open(mysqlServer.config.parse(login), {
      name: 'db1',
      signal,
    });
    const marked = () =>
      on.database.query("SELECT 1 FROM information_schema.processlist WHERE info LIKE '%marked%'");
    const look = reader.query('SELECT SLEEP(30) AS marked').catch((cause: unknown) => cause);
    await until(async () => (await marked()).length === 2);
    await close();
    expect(await look).toMatchObject({problem: {code: 'mysql-connection-lost'}});
    await expect(reader.query('SELECT 1')).rejects.toThrow();
    // The server may still work on what nobody waits for; there is no second one.
    expect((await marked()).length).toBeLessThanOrEqual(2);
  });

  test('asks again where the server interrupted a look', async () => {
    const {reader} = on.session;
    const slept = reader.query('SELECT SLEEP(0.5) AS interrupted, 7 AS answer FROM DUAL');
    const running =
      "SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%' AND command = 'Query'";
    await until(async () => (await on.database.query(running)).length > 0);
    const [{id} = {}] = await on.database.query(running);
    await on.database.query(`KILL ${Number(id)}`).catch(() => {});
    expect(await slept).toEqual([{interrupted: 0, answer: 7}]);
  });
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500 && !(await isSo()); tries += 1) {
    await sleep(10);
  }
}

describeEachPair('a replica', (on) => {
  test('has what is written on its source', async () => {
    const {database} = on.source;
    await database.query('CREATE DATABASE shop');
    await database.query('CREATE TABLE shop.notes (id INT PRIMARY KEY, text VARCHAR(20))');
    const client = await on.source.connect('shop');
    await client.query("INSERT INTO shop.notes VALUES (1, 'zwölf')");
    await on.caughtUp();
    expect(await on.target.database.query('SELECT * FROM shop.notes')).toEqual([
      {id: 1, text: 'zwölf'},
    ]);
    expect(await on.target.session.reader.replication()).toMatchObject({
      host: '127.0.0.1',
      port: database.port,
      sourceServerId: 1,
      io: 'Yes',
      sql: 'Yes',
      error: null,
      ignoresMysqlSchema: true,
    });
  });

  test('receives the test row, also where its table was created and not logged', async () => {
    const key = {run: 'r1', entry: 'reverse-replication'};
    const {signal} = new AbortController();
    // As a server leaves it that dies right after it has made the table.
    await on.source.database.session(async (connection) => {
      await connection.query('SET SESSION sql_log_bin = 0');
      await connection.query(makeSchemaSql);
      await connection.query(makeTableSql);
    });
    await on.source.session.writer.writeSentinel(key, signal);
    await on.caughtUp();
    expect(await on.target.session.reader.hasSentinel(key)).toBe(true);
  });
});
