import type {CopyMarker, Position} from '../contract.ts';
import type {Row} from '../session/contract.ts';

/** Marks the schemas of preflight --load-schema, which are those of no run. */
export const schemaLoadMark = {run: 'preflight --load-schema', entry: 'load-schema'} as const;

export const isSchemaLoad = ({run}: Pick<CopyMarker, 'run'>): boolean => run === schemaLoadMark.run;

export const makeTableSql = `CREATE TABLE IF NOT EXISTS switcharoo.seed (
    run VARCHAR(64) NOT NULL,
    entry VARCHAR(64) NOT NULL,
    state VARCHAR(16) NOT NULL,
    of_schemas MEDIUMTEXT NOT NULL,
    executing TINYINT NOT NULL,
    log_file VARCHAR(255),
    log_position BIGINT UNSIGNED,
    source_file VARCHAR(255),
    source_position BIGINT UNSIGNED,
    begun_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (run, entry)
  ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`;

export const tableSql = `SELECT 1 AS there FROM information_schema.tables
  WHERE table_schema = 'switcharoo' AND table_name = 'seed'`;
export const rowsSql = 'SELECT * FROM switcharoo.seed ORDER BY begun_at DESC';
export const insertSql =
  "INSERT INTO switcharoo.seed (run, entry, state, of_schemas, executing) VALUES (?, ?, 'loading', ?, ?)";
export const placeSql = `UPDATE switcharoo.seed
  SET log_file = ?, log_position = ?, source_file = ?, source_position = ? WHERE run = ? AND entry = ?`;
export const loadedSql = "UPDATE switcharoo.seed SET state = 'loaded' WHERE run = ? AND entry = ?";
export const deleteSql = 'DELETE FROM switcharoo.seed WHERE run = ? AND entry = ?';
export const tablesBesideSql = `SELECT table_name AS name FROM information_schema.tables
  WHERE table_schema = 'switcharoo' AND table_name <> 'seed'`;

export function markerOf(row: Row): CopyMarker {
  const schemas: unknown = JSON.parse(String(row['of_schemas']));
  return {
    run: String(row['run']),
    entry: String(row['entry']),
    state: row['state'] === 'loaded' ? 'loaded' : 'loading',
    schemas: Array.isArray(schemas) ? schemas.map(String) : [],
    executing: Number(row['executing']) === 1,
    position: positionIn(row, 'log'),
    sourcePosition: positionIn(row, 'source'),
  };
}

const positionIn = (row: Row, of: 'log' | 'source'): Position | null =>
  row[`${of}_file`] === null
    ? null
    : {file: String(row[`${of}_file`]), position: Number(row[`${of}_position`])};
