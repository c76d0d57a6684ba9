import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {SwitcharooError} from '../../../src/model/problem.ts';
import {keeperIn} from '../../../src/run/keeper.ts';
import {catalogueServesMs, type TableName} from '../../../steps/mysql/catalogue/contract.ts';
import {childrenInInnodb} from '../../../steps/mysql/catalogue/innodb.ts';
import {readTables} from '../../../steps/mysql/catalogue/parts.ts';
import {inPieces} from '../../../steps/mysql/catalogue/pieces.ts';
import {SharedReading} from '../../../steps/mysql/catalogue/shared-reading.ts';
import {columnChecks} from '../../../steps/mysql/checks/columns.ts';
import {factsOf, judgedByCatalogue} from '../../../steps/mysql/checks/facts.ts';
import {tableChecks} from '../../../steps/mysql/checks/tables.ts';
import {describeEachServer, type TriedServer} from './each-server.ts';

const tablesOf = (s: string, count: number): readonly TableName[] =>
  Array.from({length: count}, (_, at) => ({s, t: `t${at}`}));

const timedOut = () =>
  new SwitcharooError({code: 'mysql-statement-timeout', message: 'No answer.', hint: 'Wait.'});

test('a large schema is read in pieces, small ones together, and every table once', async () => {
  const names = [...tablesOf('large', 400), ...tablesOf('one', 3), ...tablesOf('two', 3)];
  const conditions: string[] = [];
  const told: string[] = [];
  const pieces = await inPieces(names, {
    read: async (piece) => {
      conditions.push(piece.where('s', 't').sql);
      return piece.names;
    },
    progress: (read, of) => told.push(`${read} of ${of}`),
  });
  expect(pieces.map((piece) => piece.length)).toEqual([134, 134, 132, 6]);
  expect(pieces.flat()).toEqual(names);
  expect(conditions.at(-1)).toBe('((s = ? AND t IN (?)) OR (s = ? AND t IN (?)))');
  expect(told.at(-1)).toBe('406 of 406');
});

test('a piece that the server does not answer in time is halved, down to the table that it cannot answer', async () => {
  const sizes: number[] = [];
  const slowWith = (name: string) => async (piece: {names: readonly TableName[]}) => {
    sizes.push(piece.names.length);
    if (piece.names.length > 50 || piece.names.some(({t}) => t === name)) {
      throw timedOut();
    }
    return piece.names;
  };
  const names = tablesOf('shop', 150);
  expect((await inPieces(names, {read: slowWith('none'), atOnce: 1})).flat()).toEqual(names);
  expect(sizes).toEqual([150, 75, 38, 37, 75, 38, 37]);
  await expect(inPieces(names, {read: slowWith('t7')})).rejects.toThrow('No answer.');
  expect(sizes.at(-1)).toBe(1);
});

test('names that a condition takes for the same are told apart', async () => {
  const rows = [
    {s: 'shop', t: 'orders'},
    {s: 'shop', t: 'Orders'},
  ];
  const [found] = await inPieces([{s: 'shop', t: 'Orders'}], {
    read: async (piece) => rows.filter(piece.has),
  });
  expect(found).toEqual([{s: 'shop', t: 'Orders'}]);
});

test('foreign keys of tables that InnoDB names in another way are looked for in every table', async () => {
  const asked = (name: string) => async () => [{name}];
  const names = [{s: 'shop', t: 'Order-lines'}];
  const childrenFor = (name: string) => childrenInInnodb(asked(name), names);
  expect(await childrenFor('shop/Order@002dlines')).toEqual(new Set(['shop\0Order-lines']));
  expect(await childrenFor('shop/order@002dlines')).toBeNull();
  expect(await childrenFor('shop/B@1ocher')).toBeNull();
  expect(await childrenInInnodb(() => Promise.reject(new Error('1227')), names)).toBeNull();
});

test.each([true, false])(
  'values that InnoDB has not at hand are read with their tables where they are asked for: %s',
  async (withNext) => {
    const counted: unknown[] = [];
    const tables = ['used', 'unused', 'without'].map((t) => ({s: 'shop', t, type: 'BASE TABLE'}));
    const ask = async ({sql, values = []}: {sql: string; values?: readonly unknown[]}) => {
      if (sql.includes('information_schema.columns')) {
        return tables.map(({s, t}) => ({s, t, extra: t === 'without' ? '' : 'auto_increment'}));
      }
      if (sql.includes('auto_increment AS next')) {
        counted.push(...values);
        return [{s: 'shop', t: 'unused', next: '9'}];
      }
      return sql.includes('information_schema.tables') ? tables : [];
    };
    const read = await readTables(tables, {
      ...{ask, askNow: ask, progress: () => {}, hasGenerated: false, opensMany: true},
      ...{children: null, nextAtHand: new Map([['shop\0used', '7']]), withKeys: false, withNext},
    });
    expect(read.tables.map(({t, next}) => [t, next])).toEqual([
      ['used', '7'],
      ['unused', withNext ? '9' : undefined],
      ['without', undefined],
    ]);
    expect(counted).toEqual(withNext ? ['shop', ['unused']] : []);
  },
);

test('a reading is shared, outlives those who give up, and ends when nobody waits', async () => {
  let readings = 0;
  let ended = 0;
  let answer = (_value: string) => {};
  const shared = new SharedReading<string>(({signal, progress}) => {
    readings += 1;
    progress?.('half of it');
    signal.addEventListener('abort', () => {
      ended += 1;
    });
    return new Promise((resolve, reject) => {
      answer = resolve;
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  });
  const [impatient, patient] = [new AbortController(), new AbortController()];
  const first = shared.value({signal: impatient.signal});
  const second = shared.value({signal: patient.signal});
  impatient.abort(new Error('gave up'));
  await expect(first).rejects.toThrow('gave up');
  answer('all of it');
  expect(await second).toBe('all of it');
  expect(await shared.value({signal: patient.signal})).toBe('all of it');
  expect([readings, ended]).toEqual([1, 0]);

  const lonely = new SharedReading<string>(
    ({signal}) =>
      new Promise((_resolve, reject) => {
        readings += 1;
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
  );
  const alone = new AbortController();
  const asked = lonely.value({signal: alone.signal});
  alone.abort(new Error('nobody waits'));
  await expect(asked).rejects.toThrow('nobody waits');
  const again = new AbortController();
  const next = lonely.value({signal: again.signal});
  again.abort(new Error('again'));
  await expect(next).rejects.toThrow('again');
  expect(readings).toBe(3);
});

describeEachServer('the catalogue', (on) => {
  const {signal} = new AbortController();
  const notInnodb = async (look: Parameters<typeof factsOf>[2]) => {
    const {tables} = await factsOf(on.session.reader, signal, look).tables();
    const wrong = tables.filter(({s, engine}) => s === 'estate' && engine !== 'InnoDB');
    return wrong.length > 0
      ? {kind: 'blocked', tables: wrong.map(({t}) => t)}
      : {kind: 'done', tables: []};
  };

  test('serves the looks of some minutes, and is read again before anything is blocked by it', async () => {
    await on.database.query('CREATE DATABASE estate');
    await on.database.query('CREATE TABLE estate.notes (id INT PRIMARY KEY) ENGINE = MyISAM');
    expect(await judgedByCatalogue({}, notInnodb)).toEqual({kind: 'blocked', tables: ['notes']});
    await on.database.query('ALTER TABLE estate.notes ENGINE = InnoDB');
    expect(await judgedByCatalogue({}, notInnodb)).toEqual({kind: 'done', tables: []});
    const read = on.session.reader.catalogue(0).startedMs;
    expect(await judgedByCatalogue({}, notInnodb)).toEqual({kind: 'done', tables: []});
    expect(on.session.reader.catalogue(0).startedMs).toBe(read);
    await on.database.query('DROP DATABASE estate');
  });

  test('has every table of many, in their order, whatever the case of its name', async () => {
    await on.database.session(async (connection) => {
      await connection.query('CREATE DATABASE estate');
      for (let table = 0; table < 330; table += 1) {
        await connection.query(`CREATE TABLE estate.t${1000 + table} (id INT PRIMARY KEY)`);
      }
      await connection.query('CREATE TABLE estate.T1000 (other INT PRIMARY KEY)');
      await connection.query(
        `CREATE TABLE estate.\`of-all ü\` (id TINYINT AUTO_INCREMENT PRIMARY KEY, parent INT, words VARCHAR(20),
           KEY by_parent (parent), FULLTEXT KEY words (words), FOREIGN KEY (parent) REFERENCES estate.t1000 (id)) ENGINE = InnoDB`,
      );
      await connection.query('INSERT INTO estate.`of-all ü` (id) VALUES (120)');
      await connection.query('CREATE VIEW estate.v AS SELECT id FROM estate.t1000');
      await connection.query(
        'CREATE TRIGGER estate.tr BEFORE INSERT ON estate.t1001 FOR EACH ROW SET @a = 1',
      );
    });
    const told: string[] = [];
    const facts = factsOf(on.session.reader, signal, {stillReading: (text) => told.push(text)});
    const [{tables, columns}, {indexes, foreignKeys}] = await Promise.all([
      facts.tables(),
      facts.keys(),
    ]);
    const {defined} = await facts.objects();
    const largest = await facts.largest();
    const findingsOf = (check: string) =>
      columnChecks
        .concat(tableChecks)
        .find(({name}) => name === check)
        ?.find(facts, []);
    const findings = await Promise.all(
      ['auto-increment-nearly-full', 'fulltext-or-spatial'].map(findingsOf),
    );
    const kept = await keptFrom(on);
    await on.database.query('DROP DATABASE estate');
    const rows = {tables, columns, indexes, foreignKeys, defined, largest};
    for (const [part, read] of Object.entries(rows)) {
      // The server orders names that differ in their case alone as it likes.
      expect(byText(kept[part as keyof typeof kept]), part).toEqual(byText(read));
    }
    expect(JSON.stringify(findings)).toContain('estate.of-all ü.id (tinyint');
    expect(JSON.stringify(findings)).toContain('estate.of-all ü.words (FULLTEXT)');
    expect(foreignKeys.filter(({s}) => s === 'estate')).toMatchObject([
      {t: 'of-all ü', parent: 't1000', parent_key: 'PRIMARY'},
    ]);
    const here = tables.filter(({s}) => s === 'estate').map(({t}) => String(t));
    expect(new Set(here).size).toBe(332);
    expect(here).toHaveLength(332);
    expect(largest.filter(({s, largest: value}) => s === 'estate' && value !== null)).toEqual([
      {s: 'estate', t: 'of-all ü', c: 'id', largest: '120', next: expect.anything()},
    ]);
    expect(columns.filter(({s}) => s === 'estate')).toHaveLength(334);
    expect(columns.find(({t}) => t === 'T1000')).toMatchObject({c: 'other'});
    expect(indexes.filter(({s}) => s === 'estate')).toHaveLength(334);
    expect(defined.filter(({s}) => s === 'estate').map(({what, name}) => [what, name])).toEqual([
      ['trigger', 'tr'],
      ['view', 'v'],
    ]);
    expect(told).toContainEqual(
      expect.stringMatching(/^reading the catalogue of db1: .* of 333 of 333 tables$/),
    );
  });
});

/** Reads the catalogue and closes the target, as `preflight` does; then what the next command gets of it. */
async function keptFrom(on: TriedServer) {
  const folder = mkdtempSync(join(tmpdir(), 'kept-'));
  const {signal} = new AbortController();
  const opened = () => on.open(keeperIn(folder));
  try {
    const first = await opened();
    const read = factsOf(first.reader, signal);
    await Promise.all([read.tables(), read.keys(), read.objects(), read.largest()]);
    await first.close();
    // Its connections are closed: nothing can be read.
    const second = await opened();
    const catalogue = second.reader.catalogue(-catalogueServesMs);
    await second.close();
    return {
      ...(await catalogue.tables({signal})),
      ...(await catalogue.keys({signal})),
      ...(await catalogue.objects({signal})),
      largest: await catalogue.largest({signal}),
    };
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

const byText = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).toSorted();
