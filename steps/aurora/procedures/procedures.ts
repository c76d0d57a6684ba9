import {type Problem, SwitcharooError} from '../../../src/index.ts';
import {
  callableProcedures,
  type MysqlReader,
  type Procedures,
  type Row,
} from '../../mysql/index.ts';
import {procedureDiffers, procedureMissing} from './problems.ts';

// Which ones exist depends on the engine and on its version; the same name takes other arguments on RDS for MySQL.
const proceduresSql = `
  SELECT r.routine_name AS name, COUNT(p.ordinal_position) AS arguments
    FROM information_schema.routines r
    LEFT JOIN information_schema.parameters p
      ON p.specific_schema = r.routine_schema AND p.specific_name = r.specific_name AND p.parameter_mode IS NOT NULL
   WHERE r.routine_schema = 'mysql' AND r.routine_type = 'PROCEDURE' AND r.routine_name LIKE 'rds\\_%'
   GROUP BY r.routine_name`;

/** Aurora's own procedures on a server. */
export async function proceduresOn(
  server: Pick<MysqlReader, 'query' | 'settings'>,
  signal?: AbortSignal,
): Promise<Procedures> {
  const listed = proceduresIn(await server.query(proceduresSql, [], signal));
  return callableProcedures(
    listed,
    await server.settings(['aurora_version', 'version', 'basedir'], signal),
  );
}

const proceduresIn = (rows: readonly Row[]): Procedures =>
  new Map(rows.map((row) => [String(row['name']), Number(row['arguments'])]));

/**
 * The procedures that the steps need. The first name that the server has is used (version 3 and later, then 1 and 2).
 */
const uses = {
  setReadOnly: {names: ['rds_set_read_only'], arguments: 1},
  setSource: {names: ['rds_set_external_source', 'rds_set_external_master'], arguments: 7},
  resetSource: {names: ['rds_reset_external_source', 'rds_reset_external_master'], arguments: 0},
  start: {names: ['rds_start_replication'], arguments: 0},
  stop: {names: ['rds_stop_replication'], arguments: 0},
  kill: {names: ['rds_kill'], arguments: 1},
  setTls: {names: ['rds_set_binlog_source_ssl'], arguments: 1},
} as const;

export type Use = keyof typeof uses;

/** The statement that calls the procedure for `use`, with placeholders. */
export function callFor(use: Use, procedures: Procedures, server: string): string {
  const {names, arguments: expected} = uses[use];
  const name = names.find((candidate) => procedures.has(candidate));
  if (name === undefined) {
    throw new SwitcharooError(procedureMissing(server, names[0]));
  }
  const actual = procedures.get(name) ?? 0;
  if (actual !== expected) {
    throw new SwitcharooError(procedureDiffers(server, name, actual, expected));
  }
  return `CALL mysql.${name}(${Array(expected).fill('?').join(', ')})`;
}

/** The problems of every use at once, for preflight. */
export function procedureProblems(
  procedures: Procedures,
  {name: server, replicationTls}: Pick<MysqlReader, 'name' | 'replicationTls'>,
): readonly Problem[] {
  return Object.keys(uses).flatMap((use) => {
    if (use === 'setTls' && !replicationTls) {
      return [];
    }
    try {
      callFor(use as Use, procedures, server); // The keys of `uses` are what Use is.
      return [];
    } catch (cause) {
      if (cause instanceof SwitcharooError) {
        return [cause.problem];
      }
      throw cause;
    }
  });
}
