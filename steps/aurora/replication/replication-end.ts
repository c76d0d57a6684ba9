import {
  type Connections,
  errnoOf,
  type MysqlReader,
  makeSchemaSql,
  type Row,
} from '../../mysql/index.ts';
import type {ReplicationEnd} from '../contract.ts';

/** How far Aurora had replicated when a run was reversed: a row on Aurora itself, which goes when its data goes. */
const makeTableSql = `CREATE TABLE IF NOT EXISTS switcharoo.replication_end (
    only_row TINYINT NOT NULL DEFAULT 1 PRIMARY KEY,
    run VARCHAR(64) NOT NULL,
    upstream VARCHAR(64) NOT NULL,
    seed_file VARCHAR(255) NOT NULL,
    seed_position BIGINT UNSIGNED NOT NULL,
    executed_file VARCHAR(255) NOT NULL,
    executed_position BIGINT UNSIGNED NOT NULL,
    own_file VARCHAR(255) NOT NULL,
    own_position BIGINT UNSIGNED NOT NULL
  ) ENGINE=InnoDB DEFAULT CHARACTER SET latin1`;
const dropTableSql = 'DROP TABLE IF EXISTS switcharoo.replication_end';
const tableSql = `SELECT 1 AS there FROM information_schema.tables
  WHERE table_schema = 'switcharoo' AND table_name = 'replication_end'`;
const rowSql = 'SELECT * FROM switcharoo.replication_end';
const replaceSql = `REPLACE INTO switcharoo.replication_end
  (run, upstream, seed_file, seed_position, executed_file, executed_position, own_file, own_position)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;

export async function readReplicationEnd(
  server: Pick<MysqlReader, 'query'>,
  signal?: AbortSignal,
): Promise<ReplicationEnd | null> {
  if ((await server.query(tableSql, [], signal)).length === 0) {
    return null;
  }
  const rows = await server.query(rowSql, [], signal).catch(unlessNoTable);
  return rows[0] ? endOf(rows[0]) : null;
}

/** Written to Aurora's own log: no account of RDS may leave that out. */
export async function writeReplicationEnd(
  connections: Connections,
  end: ReplicationEnd,
  signal: AbortSignal,
): Promise<void> {
  const write = (sql: string, values: readonly unknown[] = []) =>
    connections.write({sql, values}, signal);
  await write(makeSchemaSql);
  await write(makeTableSql);
  await write(replaceSql, valuesOf(end)).catch(async (cause) => {
    // Before MySQL 8.0 a server that dies while it makes a table may list it, and then say that it does not exist.
    unlessNoTable(cause);
    await write(dropTableSql);
    await write(makeTableSql);
    await write(replaceSql, valuesOf(end));
  });
}

const valuesOf = ({run, upstream, seed, executed, own}: ReplicationEnd) => [
  ...[run, upstream, seed.file, seed.position],
  ...[executed.file, executed.position, own.file, own.position],
];

const endOf = (row: Row): ReplicationEnd => ({
  run: String(row['run']),
  upstream: String(row['upstream']),
  seed: positionIn(row, 'seed'),
  executed: positionIn(row, 'executed'),
  own: positionIn(row, 'own'),
});

const positionIn = (row: Row, of: 'seed' | 'executed' | 'own') => ({
  file: String(row[`${of}_file`]),
  position: Number(row[`${of}_position`]),
});

function unlessNoTable(cause: unknown): readonly Row[] {
  // ER_NO_SUCH_TABLE
  if (errnoOf(cause) === 1146) {
    return [];
  }
  throw cause;
}
