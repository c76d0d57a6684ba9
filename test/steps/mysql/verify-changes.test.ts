import {expect, test} from 'vitest';
import type {Position} from '../../../steps/mysql/contract.ts';
import {verifyChanges} from '../../../steps/mysql/verify-changes.ts';
import {describeEachPair, type TriedServer} from './each-server.ts';
import {run, settled} from './placed-unit.ts';
import {createProof} from './verification-schema.ts';

// Every key that a log may have to tell: in several columns, with bytes that end in zeros, in two character sets, and
// as times.
const keys = `CREATE TABLE many_keys (b BINARY(4), v VARBINARY(5), dt DATETIME(3), ts TIMESTAMP(2) NOT NULL DEFAULT '2020-01-01 00:00:00',
  t TIME(3), d DATE, c CHAR(5), l VARCHAR(9) CHARACTER SET latin1, big BIGINT UNSIGNED, y YEAR, n INT,
  PRIMARY KEY (b, v, dt, ts, t, d, c, l, big, y))`;
const key = `X'0100', X'00FF00', '2024-02-03 01:02:03.456', '2024-02-03 01:02:03.45', '-12:34:56.789', '2024-02-03', 'ab ', 'Äß€',
  18446744073709551615, 2024`;

const changes = [
  "UPDATE people SET note = 'changed' WHERE id IN (11, 12)",
  'UPDATE people SET id = 6000 WHERE id = 13',
  "SET SESSION binlog_row_image = 'MINIMAL'",
  'UPDATE people SET id = 6001 WHERE id = 14',
  'UPDATE people SET active = 1 - active WHERE id = 15',
  "SET SESSION binlog_row_image = 'FULL'",
  'DELETE FROM codes WHERE number = 3',
  'UPDATE lines_of_orders SET amount = 5 WHERE c = 9',
  "INSERT INTO log VALUES (7, 'seven')",
  `INSERT INTO many_keys VALUES (${key}, 1)`,
  'FLUSH BINARY LOGS',
  "UPDATE all_kinds SET l = 'q' WHERE id = 1",
];

const families = [
  'CREATE TABLE parents (id INT PRIMARY KEY)',
  `CREATE TABLE children (id INT PRIMARY KEY, parent INT,
     CONSTRAINT of_parent FOREIGN KEY (parent) REFERENCES parents (id) ON DELETE CASCADE)`,
  `CREATE TABLE toys (id INT PRIMARY KEY, child INT,
     CONSTRAINT of_child FOREIGN KEY (child) REFERENCES children (id) ON DELETE CASCADE)`,
  'INSERT INTO parents VALUES (1), (2)',
  'INSERT INTO children VALUES (1, 1), (2, 2)',
  'INSERT INTO toys VALUES (1, 1), (2, 2)',
];

describeEachPair(
  'the comparison of what was changed',
  (on) => {
    const since = (from: Position, input: object = {}) => ({
      id: 'verify',
      unit: verifyChanges,
      on: {source: on.source.session, target: on.target.session},
      input: {schemas: ['proof'], since: from, ...input},
    });
    // What the log says of a VECTOR its reader does not understand.
    const wholeAnyway = () =>
      on.source.kind.name === 'MySQL 9' ? {tables: 1, rows: 4} : {tables: 0, rows: 0};
    const position = () => on.source.session.reader.position();

    test('looks at the rows that were changed and no others, and says where the next one goes on', async () => {
      await on.caughtUp();
      const from = await position();
      await on.source.database.session((connection) =>
        execute(connection, ['USE proof', ...changes]),
      );
      await on.caughtUp();
      const {output} = await run(since(from));
      // 3 of people and two under two keys each, 1 code, 1 line, 1 of many keys, 1 of all kinds, and the whole table
      // without a key.
      const {tables, rows} = wholeAnyway();
      expect(output).toEqual({
        ...{tables: 6 + tables, rows: 16 + rows, changing: 0},
        since: await position(),
        targetSince: {file: expect.any(String), position: expect.any(Number)},
        replicaSince: null,
      });
      const again = await run(since(output.since));
      expect(again.output).toMatchObject({tables: 0, rows: 0});
    });

    test('finds what the target lacks of them, and does not see what nobody changed', async () => {
      await on.caughtUp();
      const from = await position();
      await alone(on.target, ["UPDATE people SET note = 'planted' WHERE id IN (21, 22)"]);
      await on.source.database.session((connection) =>
        execute(connection, [
          'USE proof',
          'UPDATE people SET active = 1 - active WHERE id = 21',
          'UPDATE many_keys SET n = 2',
          'DELETE FROM codes WHERE number = 4',
        ]),
      );
      await on.caughtUp();
      await alone(on.target, ['UPDATE many_keys SET n = 3', "INSERT INTO codes VALUES ('Ä-4', 4)"]);
      const seen = await settled(since(from));
      expect(seen).toMatchObject({kind: 'blocked'});
      // A row of which replication brought all columns is as it should be; what was changed afterwards is not.
      expect(String('reason' in seen && seen.reason)).toMatch(
        /proof\.many_keys .* differs.*proof\.codes code = 'Ä-4' is only on aurora|proof\.codes code = 'Ä-4' is only on aurora.*proof\.many_keys .* differs/,
      );
      expect(String('reason' in seen && seen.reason)).not.toContain('people id = 22');
      await alone(on.target, [
        'UPDATE many_keys SET n = 2',
        "DELETE FROM codes WHERE code = 'Ä-4'",
        'UPDATE people SET note = NULL WHERE id IN (21, 22)',
      ]);
    });

    test('compares the whole table where neither side has a row that the log has', async () => {
      await on.caughtUp();
      const from = await position();
      await alone(on.target, ['UPDATE codes SET number = -1 WHERE number = 31']);
      await on.source.database.query("INSERT INTO proof.codes VALUES ('late', 9000)");
      await on.caughtUp();
      await alone(on.source, ["DELETE FROM codes WHERE code = 'late'"]);
      await alone(on.target, ["DELETE FROM codes WHERE code = 'late'"]);
      const seen = await settled(since(from));
      await alone(on.target, ['UPDATE codes SET number = 31 WHERE number = -1']);
      expect(seen).toMatchObject({
        kind: 'blocked',
        reason: "aurora differs from db1 (1 difference): proof.codes code = 'Ä-31' differs.",
      });
    });

    test('compares the tables of which the server changes rows by itself, as a whole', async () => {
      await on.source.database.session((connection) =>
        execute(connection, ['USE proof', ...families]),
      );
      await on.caughtUp();
      const from = await position();
      await alone(on.target, ['ALTER TABLE toys DROP FOREIGN KEY of_child']);
      await on.source.database.query('DELETE FROM proof.parents WHERE id = 1');
      await on.caughtUp();
      const seen = await settled(since(from));
      await on.source.database.query('DROP TABLE proof.toys, proof.children, proof.parents');
      await on.caughtUp();
      // From 9.6 on such rows are logged, and the target deletes them without a foreign key, too.
      expect(seen).toMatchObject(
        on.source.kind.name === 'MySQL 9'
          ? {kind: 'done'}
          : {
              kind: 'blocked',
              reason:
                'aurora differs from db1 (1 difference): proof.toys id = 1 is only on aurora.',
            },
      );
    });

    test('compares nothing where a statement was logged that tells no rows', async () => {
      await on.caughtUp();
      const from = await position();
      await on.source.database.query('ALTER TABLE proof.empty_one ADD COLUMN more INT');
      expect(await settled(since(from))).toMatchObject({
        kind: 'blocked',
        reason: `ALTER TABLE was executed on db1 after ${from.file}:${from.position}, and its log does not show which rows it changed.`,
      });
    });

    test('refuses a place that is not in the log, and one whose log is gone', async () => {
      await on.caughtUp();
      const {file} = await position();
      expect(await settled(since({file, position: 999_999_999}))).toMatchObject({
        kind: 'blocked',
        reason: expect.stringContaining('999999999 is not a position in the log of db1'),
      });
      await on.source.database.query('FLUSH BINARY LOGS');
      await on.caughtUp();
      await on.source.database.query('PURGE BINARY LOGS TO ?', [(await position()).file]);
      await expect(settled(since({file, position: 4}))).rejects.toMatchObject({
        problem: {code: 'mysql-binary-log-unreadable'},
      });
    });
  },
  {
    prepare: async (server) => {
      if (server.database.name === 'db1') {
        await createProof(server);
        await server.database.session((connection) => execute(connection, ['USE proof', keys]));
      }
    },
  },
);

interface Session {
  query(sql: string): Promise<unknown>;
}

async function execute(session: Session, statements: readonly string[]): Promise<void> {
  for (const statement of statements) {
    await session.query(statement);
  }
}

async function alone(server: TriedServer, statements: readonly string[]): Promise<void> {
  await server.database.session((connection) =>
    execute(connection, ['SET SESSION sql_log_bin = 0', 'USE proof', ...statements]),
  );
}
