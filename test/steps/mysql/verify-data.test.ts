import {setTimeout as sleep} from 'node:timers/promises';
import {expect, test} from 'vitest';
import {Comparison, type Findings} from '../../../steps/mysql/compare/comparison.ts';
import {verifyData} from '../../../steps/mysql/verify-data.ts';
import {describeEachPair, type TriedPair, type TriedServer} from './each-server.ts';
import {run, settled} from './placed-unit.ts';
import {createProof, firstNear, nearValues, pictureOf} from './verification-schema.ts';

/** A difference that is made on one side alone, and taken back. */
interface Planted {
  readonly name: string;
  readonly statements: readonly string[];
  readonly back: readonly string[];
  readonly found: readonly string[];
}

const people = 'proof.people id =';
const planted: readonly Planted[] = [
  {
    name: 'one bit of a value',
    statements: [
      'UPDATE people SET picture = CONCAT(CHAR(ASCII(picture) ^ 1), SUBSTR(picture, 2)) WHERE id = 4321',
    ],
    back: [
      'UPDATE people SET picture = CONCAT(CHAR(ASCII(picture) ^ 1), SUBSTR(picture, 2)) WHERE id = 4321',
    ],
    found: [`${people} 4321 differs`],
  },
  {
    name: 'values of equal length that are swapped between two rows',
    statements: [
      "UPDATE people SET name = 'person 99' WHERE id = 99",
      "UPDATE people SET name = 'person 98' WHERE id = 100",
    ],
    back: [
      "UPDATE people SET name = 'person 98' WHERE id = 99",
      "UPDATE people SET name = 'person 99' WHERE id = 100",
    ],
    found: [`${people} 99 differs`, `${people} 100 differs`],
  },
  {
    name: 'NULL against an empty text',
    statements: ["UPDATE people SET note = '' WHERE id = 1"],
    back: ['UPDATE people SET note = NULL WHERE id = 1'],
    found: [`${people} 1 differs`],
  },
  {
    name: 'the same change in an even number of rows',
    statements: ['UPDATE people SET active = 1 WHERE id IN (1, 3, 5, 7)'],
    back: ['UPDATE people SET active = 0 WHERE id IN (1, 3, 5, 7)'],
    found: [1, 3, 5, 7].map((id) => `${people} ${id} differs`),
  },
  {
    name: 'a last row that is missing, and one that is beyond both ends of the source',
    statements: [
      'DELETE FROM people WHERE id = 5000',
      "INSERT INTO people VALUES (0, 'zero', NULL, NULL, 0), (9999999, 'last', NULL, NULL, 0)",
    ],
    back: [
      'DELETE FROM people WHERE id IN (0, 9999999)',
      `INSERT INTO people VALUES (5000, 'person 4999', 'note 1', X'${pictureOf(4999)}', 1)`,
    ],
    found: [
      `${people} 0 is only on aurora`,
      `${people} 5000 is only on db1`,
      `${people} 9999999 is only on aurora`,
    ],
  },
  {
    name: 'trailing spaces',
    statements: ["UPDATE people SET name = CONCAT(name, ' ') WHERE id = 2500"],
    back: ["UPDATE people SET name = 'person 2499' WHERE id = 2500"],
    found: [`${people} 2500 differs`],
  },
  {
    name: 'a row of a key of several columns',
    statements: ["UPDATE lines_of_orders SET amount = 1 WHERE a = 0 AND b = 'k0' AND c = 0"],
    back: ["UPDATE lines_of_orders SET amount = 0 WHERE a = 0 AND b = 'k0' AND c = 0"],
    found: ["proof.lines_of_orders a = 0, b = 'k0', c = 0 differs"],
  },
  {
    name: 'another case in a key that does not tell the cases apart',
    statements: ["UPDATE codes SET code = 'ä-7' WHERE number = 7"],
    back: ["UPDATE codes SET code = 'Ä-7' WHERE number = 7"],
    found: [
      "proof.codes code = 'Ä-7' is only on db1",
      "proof.codes code = 'ä-7' is only on aurora",
    ],
  },
  {
    name: 'two equal rows for two other equal rows, where there is no key',
    statements: ["UPDATE log SET b = 'x' WHERE a = 1"],
    back: ["UPDATE log SET b = 'a' WHERE a = 1"],
    found: [
      'proof.log (no usable key) has 2 rows only on db1',
      'proof.log (no usable key) has 2 rows only on aurora',
    ],
  },
  {
    name: 'another collation',
    statements: [
      'ALTER TABLE codes MODIFY code VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_german1_ci',
    ],
    back: [
      'ALTER TABLE codes MODIFY code VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_swedish_ci',
    ],
    found: [
      'proof.codes.code is varchar(20) latin1_swedish_ci on db1 and varchar(20) latin1_german1_ci on aurora',
    ],
  },
  {
    name: 'a table that is missing',
    statements: ['RENAME TABLE empty_one TO another'],
    back: ['RENAME TABLE another TO empty_one'],
    found: ['proof.empty_one is missing on aurora', 'proof.another is missing on db1'],
  },
];

describeEachPair(
  'the comparison of all data',
  (on) => {
    const placed = (input: object = {}) => ({
      id: 'verify',
      unit: verifyData,
      on: {source: on.source.session, target: on.target.session},
      input: {schemas: ['proof'], ...input},
    });
    const places = async () => [
      await on.source.session.reader.position(),
      await on.target.session.reader.position(),
    ];

    test('finds nothing where nothing differs, however the servers are set, and writes nothing', async () => {
      await on.caughtUp();
      await on.target.database.query("SET GLOBAL time_zone = '+05:00', GLOBAL sql_mode = 'ANSI'");
      const before = await places();
      const {output} = await run(placed());
      await on.target.database.query("SET GLOBAL time_zone = '+00:00', GLOBAL sql_mode = ''");
      expect(await places()).toEqual(before);
      expect(output).toEqual({
        tables: on.source.kind.name === 'MySQL 9' ? 8 : 7,
        rows: on.source.kind.name === 'MySQL 9' ? 15_040 : 15_036,
        changing: 0,
        since: before[0],
        targetSince: before[1],
        replicaSince: null,
      });
    });

    for (const {name, statements, back, found} of planted) {
      test(`finds ${name}`, async () => {
        await on.caughtUp();
        await alone(on.target, statements);
        const seen = await settled(placed());
        await alone(on.target, back);
        expect(seen).toMatchObject({
          kind: 'blocked',
          reason: `aurora differs from db1 (${found.length} ${found.length === 1 ? 'difference' : 'differences'}): ${found.join('; ')}.`,
        });
      });
    }

    test('compares nothing of a schema that is not there, and says so', async () => {
      await on.caughtUp();
      expect(await settled(placed({schemas: ['proof', 'prof']}))).toMatchObject({
        kind: 'blocked',
        reason:
          'aurora differs from db1 (1 difference): the schema prof has no table on either db1 or aurora, so it was not compared.',
      });
    });

    test('does not begin where the account sees only some of the tables', async () => {
      await on.source.database.query("REVOKE SELECT ON *.* FROM 'switcharoo'@'%'");
      const seen = await settled(placed()).finally(() =>
        on.source.database.query("GRANT SELECT ON *.* TO 'switcharoo'@'%'"),
      );
      expect(seen).toMatchObject({
        kind: 'blocked',
        reason:
          'The account switcharoo lacks SELECT ON *.* on db1, so it cannot see every table, and the comparison would miss the hidden ones.',
      });
    });

    test('finds nothing but the planted row while the source is written to all the time', async () => {
      await on.caughtUp();
      const stop = writeAllTheTime(on.source);
      let writes = 0;
      let calm: Awaited<ReturnType<typeof settled>> | undefined;
      let planted: typeof calm;
      try {
        calm = await settled(placed());
        await alone(on.target, ["UPDATE people SET note = 'planted' WHERE id = 3001"]);
        planted = await settled(placed());
      } finally {
        writes = await stop();
      }
      await on.caughtUp();
      await alone(on.target, ['UPDATE people SET note = NULL WHERE id = 3001']);
      const afterwards = await settled(placed());
      expect(writes).toBeGreaterThan(0);
      expect(calm?.kind).toBe('done');
      expect(planted).toMatchObject({
        reason: 'aurora differs from db1 (1 difference): proof.people id = 3001 differs.',
      });
      expect(afterwards).toMatchObject({kind: 'done', output: {changing: 0}});
    });

    test('says how far it is, and goes on from there at the next look', async () => {
      await on.caughtUp();
      const signal = new AbortController().signal;
      const comparison = await Comparison.begin(both(on), request, signal);
      const first = await comparison.workFor(1, signal);
      expect(String(first).replaceAll(/\d[\d,.]*/g, '#')).toMatch(
        /^# of about # rows compared, # per second, about # (s|min|h) left; # of # tables compared/,
      );
      let looks = 0;
      for (let found: unknown = first; typeof found === 'string'; looks += 1) {
        found = await comparison.workFor(1, signal);
      }
      expect(looks).toBeGreaterThan(1);
    });

    test('reads nothing while a server runs more than it may', async () => {
      await on.caughtUp();
      const signal = new AbortController().signal;
      const busy = await Comparison.begin(both(on), {...request, threadsRunningMax: 0}, signal);
      await busy.workFor(50, signal);
      const {bookmark} = busy;
      expect(await busy.workFor(50, signal)).toMatch(
        /; waiting because (db1|aurora) runs \d+ statements at once, more than 0$/,
      );
      expect(busy.bookmark).toEqual(bookmark);
    });

    test('reads nothing while the target is behind, and goes on when it has caught up', async () => {
      await on.caughtUp();
      const signal = new AbortController().signal;
      const comparison = await Comparison.begin(both(on), {...request, lagMsMax: 0}, signal);
      const {writer} = on.target.session;
      await writer.stopReplication(signal);
      try {
        await on.source.database.session(async (connection) => {
          await connection.query("UPDATE proof.people SET note = 'later' WHERE id = 2500");
          await connection.query('UPDATE proof.people SET note = NULL WHERE id = 2500');
        });
        await comparison.workFor(200, signal);
        const {bookmark} = comparison;
        expect(await comparison.workFor(50, signal)).toMatch(
          /; waiting because aurora is more than 0 ms behind$/,
        );
        expect(comparison.bookmark).toEqual(bookmark);
      } finally {
        await writer.startReplication(signal);
        await on.caughtUp();
      }
      expect(await comparison.workFor(20_000, signal)).toMatchObject({differences: []});
    });

    test('continues after a crash from its last bookmark, and not past what was not equal by then', async () => {
      await on.caughtUp();
      const signal = new AbortController().signal;
      const whole = await Comparison.begin(both(on), request, signal);
      const {rows} = (await whole.workFor(20_000, signal)) as Findings;
      await alone(on.target, ["UPDATE people SET name = CONCAT(name, '!') WHERE id = 777"]);

      try {
        const killed = await Comparison.begin(both(on), request, signal);
        for (let looks = 0; looks < 100 && rowsOf(killed.bookmark) < rows / 4; looks += 1) {
          await killed.workFor(1, signal);
        }
        const kept = JSON.parse(JSON.stringify(killed.bookmark));
        expect(rowsOf(kept)).toBeGreaterThan(0);
        expect(rowsOf(kept)).toBeLessThan(rows);

        const next = await Comparison.begin(both(on), request, signal, kept);
        expect(next.bookmark).toEqual(kept);
        const found = (await next.workFor(20_000, signal)) as Findings;
        expect(found).toMatchObject({rows, differences: ['proof.people id = 777 differs']});
      } finally {
        await alone(on.target, [
          "UPDATE people SET name = TRIM(TRAILING '!' FROM name) WHERE id = 777",
        ]);
      }
    });

    test('ignores a bookmark of other servers', async () => {
      const signal = new AbortController().signal;
      const comparison = await Comparison.begin(both(on), request, signal);
      await comparison.workFor(20_000, signal);
      const ofOthers = {
        ...JSON.parse(JSON.stringify(comparison.bookmark)),
        target: 'elsewhere:3306',
      };
      const other = await Comparison.begin(both(on), request, signal, ofOthers);
      expect(rowsOf(other.bookmark)).toBe(0);
    });

    test('finds the nearest other value of every kind of column', async () => {
      await on.caughtUp();
      await alone(
        on.target,
        nearValues.map((value, at) => `UPDATE all_kinds SET ${value} WHERE id = ${firstNear + at}`),
      );
      const signal = new AbortController().signal;
      const comparison = await Comparison.begin(both(on), request, signal);
      const found = await comparison.workFor(20_000, signal);
      expect(found).toMatchObject({
        differences: nearValues.map((_, at) => `proof.all_kinds id = ${firstNear + at} differs`),
      });
    });
  },
  {prepare: async (server) => (server.database.name === 'db1' ? createProof(server) : undefined)},
);

const both = ({source, target}: TriedPair) => ({
  source: source.session.reader,
  target: target.session.reader,
});

const rowsOf = (mark: unknown): number =>
  Object.values((mark as {tables: Record<string, {rows: number}>}).tables).reduce(
    (sum, {rows}) => sum + rows,
    0,
  );

const request = {
  selection: {schemas: ['proof'], except: []},
  ...{tablesAtOnce: 2, replicates: true, lagMsMax: 5_000, threadsRunningMax: 25},
};

/** Changes, adds and removes rows until it is told to stop; then it says how many writes it made. */
function writeAllTheTime({database}: TriedServer): () => Promise<number> {
  let stopped = false;
  let writes = 0;
  const writing = database.session(async (connection) => {
    await connection.query('USE proof');
    for (; !stopped; writes += 1) {
      const id = 1 + ((writes * 37) % 2_900);
      await connection.query('UPDATE people SET note = ? WHERE id = ?', [`at ${writes}`, id]);
      await connection.query('INSERT INTO codes VALUES (?, ?)', [`new-${writes}`, writes]);
      await connection.query('DELETE FROM codes WHERE code = ?', [`new-${writes - 20}`]);
      // Without a pause a replica on a busy machine never catches up, and the comparison rightly waits for it.
      await sleep(10);
    }
    await connection.query("DELETE FROM codes WHERE code LIKE 'new-%'");
  });
  return async () => {
    stopped = true;
    await writing;
    return writes;
  };
}

async function alone(server: TriedServer, statements: readonly string[]): Promise<void> {
  await server.database.session(async (connection) => {
    await connection.query("SET SESSION sql_log_bin = 0, sql_mode = 'NO_AUTO_VALUE_ON_ZERO'");
    await connection.query('USE proof');
    for (const statement of statements) {
      await connection.query(statement);
    }
  });
}
