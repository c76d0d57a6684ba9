import {expect, test} from 'vitest';
import {LazyTable} from '../../../steps/mysql/compare/lazy-table.ts';
import type {ComparedTable} from '../../../steps/mysql/compare/sums.ts';
import {shapesOf} from '../../../steps/mysql/compare/table-shapes.ts';
import {verify} from '../../../steps/mysql/compare/verification.ts';
import type {MysqlReader} from '../../../steps/mysql/contract.ts';

class TwoPieces implements ComparedTable {
  readonly name = 'shop.orders';
  readonly different = ['shop.orders id = 7 differs'];
  readonly waiting = 0;
  readonly tooMany = false;
  readonly changing = 0;
  rows = 0;

  get finished(): boolean {
    return this.rows === 20;
  }

  get bookmark() {
    return {after: ['7'], rows: this.rows, finished: this.finished};
  }

  async step(): Promise<boolean> {
    this.rows += 10;
    return true;
  }
}

test('a table is compared when its turn comes, and leaves what it found', async () => {
  let made = 0;
  const table = new LazyTable(
    'shop.orders',
    () => {
      made += 1;
      return new TwoPieces();
    },
    false,
  );
  const never = () => Promise.reject(new Error('nothing is asked'));
  const step = () =>
    table.step({source: never, target: never}, {now: async () => null, passed: () => true});
  expect([made, table.rows, table.finished, table.bookmark]).toEqual([0, 0, false, null]);
  expect(await step()).toBe(true);
  expect([made, table.rows, table.finished]).toEqual([1, 10, false]);
  expect(await step()).toBe(true);
  expect(await step()).toBe(false);
  expect([made, table.rows, table.finished]).toEqual([1, 20, true]);
  expect(table.bookmark).toEqual({after: ['7'], rows: 20, finished: true});
  expect(table.different).toEqual(['shop.orders id = 7 differs']);
});

test('equal columns and keys of many tables are kept once', async () => {
  const tables = Array.from({length: 300}, (_, at) => ({s: 'shop', t: `t${at}`}));
  const ask = async ({sql, values = []}: {sql: string; values?: readonly unknown[]}) => {
    const names = values.flat(2).map(String);
    const rows = tables.filter(({t}) => names.includes(t));
    return /table_name AS t FROM information_schema.tables/.test(sql)
      ? tables
      : /FROM information_schema.tables/.test(sql)
        ? rows.map((row) => ({...row, kind: 'BASE TABLE', engine: 'InnoDB', approximate: 1}))
        : /information_schema.columns/.test(sql)
          ? rows.map((row) => ({...row, name: 'id', type: 'int', full_type: 'int(11)'}))
          : rows.map((row) => ({...row, index_name: 'PRIMARY', name: 'id', prefix: null}));
  };
  const shapes = [...(await shapesOf(ask, {except: []})).values()];
  expect(shapes).toHaveLength(300);
  expect(shapes.at(-1)?.columns).toMatchObject([{name: 'id', type: 'int', fullType: 'int'}]);
  expect(new Set(shapes.flatMap(({columns}) => columns)).size).toBe(1);
  expect(new Set(shapes.map(({key}) => key)).size).toBe(1);
});

// With 10,000 tables a bookmark is a line of about 1 MB, and the journal is kept in memory.
test('a comparison of a night is bookmarked some hundred times, and soon at its start', async () => {
  const position = {file: 'mysql-bin.000001', position: 4};
  const server = {
    replication: async () => null,
    position: async () => position,
    query: async () => [{Grants: 'GRANT ALL PRIVILEGES ON *.* TO `switcharoo`@`%`'}],
  } as unknown as MysqlReader; // what a comparison without replication asks
  const verification = {since: position, bookmark: {tables: {}}, workFor: async () => 'half'};
  const bookmarkedAt: number[] = [];
  for (let seconds = 0; seconds < 10 * 3_600; seconds += 2) {
    const verdict = await verify(
      {
        servers: {source: server, target: server},
        schemas: undefined,
        run: {id: 'r1', entry: 'verify-data'},
        now: new Date(seconds * 1_000),
        signal: new AbortController().signal,
      },
      async () => verification,
    );
    if (verdict.kind === 'waiting' && 'bookmark' in verdict) {
      bookmarkedAt.push(seconds);
    }
  }
  expect(bookmarkedAt.slice(0, 3)).toEqual([30, 60, 90]);
  expect(bookmarkedAt.length).toBeLessThan(150);
  const last = bookmarkedAt.at(-1) ?? 0;
  expect(10 * 3_600 - last).toBeLessThan(10 * 3_600 * 0.06);
});
