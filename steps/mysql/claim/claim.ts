import type {Claim, ClaimKey, ClaimStatus, SystemClaim} from '../../../src/index.ts';
import {errnoOf} from '../dialect/dialect.ts';
import type {Connections} from '../session/connection.ts';
import type {Endpoint, Row} from '../session/contract.ts';
import {LostConnection} from '../session/server-errors.ts';
import {ClaimLock} from './lock.ts';
import {
  claimOf,
  deleteSql,
  dropTableSql,
  insertSql,
  isSame,
  makeSchemaSql,
  makeTableSql,
  rowSql,
  tableSql,
  valuesOf,
} from './table.ts';

/** What an account needs to keep a claim. */
export const claimNeeds: readonly string[] = [
  'SESSION_VARIABLES_ADMIN (SUPER before 8.0), to keep the claim of a run out of the binary log',
  'CREATE, SELECT, INSERT, DELETE ON switcharoo.*',
];

/** The claim of a run on a server: a named lock, and a row in `switcharoo.claim`. Connects when first used. */
export function claimOn(connections: Connections, where: Endpoint): SystemClaim {
  const lock = new ClaimLock(connections, where);
  const drop = async (claim: ClaimKey, signal: AbortSignal) => {
    const {run, journal} = claim;
    return isSame(await claimIn(connections, signal), claim)
      ? unlessReadOnly(unlogged(connections, deleteSql, signal, [run, journal]), 'dropped' as const)
      : ('dropped' as const);
  };
  return {
    system: async (signal) => {
      const [row] = await connections.read({sql: systemSql}, signal);
      return String(row?.['system']);
    },
    look: async (signal): Promise<ClaimStatus> => {
      const [claim, holder] = await Promise.all([
        claimIn(connections, signal),
        lock.holder(signal),
      ]);
      return {claim, holder: holder?.text ?? null};
    },
    take: (signal) => lock.take(signal),
    isHeld: (signal) => lock.isHeld(signal),
    keep: (claim, signal) => keep(connections, claim, signal),
    drop,
    takeOver: async (claim, signal) => {
      await lock.takeOver(signal);
      try {
        return await drop(claim, signal);
      } finally {
        await lock.release();
      }
    },
    release: () => lock.release(),
  };
}

// MySQL 5.6 and later, and MariaDB, have all four; two servers on one machine differ in their port or their folder.
const systemSql = "SELECT CONCAT_WS(' ', @@hostname, @@port, @@server_id, @@datadir) AS `system`";

async function claimIn(connections: Connections, signal: AbortSignal): Promise<Claim | null> {
  const read = (sql: string) => connections.read({sql}, signal);
  if ((await read(tableSql)).length === 0) {
    return null;
  }
  const rows = await read(rowSql).catch(unlessNoTable);
  return rows[0] ? claimOf(rows[0]) : null;
}

async function keep(
  connections: Connections,
  claim: Claim,
  signal: AbortSignal,
): Promise<'kept' | 'read-only'> {
  if (isSame(await claimIn(connections, signal), claim)) {
    return 'kept';
  }
  const write = (sql: string, values: readonly unknown[] = []) =>
    unlogged(connections, sql, signal, values);
  const work = async () => {
    if (!(await hasTable(connections, signal))) {
      // Before MySQL 8.0 a server that dies while it makes a table may list it, and then say that it does not exist.
      if ((await connections.read({sql: tableSql}, signal)).length > 0) {
        await write(dropTableSql);
      }
      await write(makeSchemaSql);
      await write(makeTableSql);
    }
    await write(insertSql, valuesOf(claim));
  };
  return unlessReadOnly(work(), 'kept' as const);
}

const hasTable = async (connections: Connections, signal: AbortSignal): Promise<boolean> =>
  (await connections.read({sql: tableSql}, signal)).length > 0 &&
  connections.read({sql: rowSql}, signal).then(
    () => true,
    (cause) => unlessNoTable(cause).length > 0,
  );

const unlogged = (
  connections: Connections,
  sql: string,
  signal: AbortSignal,
  values: readonly unknown[],
) => connections.writeUnlogged({sql, values}, signal);

async function unlessReadOnly<Result>(
  work: Promise<unknown>,
  result: Result,
): Promise<Result | 'read-only'> {
  try {
    await work;
    return result;
  } catch (cause) {
    if (readOnlyErrnos.has(errnoOf(cause) ?? 0)) {
      return 'read-only';
    }
    throw cause;
  }
}

// ER_OPTION_PREVENTS_STATEMENT (read_only, super_read_only), ER_READ_ONLY_MODE
const readOnlyErrnos = new Set([1290, 1836]);

function unlessNoTable(cause: unknown): readonly Row[] {
  // ER_NO_SUCH_TABLE
  if (errnoOf(cause) === 1146 && !(cause instanceof LostConnection)) {
    return [];
  }
  throw cause;
}
