import {Pool, type PoolClient} from 'pg';
import {SwitcharooError} from '../model/problem.ts';
import {type OwnServer, useOwnServer} from './embedded-postgres.ts';
import {postgresNotReached} from './engine-problems.ts';

/** The PostgreSQL of a fleet. */
export interface FleetDatabase {
  readonly url: string;
  /** Of a state folder, for this machine alone: everybody on it is the same role. */
  readonly isOwn: boolean;
  readonly pool: Pool;
  /** One transaction: all of it, or nothing. */
  transaction<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result>;
  /** Starts the own server again, if it was killed. */
  revive(): Promise<void>;
  close(): Promise<void>;
}

/** The one that DATABASE_URL names, else the own one of the state folder. */
export async function openDatabase(
  stateFolder: string,
  url = process.env['DATABASE_URL'],
): Promise<FleetDatabase> {
  const server = url ? {url, leave: async () => {}} : await useOwnServer(stateFolder);
  try {
    return await connected(server, url ? undefined : () => useOwnServer(stateFolder));
  } catch (error) {
    await server.leave();
    throw error;
  }
}

async function connected(
  first: OwnServer,
  again: (() => Promise<OwnServer>) | undefined,
): Promise<FleetDatabase> {
  const {url} = first;
  let server = first;
  let reviving: Promise<void> | undefined;
  const revive = async (): Promise<void> => {
    if (again) {
      const earlier = server;
      server = await again();
      await earlier.leave();
    }
  };
  const pool = openPool(url, 6);
  try {
    await pool.query('SELECT 1');
  } catch (error) {
    await pool.end();
    throw new SwitcharooError(postgresNotReached(placeOf(url), messageOf(error)), {cause: error});
  }
  return {
    url,
    isOwn: again !== undefined,
    pool,
    transaction: (work) => inTransaction(pool, work),
    revive: () => {
      // Everything that met the same end asks for it: one start is enough, and each is a user to count.
      reviving ??= revive().finally(() => {
        reviving = undefined;
      });
      return reviving;
    },
    close: async () => {
      await pool.end();
      await server.leave();
    },
  };
}

/** Connections that may end at any moment: the next query on one reports it, and the process continues. */
export function openPool(url: string, max: number): Pool {
  const pool = new Pool({
    connectionString: url,
    max,
    connectionTimeoutMillis: 10_000,
    // A process that was stopped must not keep the others waiting.
    idle_in_transaction_session_timeout: 60_000,
  });
  pool.on('error', () => {});
  // A connection taken from the pool has no other listener: its error would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

async function inTransaction<Result>(
  pool: Pool,
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** PostgreSQL was not there, or ended meanwhile: the query may be repeated. Anything else is a bug. */
export function isUnreached(error: unknown): boolean {
  const {
    code = '',
    message = '',
    cause,
  } = error as {
    readonly code?: string;
    readonly message?: string;
    readonly cause?: unknown;
  };
  return (
    unreachedCodes.test(code) ||
    unreachedTexts.test(message) ||
    (cause !== undefined && cause !== null && isUnreached(cause))
  );
}

/** Of PostgreSQL (Appendix A: 08, 40, 53, 57) and of the system. */
const unreachedCodes = /^(08|57P|53300|40001|40P01|ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|EAI)/;
/** DBOS wraps what it met in a text of its own. */
const unreachedTexts =
  /ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|connection terminated|terminating connection|the database system is|timeout exceeded when trying to connect|timeout expired|client has encountered a connection error|not queryable/i;

/** Where it is, without the password. */
function placeOf(url: string): string {
  try {
    const {hostname, port, pathname} = new URL(url);
    return `${hostname}${port ? `:${port}` : ''}${pathname}`;
  } catch {
    return 'DATABASE_URL';
  }
}

const messageOf = (error: unknown): string => {
  const {message, code} = error as {message?: string; code?: string};
  return (message || code || String(error)).replace(/\.$/, '');
};
