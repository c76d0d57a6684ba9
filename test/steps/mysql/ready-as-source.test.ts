import {afterAll, beforeAll, beforeEach, expect, test} from 'vitest';
import {readyAsSource} from '../../../steps/mysql/ready-as-source.ts';
import {openRealServers, type RealServers} from './real-servers.ts';
import {type Placed, settled} from './walk.ts';

let servers: RealServers;
let ready: Placed;
beforeAll(async () => {
  servers = await openRealServers();
  const on = {source: servers.source, replica: servers.replica};
  ready = {id: 'ready', unit: readyAsSource, on};
});
beforeEach(() => servers.begin());
afterAll(() => servers?.close());

test('the lab as it begins is ready', async () => {
  // A session of the test itself that is still there is remarked.
  expect(await settled(ready)).toMatchObject({kind: 'done', output: {}});
});

test('everything that is wrong is told at once', async () => {
  const {source, replica} = servers.databases;
  await source.query('CREATE TABLE shop.notes (id INT) ENGINE=MyISAM');
  await source.query("SET GLOBAL binlog_format = 'STATEMENT'");
  await replica.query('STOP SLAVE');
  const verdict = await settled(ready);
  await source.query("SET GLOBAL binlog_format = 'ROW'");
  await source.query('DROP TABLE shop.notes');
  await replica.query('START SLAVE');
  expect(verdict).toEqual({
    kind: 'blocked',
    reason:
      'db1 is not ready as the source: db1 has binlog_format = STATEMENT, not ROW; 1 table of db1 is not InnoDB: shop.notes (MyISAM); db2 does not replicate: the IO thread is stopped.',
    hint: 'Set binlog_format = ROW in my.cnf and restart, so that old sessions take it too. ALTER TABLE … ENGINE = InnoDB. Remove the cause, then START SLAVE (START REPLICA); do not skip the event.',
  });
});

test('accounts that a freeze does not bind are a question for the operator', async () => {
  const {source} = servers.databases;
  await source.session(async (connection) => {
    await connection.query('SET sql_log_bin = 0');
    await connection.query("GRANT SUPER ON *.* TO 'backup'@'10.0.0.%' IDENTIFIED BY 'x'");
  });
  expect(await settled(ready)).toMatchObject({
    kind: 'unknown',
    question:
      'db1 has 1 account that read_only does not bind: backup@10.0.0.%. Will none of them write during the cutover?',
  });
});
