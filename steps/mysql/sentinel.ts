import type {Row} from './line.ts';

/** The rows that prove a way: written on one server, they must arrive on the other. */
export const tableSql = `SELECT 1 AS there FROM information_schema.tables
  WHERE table_schema = 'switcharoo' AND table_name = 'sentinel'`;

export const rowSql = 'SELECT 1 AS there FROM switcharoo.sentinel WHERE run = ? AND entry = ?';

// Both name an old character set: a follower that is older than the leader may not know the leader's default.
export const makeSchemaSql =
  'CREATE DATABASE IF NOT EXISTS switcharoo DEFAULT CHARACTER SET latin1';
export const makeTableSql = `CREATE TABLE IF NOT EXISTS switcharoo.sentinel (
    run VARCHAR(64) NOT NULL,
    entry VARCHAR(64) NOT NULL,
    written_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (run, entry)
  ) ENGINE=InnoDB DEFAULT CHARACTER SET latin1`;

export const insertSql = 'INSERT INTO switcharoo.sentinel (run, entry) VALUES (?, ?)';
export const deleteSql = 'DELETE FROM switcharoo.sentinel WHERE run = ? AND entry = ?';

export const isThere = (rows: readonly Row[]): boolean => rows.length > 0;
