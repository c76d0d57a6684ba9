import {SwitcharooError} from '../../../src/index.ts';
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
  const told = proceduresOf(await server.query(proceduresSql, [], signal));
  return callableProcedures(
    told,
    await server.settings(['aurora_version', 'version', 'basedir'], signal),
  );
}

const proceduresOf = (rows: readonly Row[]): Procedures =>
  new Map(rows.map((row) => [String(row['name']), Number(row['arguments'])]));

/** What the steps need, by use; the first name that the server has is taken (version 3 and later, then versions 1 and 2). */
const uses = {
  fence: {names: ['rds_set_read_only'], arguments: 1},
  follow: {names: ['rds_set_external_source', 'rds_set_external_master'], arguments: 7},
  forget: {names: ['rds_reset_external_source', 'rds_reset_external_master'], arguments: 0},
  start: {names: ['rds_start_replication'], arguments: 0},
  stop: {names: ['rds_stop_replication'], arguments: 0},
  kill: {names: ['rds_kill'], arguments: 1},
} as const;

export type Use = keyof typeof uses;

/** The statement that calls the procedure for `use`, with placeholders. */
export function callFor(use: Use, procedures: Procedures, server: string): string {
  const {names, arguments: count} = uses[use];
  const name = names.find((candidate) => procedures.has(candidate));
  if (name === undefined) {
    throw new SwitcharooError(procedureMissing(server, names[0]));
  }
  const has = procedures.get(name) ?? 0;
  if (has !== count) {
    throw new SwitcharooError(procedureDiffers(server, name, has, count));
  }
  return `CALL mysql.${name}(${Array(count).fill('?').join(', ')})`;
}

/** The problems of all uses, so that they are known before the night. */
export function missingUses(procedures: Procedures, server: string) {
  return Object.keys(uses).flatMap((use) => {
    try {
      callFor(use as Use, procedures, server); // the keys of `uses` are what Use is
      return [];
    } catch (cause) {
      if (cause instanceof SwitcharooError) {
        return [cause.problem];
      }
      throw cause;
    }
  });
}
