import {listed} from '../../../src/index.ts';
import type {CatalogueKeys, CatalogueTables} from '../catalogue/contract.ts';
import type {Row} from '../session/contract.ts';
import type {MysqlCheck} from './check.ts';
import {columnValue, type Facts} from './facts.ts';
import {columnNameOf, plural, tableNameOf} from './tables.ts';

export const columnChecks: readonly MysqlCheck[] = [
  {
    name: 'zero-date-default',
    severity: 'warns',
    of: 'source',
    expects: 'No column has a zero date as its default.',
    consequence:
      'With NO_ZERO_DATE in sql_mode, the default from MySQL 5.7 on, the table cannot be created or altered.',
    fix: 'ALTER TABLE … ALTER COLUMN … SET DEFAULT a real date, or NULL.',
    find: async (server) =>
      listed(
        (count) =>
          `${count} ${plural(count, 'column')} of ${server.name} ${plural(count, 'has', 'have')} a zero date as default`,
        (await server.tables()).columns
          .filter((row) => /^'?(?:0000-00-00|\d{4}-(?:00|\d\d-00))/.test(columnValue(row, 'def')))
          .map(columnNameOf),
      ),
  },
  {
    name: 'auto-increment-nearly-full',
    severity: 'warns',
    of: 'source',
    expects: 'Every AUTO_INCREMENT column has at least a fifth of its values left.',
    consequence: 'After the last value every insert fails (errno 1062, 1467).',
    fix: 'ALTER TABLE … MODIFY the column as BIGINT UNSIGNED before the seed.',
    find: async (server) =>
      listed(
        (count) =>
          `${count} AUTO_INCREMENT ${plural(count, 'column')} of ${server.name} ${plural(count, 'is', 'are')} nearly full`,
        (await countersOf(server)).flatMap((row) => {
          const percent = percentUsed(columnValue(row, 'next'), columnValue(row, 'column_type'));
          return percent < alarmPercent
            ? []
            : [`${columnNameOf(row)} (${columnValue(row, 'column_type')}, ${percent} % used)`];
        }),
      ),
  },
  {
    name: 'foreign-key-without-unique-parent',
    severity: 'warns',
    of: 'source',
    expects: 'Every foreign key references a primary or unique key.',
    consequence:
      'MySQL 8.4, and Aurora of that version, refuse to create it (restrict_fk_on_non_standard_key).',
    fix: 'Add a UNIQUE key to the parent table, or drop the foreign key.',
    find: async (server) =>
      listed(
        (count) =>
          `${count} foreign ${plural(count, 'key')} of ${server.name} ${plural(count, 'references', 'reference')} columns that are not unique`,
        oddForeignKeysOf(await server.keys()).map(
          (row) =>
            `${tableNameOf(row)}.${columnValue(row, 'name')} to ${columnValue(row, 'parent')}`,
        ),
      ),
  },
];

const alarmPercent = 80;

/** Every AUTO_INCREMENT column, with its `next` value where that is at hand: it moves while rows are written. */
const autoIncrementsOf = ({tables, columns}: CatalogueTables): readonly Row[] =>
  withNext(
    columns.filter((row) => columnValue(row, 'extra').includes('auto_increment')),
    tables,
  );

/** The same columns with their `next` value as it is now. */
export const countersNow = async (
  server: Facts,
  columns: readonly Row[],
): Promise<readonly Row[]> =>
  withNext(
    columns,
    await server.counters(
      columns.map((row) => ({s: columnValue(row, 's'), t: columnValue(row, 't')})),
    ),
  );

function withNext(columns: readonly Row[], tables: readonly Row[]): readonly Row[] {
  const next = new Map(tables.map((row) => [tableNameOf(row), row['next']]));
  return columns.flatMap((row) => {
    const value = next.get(tableNameOf(row));
    return value === null ? [] : [{...row, next: value}];
  });
}

async function countersOf(server: Facts): Promise<readonly Row[]> {
  const columns = autoIncrementsOf(await server.tablesWithNext());
  const others = columns.filter(({next}) => next === undefined);
  return [
    ...columns.filter(({next}) => next !== undefined),
    ...(others.length > 0 ? await countersNow(server, others) : []),
  ];
}

function oddForeignKeysOf({foreignKeys, indexes}: CatalogueKeys): readonly Row[] {
  const unique = new Set(
    indexes
      .filter(({non_unique: many}) => Number(many) === 0)
      .map((row) => `${tableNameOf(row)}.${columnValue(row, 'name')}`),
  );
  const parentKeyOf = (row: Row) =>
    ['parent_schema', 'parent', 'parent_key'].map((part) => columnValue(row, part)).join('.');
  return foreignKeys.filter((row) => row['parent_key'] === null || !unique.has(parentKeyOf(row)));
}

const bits = {tinyint: 8n, smallint: 16n, mediumint: 24n, int: 32n, bigint: 64n} as const;

/** How much of an integer type's range is used, in percent, rounded down. */
function percentUsed(next: string, columnType: string): number {
  const [, name = ''] = /^(\w+)/.exec(columnType) ?? [];
  const size = Object.entries(bits).find(([type]) => type === name)?.[1] ?? 64n;
  const most = (1n << (columnType.includes('unsigned') ? size : size - 1n)) - 1n;
  // A FLOAT column may be AUTO_INCREMENT too, and its next value need not be an integer.
  return /^\d+$/.test(next) ? Number((BigInt(next) * 100n) / most) : 0;
}
