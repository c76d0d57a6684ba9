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
  const pool = new Pool({connectionString: url, max: 6, connectionTimeoutMillis: 10_000});
  pool.on('error', () => {}); // a connection that nobody uses: the next query says so
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
    revive: async () => {
      if (again) {
        const earlier = server;
        server = await again();
        await earlier.leave();
      }
    },
    close: async () => {
      await pool.end();
      await server.leave();
    },
  };
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

/** PostgreSQL was not there, or ended meanwhile: what was asked may be asked again. Anything else is a mistake. */
export function isUnreached(error: unknown): boolean {
  const {code = '', message = ''} = error as {code?: string; message?: string};
  return (
    /^(08|57P|53300|40001|40P01|ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|EAI)/.test(code) ||
    /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable/i.test(
      message,
    )
  );
}

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
