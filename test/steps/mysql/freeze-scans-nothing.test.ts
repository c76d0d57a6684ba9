import {afterAll, beforeAll, expect, test} from 'vitest';
import type {LabDatabase} from '../../../lab/mysql/server.ts';
import {backAndForth} from './back-and-forth.ts';
import {openRealServers, type RealServers} from './real-servers.ts';
import {ringTrips} from './ring-trips.ts';

// A server may open every one of ten thousand tables for a query of information_schema: seconds, while nobody writes.
let servers: RealServers;
beforeAll(async () => {
  servers = await openRealServers();
});
afterAll(() => servers?.close());

test.each([
  {
    name: 'A cutover and its reversal',
    move: () => backAndForth(servers, {times: 1, clients: 1, orders: 3, prefix: 'plain'}),
  },
  {
    name: 'A cutover in a ring and its reversal',
    move: () => ringTrips(servers, {times: 1, clients: 1, orders: 3}),
  },
])(
  '$name ask information_schema for single objects only',
  async ({move}) => {
    const {source, replica, aurora} = servers.databases;
    const all = [source, replica, aurora];
    await Promise.all(all.map(startLog));
    expect(await move()).toMatchObject({lost: [], twice: [], equal: true});
    const statements = (await Promise.all(all.map(statementsOf))).flat();
    expect(statements.filter(isAboutTables)).not.toEqual([]);
    expect(statements.filter(isScan)).toEqual([]);
  },
  60_000,
);

const isAboutTables = (statement: string): boolean => /information_schema\.tables/i.test(statement);

/** It names neither one table nor the server's own schema, which has no table of the application. */
const isScan = (statement: string): boolean =>
  /information_schema\.(tables|columns|statistics|views|triggers|routines|parameters|\w*constraints|key_column_usage|partitions|schemata)\b/i.test(
    statement,
  ) &&
  !/table_schema = '\w+'\s+AND table_name = '\w+'|(table|routine)_schema = 'mysql'/i.test(
    statement,
  );

async function startLog(server: LabDatabase): Promise<void> {
  await server.query("SET GLOBAL log_output = 'TABLE'");
  await server.query('SET GLOBAL general_log = OFF');
  await server.query('TRUNCATE mysql.general_log');
  await server.query('SET GLOBAL general_log = ON');
}

async function statementsOf(server: LabDatabase): Promise<readonly string[]> {
  await server.query('SET GLOBAL general_log = OFF');
  const rows = await server.query(
    "SELECT DISTINCT CONVERT(argument USING utf8mb4) AS sql_text FROM mysql.general_log WHERE command_type = 'Query' AND user_host NOT LIKE 'root%'",
  );
  return rows.map(({sql_text: text}) => String(text).replace(/\s+/g, ' ').trim());
}
