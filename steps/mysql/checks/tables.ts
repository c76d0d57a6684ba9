import {listed, type Observation} from '../../../src/index.ts';
import {isSchemaLoad} from '../copy/copy-marker.ts';
import type {Row} from '../session/contract.ts';
import type {MysqlCheck} from './check.ts';
import {columnValue, type Facts} from './facts.ts';

/** Tables that do not replicate, replicate too slowly, or cannot exist on Aurora. */
export const tableChecks: readonly MysqlCheck[] = [
  {
    name: 'not-innodb',
    severity: 'blocks',
    of: 'source',
    expects: 'All tables are InnoDB.',
    consequence:
      'Aurora has no other engine, and neither read_only nor the snapshot of a dump covers tables without transactions.',
    fix: 'ALTER TABLE … ENGINE = InnoDB.',
    find: (server) =>
      tables(
        server,
        (row) =>
          columnValue(row, 'engine') !== 'InnoDB' && columnValue(row, 'type') === 'BASE TABLE',
        (count) =>
          `${count} ${plural(count, 'table')} of ${server.name} ${plural(count, 'is', 'are')} not InnoDB`,
        (row) => `${tableNameOf(row)} (${columnValue(row, 'engine')})`,
      ),
  },
  {
    name: 'no-primary-key',
    severity: 'warns',
    of: 'source',
    expects: 'All tables have a primary key.',
    consequence:
      'A replica scans the whole table for each changed row, so Aurora falls behind; and the table is compared as a whole or not at all.',
    fix: 'ALTER TABLE … ADD PRIMARY KEY.',
    find: async (server) => {
      const [{tables: all}, {indexes}] = await Promise.all([server.tables(), server.keys()]);
      const keyed = new Set(
        indexes.filter((row) => columnValue(row, 'name') === 'PRIMARY').map(tableNameOf),
      );
      return listed(
        (count) =>
          `${count} ${plural(count, 'table')} of ${server.name} ${plural(count, 'has', 'have')} no primary key`,
        all
          .filter((row) => columnValue(row, 'type') === 'BASE TABLE')
          .map(tableNameOf)
          .filter((name) => !keyed.has(name)),
      );
    },
  },
  {
    name: 'compressed-or-encrypted',
    severity: 'blocks',
    of: 'source',
    expects: 'No table is compressed or encrypted by the server.',
    consequence: 'Aurora supports neither: the restore or the replicated CREATE TABLE fails.',
    fix: 'ALTER TABLE … ROW_FORMAT = DYNAMIC, KEY_BLOCK_SIZE = 0, without ENCRYPTION.',
    find: (server) =>
      tables(
        server,
        (row) =>
          /row_format=compressed|key_block_size|encryption='?y|encrypted`?='?yes|page_compressed/i.test(
            columnValue(row, 'options'),
          ),
        (count) =>
          `${count} ${plural(count, 'table')} of ${server.name} ${plural(count, 'is', 'are')} compressed or encrypted`,
        (row) => `${tableNameOf(row)} (${columnValue(row, 'options')})`,
      ),
  },
  {
    name: 'row-format-fixed',
    severity: 'blocks',
    of: 'source',
    expects: 'No InnoDB table has ROW_FORMAT = FIXED.',
    consequence:
      'A newer server refuses the same CREATE TABLE (errno 1031), and replication stops.',
    fix: 'ALTER TABLE … ROW_FORMAT = DYNAMIC.',
    find: (server) =>
      tables(
        server,
        (row) =>
          /row_format=fixed/i.test(columnValue(row, 'options')) &&
          columnValue(row, 'engine') === 'InnoDB',
        (count) =>
          `${count} ${plural(count, 'table')} of ${server.name} ${plural(count, 'has', 'have')} ROW_FORMAT = FIXED`,
      ),
  },
  {
    name: 'data-directory-used',
    severity: 'blocks',
    of: 'source',
    expects: 'No table or partition is in a directory of its own (DATA DIRECTORY).',
    consequence:
      'MySQL 8 and later refuse a directory that they are not set up for (errno 3121): a load stops at that table.',
    fix: 'CREATE the table again without DATA DIRECTORY under another name, INSERT … SELECT into it, then RENAME TABLE.',
    find: async (server) =>
      listed(
        (count) =>
          `${count} ${plural(count, 'file')} of tables of ${server.name} ${plural(count, 'is', 'are')} in a directory of ${plural(count, 'its', 'their')} own`,
        (await filesElsewhere(server)).map((row) => columnValue(row, 'path')),
      ),
  },
  {
    name: 'mariadb-only-features',
    severity: 'blocks',
    of: 'source',
    expects: 'No table or column uses a feature that only MariaDB has.',
    consequence:
      'Aurora has no sequences, no system-versioned tables, and no types uuid, inet4 or inet6.',
    fix: 'Convert them to features of MySQL before the seed.',
    find: async (server) => {
      const {columns, tables: all} = await server.tables();
      const types = columns.filter((row) =>
        ['uuid', 'inet4', 'inet6'].includes(columnValue(row, 'data_type')),
      );
      const kinds = all.filter((row) =>
        ['SEQUENCE', 'SYSTEM VERSIONED'].includes(columnValue(row, 'type')),
      );
      return listed(
        (count) =>
          `${count} ${plural(count, 'table or column', 'tables or columns')} of ${server.name} ${plural(count, 'uses', 'use')} features of MariaDB only`,
        [
          ...kinds.map((row) => `${tableNameOf(row)} (${columnValue(row, 'type').toLowerCase()})`),
          ...types.map((row) => `${columnNameOf(row)} (${columnValue(row, 'data_type')})`),
        ],
      );
    },
  },
  {
    name: 'fulltext-or-spatial',
    severity: 'warns',
    of: 'source',
    expects: 'No index is fulltext or spatial.',
    consequence:
      'Other versions split words and order points differently, so the same search may find other rows.',
    fix: "Test the application's searches on Aurora before the cutover.",
    find: async (server) =>
      listed(
        (count) =>
          `${count} ${plural(count, 'index', 'indexes')} of ${server.name} ${plural(count, 'is', 'are')} fulltext or spatial`,
        (await server.keys()).indexes
          .filter((row) => ['FULLTEXT', 'SPATIAL'].includes(columnValue(row, 'type')))
          .map(
            (row) =>
              `${tableNameOf(row)}.${columnValue(row, 'name')} (${columnValue(row, 'type')})`,
          ),
      ),
  },
  {
    name: 'schema-load-left',
    severity: 'blocks',
    expects: 'The server has no schema left by preflight --load-schema.',
    consequence: 'The server is not empty, so a first copy to it is refused.',
    fix: 'Run preflight --load-schema with this target again: it removes them. Or DROP DATABASE for each of them and for switcharoo.',
    find: async (server) => {
      const marker = await server.server.copies.marker(server.signal);
      return listed(
        (count) =>
          `${server.name} has ${count} ${plural(count, 'schema')} of a preflight --load-schema that was killed or is still running`,
        marker && isSchemaLoad(marker) ? marker.schemas : [],
      );
    },
  },
  {
    name: 'schema-named-tmp',
    severity: 'warns',
    of: 'source',
    expects: 'No schema is named tmp.',
    consequence: 'It may collide with a folder of that name on Aurora.',
    fix: 'Rename it, or test it on Aurora first.',
    find: async (server) =>
      (await server.tables()).schemas
        .filter((row) => columnValue(row, 's') === 'tmp')
        .map(() => ({is: `${server.name} has a schema tmp`})),
  },
];

/** InnoDB writes a path of the data folder as `./shop/orders.ibd`. MariaDB has no such list from 10.6 on. */
async function filesElsewhere(server: Facts): Promise<readonly Row[]> {
  const {isMariaDb, series} = await server.version();
  const from = isMariaDb || series < 800 ? 'innodb_sys_datafiles' : 'innodb_datafiles';
  return isMariaDb && series >= 1006
    ? []
    : server.rows(
        `SELECT path AS path FROM information_schema.${from} WHERE path LIKE '/%.ibd' ORDER BY path`,
      );
}

export const tableNameOf = (row: Row): string =>
  `${columnValue(row, 's')}.${columnValue(row, 't')}`;
export const columnNameOf = (row: Row): string => `${tableNameOf(row)}.${columnValue(row, 'c')}`;
export const plural = (count: number, singular: string, form = `${singular}s`): string =>
  count === 1 ? singular : form;

async function tables(
  server: Facts,
  which: (row: Row) => boolean,
  text: (count: number) => string,
  item = tableNameOf,
): Promise<readonly Observation[]> {
  return listed(text, (await server.tables()).tables.filter(which).map(item));
}
