import {expect, test} from 'vitest';
import {verifyChanges} from '../../../steps/mysql/verify-changes.ts';
import {verifyData} from '../../../steps/mysql/verify-data.ts';
import {describeMariadbPair, type TriedServer} from './each-server.ts';
import {run, settled} from './placed-unit.ts';

const tables = [
  'CREATE DATABASE kinds',
  'USE kinds',
  'CREATE TABLE past (id INT PRIMARY KEY, a VARCHAR(9)) WITH SYSTEM VERSIONING',
  "INSERT INTO past VALUES (1, 'one'), (2, 'two'), (3, 'three')",
  "UPDATE past SET a = 'uno' WHERE id = 1",
  'DELETE FROM past WHERE id = 3',
  'CREATE SEQUENCE numbers',
  'DO NEXTVAL(numbers)',
  'CREATE TABLE parts (id INT PRIMARY KEY, y INT INVISIBLE, twice INT AS (y * 2) PERSISTENT) PARTITION BY HASH (id) PARTITIONS 3',
  'INSERT INTO parts (id, y) VALUES (1, 1), (2, 2), (3, 3)',
  'CREATE VIEW seen AS SELECT id FROM parts',
];

interface Planted {
  readonly name: string;
  readonly statements: readonly string[];
  readonly found: string;
}

const planted: readonly Planted[] = [
  {
    name: 'a table with system versioning that is emptied',
    statements: ['DELETE FROM past'],
    found: 'kinds.past id = 1 is only on db1; kinds.past id = 2 is only on db1',
  },
  {
    name: 'earlier rows that are gone',
    statements: ['DELETE HISTORY FROM past'],
    found: 'kinds.past (all versions) has 2 rows only on db1',
  },
  {
    name: 'earlier rows of one side alone',
    statements: ['ALTER TABLE past DROP SYSTEM VERSIONING'],
    found: 'the earlier rows of kinds.past (WITH SYSTEM VERSIONING) are only on db1',
  },
  {
    name: 'another number in a sequence',
    statements: ['DO SETVAL(numbers, 5000)'],
    found: 'kinds.numbers (no usable key) has 1 row only on db1',
  },
  {
    name: 'the value of an invisible column, with what is generated from it',
    statements: ['UPDATE parts SET y = 7 WHERE id = 2'],
    found: 'kinds.parts id = 2 differs',
  },
  {
    name: 'a partition that is emptied',
    statements: ['ALTER TABLE parts TRUNCATE PARTITION p0'],
    found: 'kinds.parts id = 3 is only on db1',
  },
];

describeMariadbPair('the comparison of tables that only MariaDB has', (on) => {
  const placed = () => ({
    ...{id: 'verify', unit: verifyData},
    on: {source: on.source.session, target: on.target.session},
    input: {schemas: ['kinds']},
  });

  test.each(planted)('finds $name', async ({statements, found}) => {
    await begin();
    expect((await run(placed())).output).toMatchObject({tables: 3, changing: 0});
    await alone(on.target, statements);
    expect(await settled(placed())).toMatchObject({
      kind: 'blocked',
      reason: expect.stringContaining(found),
    });
  });

  test('finds what changed in a table with earlier rows, in all of it', async () => {
    await begin();
    const since = await on.source.session.reader.position();
    await on.source.database.query("INSERT INTO kinds.past VALUES (4, 'four')");
    await on.caughtUp();
    await alone(on.target, ['DELETE HISTORY FROM past']);
    expect(await settled({...placed(), unit: verifyChanges, input: {since}})).toMatchObject({
      kind: 'blocked',
      reason: expect.stringContaining('kinds.past (all versions) has 2 rows only on db1'),
    });
  });

  const begin = async () => {
    await on.source.database.session((connection) =>
      execute(connection, ['DROP DATABASE IF EXISTS kinds', ...tables]),
    );
    await on.caughtUp();
  };
});

interface Session {
  query(sql: string): Promise<unknown>;
}

async function execute(session: Session, statements: readonly string[]): Promise<void> {
  for (const statement of statements) {
    await session.query(statement);
  }
}

const alone = (server: TriedServer, statements: readonly string[]): Promise<void> =>
  server.database.session((connection) =>
    execute(connection, ['SET SESSION sql_log_bin = 0', 'USE kinds', ...statements]),
  );
