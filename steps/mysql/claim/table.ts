import type {Claim, ClaimKey} from '../../../src/index.ts';
import type {Row} from '../session/contract.ts';

// At most one row: inserting it and owning the server are one step. Nothing of it is written to the binary log: a
// replica that was copied later has no such row, and would stop at its removal.
export const makeSchemaSql = 'CREATE DATABASE IF NOT EXISTS switcharoo';
export const makeTableSql = `CREATE TABLE IF NOT EXISTS switcharoo.claim (
    only_row TINYINT NOT NULL DEFAULT 1 PRIMARY KEY,
    run VARCHAR(64) NOT NULL,
    runbook VARCHAR(255) NOT NULL,
    inventory VARCHAR(255) NOT NULL,
    user VARCHAR(255) NOT NULL,
    host VARCHAR(255) NOT NULL,
    since_utc VARCHAR(32) NOT NULL,
    folder VARCHAR(1024) NOT NULL,
    journal VARCHAR(64) NOT NULL
  ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8`;
export const dropTableSql = 'DROP TABLE IF EXISTS switcharoo.claim';

export const tableSql = `SELECT 1 AS there FROM information_schema.tables
  WHERE table_schema = 'switcharoo' AND table_name = 'claim'`;
export const rowSql = `SELECT run, runbook, inventory, user, host, since_utc, folder, journal
  FROM switcharoo.claim`;
export const insertSql = `INSERT INTO switcharoo.claim (run, runbook, inventory, user, host, since_utc, folder, journal)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
export const deleteSql = 'DELETE FROM switcharoo.claim WHERE run = ? AND journal = ?';

export const valuesOf = (claim: Claim) => {
  const {run, runbook, inventory, user, host, sinceUtc, folder, journal} = claim;
  return [run, runbook, inventory, user, host, sinceUtc, folder, journal] as const;
};

export const isSame = (claim: ClaimKey | null, {run, journal}: ClaimKey): boolean =>
  claim?.run === run && claim.journal === journal;

export const claimOf = (row: Row): Claim => ({
  run: String(row['run']),
  runbook: String(row['runbook']),
  inventory: String(row['inventory']),
  user: String(row['user']),
  host: String(row['host']),
  sinceUtc: String(row['since_utc']),
  folder: String(row['folder']),
  journal: String(row['journal']),
});
