import {type Found, listed} from '../../../src/index.ts';
import type {Row} from '../session/contract.ts';
import type {MysqlCheck} from './check.ts';
import {type Facts, notTheServers, text} from './facts.ts';

/** What does not replicate, cannot be applied in time, or has no place on Aurora. */
export const tableChecks: readonly MysqlCheck[] = [
  {
    name: 'not-innodb',
    severity: 'blocks',
    of: 'source',
    expects: 'All tables are InnoDB.',
    consequence:
      'The fence and the picture that a dump takes hold for transactional tables only, and Aurora has no other engine.',
    fix: 'ALTER TABLE … ENGINE = InnoDB.',
    find: (server) =>
      tables(
        server,
        (row) => text(row, 'engine') !== 'InnoDB' && text(row, 'type') === 'BASE TABLE',
        (count) => `${count} ${are(count, 'table')} of ${server.name} ${isAre(count)} not InnoDB`,
        (row) => `${nameOf(row)} (${text(row, 'engine')})`,
      ),
  },
  {
    name: 'no-primary-key',
    severity: 'warns',
    of: 'source',
    expects: 'All tables have a primary key.',
    consequence:
      'Each changed row is looked for in the whole table, so Aurora falls behind; and they are compared as a whole or not at all.',
    fix: 'ALTER TABLE … ADD PRIMARY KEY.',
    find: async (server) => {
      const rows = await server.rows(withoutKeySql);
      return listed(
        (count) =>
          `${count} ${are(count, 'table')} of ${server.name} ${count === 1 ? 'has' : 'have'} no primary key`,
        rows.map(nameOf),
      );
    },
  },
  {
    name: 'compressed-or-encrypted',
    severity: 'blocks',
    of: 'source',
    expects: 'No table is compressed or encrypted by the server.',
    consequence: 'Aurora has neither: the restore or the replicated CREATE TABLE fails.',
    fix: 'ALTER TABLE … ROW_FORMAT = DYNAMIC, KEY_BLOCK_SIZE = 0, without ENCRYPTION.',
    find: (server) =>
      tables(
        server,
        (row) =>
          /row_format=compressed|key_block_size|encryption='?y|encrypted`?='?yes|page_compressed/i.test(
            text(row, 'options'),
          ) || text(row, 'format') === 'Compressed',
        (count) =>
          `${count} ${are(count, 'table')} of ${server.name} ${isAre(count)} compressed or encrypted`,
        (row) => `${nameOf(row)} (${text(row, 'options') || 'row_format=COMPRESSED'})`,
      ),
  },
  {
    name: 'row-format-fixed',
    severity: 'blocks',
    of: 'source',
    expects: 'No InnoDB table asks for ROW_FORMAT = FIXED.',
    consequence:
      'A newer server refuses the same CREATE TABLE (errno 1031), and replication stops.',
    fix: 'ALTER TABLE … ROW_FORMAT = DYNAMIC.',
    find: (server) =>
      tables(
        server,
        (row) => /row_format=fixed/i.test(text(row, 'options')) && text(row, 'engine') === 'InnoDB',
        (count) => `${count} ${are(count, 'table')} of ${server.name} with ROW_FORMAT = FIXED`,
      ),
  },
  {
    name: 'only-in-mariadb',
    severity: 'blocks',
    of: 'source',
    expects: 'Nothing is of a sort that only MariaDB has.',
    consequence:
      'Aurora knows neither sequences nor system-versioned tables, and no uuid, inet4 or inet6.',
    fix: 'Change them into what MySQL has, before the seed.',
    find: async (server) => {
      const types = (await server.rows(columnsSql)).filter((row) =>
        ['uuid', 'inet4', 'inet6'].includes(text(row, 'data_type')),
      );
      const kinds = (await server.rows(tablesSql)).filter((row) =>
        ['SEQUENCE', 'SYSTEM VERSIONED'].includes(text(row, 'type')),
      );
      return listed(
        (count) => `${count} of what ${server.name} has is MariaDB's own`,
        [
          ...kinds.map((row) => `${nameOf(row)} (${text(row, 'type').toLowerCase()})`),
          ...types.map((row) => `${columnOf(row)} (${text(row, 'data_type')})`),
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
      'Other versions cut words, and order points, in another way: the same search may find other rows.',
    fix: "Try the application's searches on Aurora beforehand.",
    find: async (server) =>
      listed(
        (count) =>
          `${count} ${are(count, 'index', 'indexes')} of ${server.name} ${isAre(count)} fulltext or spatial`,
        (await server.rows(specialIndexesSql)).map(
          (row) => `${nameOf(row)}.${text(row, 'name')} (${text(row, 'type')})`,
        ),
      ),
  },
  {
    name: 'schema-named-tmp',
    severity: 'warns',
    of: 'source',
    expects: 'No schema is named tmp.',
    consequence: 'It is said to collide with a folder of that name on Aurora.',
    fix: 'Rename it, or try it on Aurora beforehand.',
    find: async (server) =>
      (await server.rows(schemasSql))
        .filter((row) => text(row, 's') === 'tmp')
        .map(() => ({is: `${server.name} has a schema tmp`})),
  },
];

export const tablesSql = `
  SELECT table_schema AS s, table_name AS t, table_type AS type, engine AS engine, row_format AS format,
         create_options AS options
    FROM information_schema.tables
   WHERE table_type NOT IN ('VIEW', 'SYSTEM VIEW') AND ${notTheServers('table_schema')}
   ORDER BY table_schema, table_name`;

export const columnsSql = `
  SELECT c.table_schema AS s, c.table_name AS t, c.column_name AS c, c.data_type AS data_type, c.column_type AS column_type,
         c.column_default AS def, c.extra AS extra, c.collation_name AS collation
    FROM information_schema.columns c JOIN information_schema.tables t
      ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type NOT IN ('VIEW', 'SYSTEM VIEW')
   WHERE ${notTheServers('c.table_schema')}
   ORDER BY c.table_schema, c.table_name, c.ordinal_position`;

const withoutKeySql = `
  SELECT t.table_schema AS s, t.table_name AS t
    FROM information_schema.tables t LEFT JOIN information_schema.table_constraints k
      ON k.table_schema = t.table_schema AND k.table_name = t.table_name AND k.constraint_type = 'PRIMARY KEY'
   WHERE t.table_type = 'BASE TABLE' AND k.table_name IS NULL AND ${notTheServers('t.table_schema')}
   ORDER BY t.table_schema, t.table_name`;

const specialIndexesSql = `
  SELECT DISTINCT table_schema AS s, table_name AS t, index_name AS name, index_type AS type
    FROM information_schema.statistics
   WHERE index_type IN ('FULLTEXT', 'SPATIAL') AND ${notTheServers('table_schema')}
   ORDER BY table_schema, table_name, index_name`;

const schemasSql = `SELECT schema_name AS s FROM information_schema.schemata ORDER BY schema_name`;

export const nameOf = (row: Row): string => `${text(row, 's')}.${text(row, 't')}`;
export const columnOf = (row: Row): string => `${nameOf(row)}.${text(row, 'c')}`;
export const are = (count: number, one: string, many = `${one}s`): string =>
  count === 1 ? one : many;
export const isAre = (count: number): string => (count === 1 ? 'is' : 'are');

async function tables(
  server: Facts,
  which: (row: Row) => boolean,
  says: (count: number) => string,
  named = nameOf,
): Promise<readonly Found[]> {
  return listed(says, (await server.rows(tablesSql)).filter(which).map(named));
}
