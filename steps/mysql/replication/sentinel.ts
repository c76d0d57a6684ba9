import {errnoOf} from '../dialect/dialect.ts';
import type {Row} from '../session/contract.ts';

/** The test rows that verify replication: written on the source, they must arrive on the replica. */
const tableSql = `SELECT 1 AS there FROM information_schema.tables
  WHERE table_schema = 'switcharoo' AND table_name = 'sentinel'`;

const rowSql = 'SELECT note AS note FROM switcharoo.sentinel WHERE run = ? AND entry = ?';

// Both name an old character set: a replica that is older than its source may not know the source's default.
export const makeSchemaSql =
  'CREATE DATABASE IF NOT EXISTS switcharoo DEFAULT CHARACTER SET latin1';
export const makeTableSql = `CREATE TABLE IF NOT EXISTS switcharoo.sentinel (
    run VARCHAR(64) NOT NULL,
    entry VARCHAR(64) NOT NULL,
    written_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    note VARCHAR(255) NOT NULL DEFAULT '',
    PRIMARY KEY (run, entry)
  ) ENGINE=InnoDB DEFAULT CHARACTER SET latin1`;

export const insertSql = 'INSERT INTO switcharoo.sentinel (run, entry, note) VALUES (?, ?, ?)';
export const replaceSql = 'REPLACE INTO switcharoo.sentinel (run, entry, note) VALUES (?, ?, ?)';
export const deleteSql = 'DELETE FROM switcharoo.sentinel WHERE run = ? AND entry = ?';
/** Removes what is left of a table when the server died during `makeTableSql`. */
export const dropTableSql = 'DROP TABLE IF EXISTS switcharoo.sentinel';

type Read = (sql: string, values?: readonly unknown[]) => Promise<readonly Row[]>;

/** Before MySQL 8.0 a server that dies while it makes a table may list it, and then say that it does not exist. */
export async function isHalfMade(read: Read): Promise<boolean> {
  const isListed = (await read(tableSql)).length > 0;
  return (
    isListed && (await unlessNoTable(read('SELECT 1 FROM switcharoo.sentinel LIMIT 0'))) === null
  );
}

/** What the row notes; `null` where there is no such row. */
export async function noteOf(read: Read, run: string, entry: string): Promise<string | null> {
  // Asked together: in a freeze somebody waits for each answer. Without the table an account may lack the right to it.
  const asked = unlessNoTable(read(rowSql, [run, entry]));
  asked.catch(() => {});
  const rows = (await read(tableSql)).length === 0 ? [] : await asked;
  return rows?.[0] ? String(rows[0]['note']) : null;
}

async function unlessNoTable(rows: Promise<readonly Row[]>): Promise<readonly Row[] | null> {
  try {
    return await rows;
  } catch (cause) {
    if (errnoOf(cause) === noSuchTable) {
      return null;
    }
    throw cause;
  }
}

// ER_NO_SUCH_TABLE, ER_BAD_DB_ERROR
const noSuchTable = 1146;
const noSuchDatabase = 1049;

export const isTableMissing = (cause: unknown): boolean =>
  [noSuchTable, noSuchDatabase].includes(errnoOf(cause) ?? 0);
