import {listed} from '../../../src/index.ts';
import type {Row} from '../session/contract.ts';
import type {MysqlCheck} from './check.ts';
import {columnValue, exceptSystemSchemas, type Facts} from './facts.ts';
import {columnNameOf, columnsSql, plural, tableNameOf} from './tables.ts';

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
        (await server.rows(columnsSql))
          .filter((row) => /^'?0000-00-00/.test(columnValue(row, 'def')))
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
        (await autoIncrementsOf(server)).flatMap((row) => {
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
        (await server.rows(oddForeignKeysSql)).map(
          (row) =>
            `${tableNameOf(row)}.${columnValue(row, 'name')} to ${columnValue(row, 'parent')}`,
        ),
      ),
  },
];

const alarmPercent = 80;

/** Every AUTO_INCREMENT column, with its next value at this moment: it moves while rows are written. */
export async function autoIncrementsOf({version, server, signal}: Facts): Promise<readonly Row[]> {
  const {isMariaDb, series} = await version();
  if (!isMariaDb && series >= 800) {
    // Otherwise the server reports a cached value for up to a day (MySQL 8.0 manual, information_schema_stats_expiry).
    return server.queryAfter(
      'SET SESSION information_schema_stats_expiry = 0',
      countersSql,
      signal,
    );
  }
  return server.query(countersSql, [], signal);
}

// A BIGINT UNSIGNED comes as text.
const countersSql = `
  SELECT c.table_schema AS s, c.table_name AS t, c.column_name AS c, c.column_type AS column_type, t.auto_increment AS next
    FROM information_schema.columns c JOIN information_schema.tables t
      ON t.table_schema = c.table_schema AND t.table_name = c.table_name
   WHERE c.extra LIKE '%auto_increment%' AND t.auto_increment IS NOT NULL AND ${exceptSystemSchemas('c.table_schema')}
   ORDER BY c.table_schema, c.table_name`;

const oddForeignKeysSql = `
  SELECT r.constraint_schema AS s, r.table_name AS t, r.constraint_name AS name, r.referenced_table_name AS parent
    FROM information_schema.referential_constraints r
   WHERE r.unique_constraint_name IS NULL OR NOT EXISTS (
     SELECT 1 FROM information_schema.table_constraints k
      WHERE k.table_schema = r.unique_constraint_schema AND k.table_name = r.referenced_table_name
        AND k.constraint_name = r.unique_constraint_name AND k.constraint_type IN ('PRIMARY KEY', 'UNIQUE'))
   ORDER BY r.constraint_schema, r.table_name, r.constraint_name`;

const bits = {tinyint: 8n, smallint: 16n, mediumint: 24n, int: 32n, bigint: 64n} as const;

/** How much of an integer type's range is used, in percent, rounded down. */
function percentUsed(next: string, columnType: string): number {
  const [, name = ''] = /^(\w+)/.exec(columnType) ?? [];
  const size = Object.entries(bits).find(([type]) => type === name)?.[1] ?? 64n;
  const most = (1n << (columnType.includes('unsigned') ? size : size - 1n)) - 1n;
  // A FLOAT column may be AUTO_INCREMENT too, and its next value need not be an integer.
  return /^\d+$/.test(next) ? Number((BigInt(next) * 100n) / most) : 0;
}
