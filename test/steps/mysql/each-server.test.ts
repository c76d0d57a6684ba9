import {expect, test} from 'vitest';
import {makeSchemaSql, makeTableSql} from '../../../steps/mysql/replication/sentinel.ts';
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
});

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
