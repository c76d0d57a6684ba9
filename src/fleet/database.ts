import {Socket} from 'node:net';
import {Pool, type PoolClient, type PoolConfig} from 'pg';
import {connectionUrl} from './database-url.ts';
import {type OwnServer, useOwnServer} from './embedded-postgres.ts';
import {isUnreached} from './error-chain.ts';
import {inWords} from './postgres-problems.ts';

/** The PostgreSQL of a fleet. */
export interface FleetDatabase {
  readonly url: string;
  /** For people, without the password. */
  readonly place: string;
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
  const server = url
    ? {url: connectionUrl(url), leave: async () => {}}
    : await useOwnServer(stateFolder);
  try {
    return await connected(server, url ? undefined : () => useOwnServer(stateFolder));
  } catch (error) {
    await server.leave();
    throw error;
  }
}

/** Opens it, and closes it in any case. An error of PostgreSQL is thrown as a problem. */
export async function withDatabase<Result>(
  stateFolder: string,
  work: (database: FleetDatabase) => Promise<Result>,
): Promise<Result> {
  const database = await openDatabase(stateFolder);
  try {
    return await work(database);
  } catch (error) {
    throw inWords(error, database.place);
  } finally {
    await database.close();
  }
}

async function connected(
  first: OwnServer,
  again: (() => Promise<OwnServer>) | undefined,
): Promise<FleetDatabase> {
  const {url} = first;
  const place = placeOf(url);
  let server = first;
  let reviving: Promise<void> | undefined;
  const revive = async (): Promise<void> => {
    if (again) {
      const earlier = server;
      server = await again();
      await earlier.leave();
    }
  };
  const pool = openPool(url, 6, briefly);
  try {
    await pool.query('SELECT 1');
  } catch (error) {
    await closePool(pool);
    throw inWords(error, place);
  }
  return {
    url,
    place,
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
      await closePool(pool);
      await server.leave();
    },
  };
}

/**
 * Of our own tables: a process that was stopped, or whose network is gone, in the middle of a transaction keeps a hold
 * and all other runners waiting no longer than this, and none waits for an answer that never comes.
 */
const briefly: PoolConfig = {
  idle_in_transaction_session_timeout: 5_000,
  statement_timeout: 10_000,
  query_timeout: 12_000,
};

/**
 * PostgreSQL ends a session whose client is gone, as after a network cut, within a minute. Without these settings it
 * would keep the session, and its locks, for hours.
 */
const endsWhenCut = `SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10;
  SET tcp_keepalives_count = 3; SET tcp_user_timeout = 60000`;

/** Of each pool, the connections that are open. */
const socketsOf = new WeakMap<Pool, Set<Socket>>();

/** Connections that may end at any moment: the next query on one reports it, and the process continues. */
export function openPool(url: string, max: number, more: PoolConfig = {}): Pool {
  const sockets = new Set<Socket>();
  const pool = new Pool({
    connectionString: url,
    max,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    idle_in_transaction_session_timeout: 60_000,
    query_timeout: 60_000,
    stream: () => {
      const socket = new Socket();
      sockets.add(socket.once('close', () => sockets.delete(socket)));
      return socket;
    },
    // A server that lacks such a setting is as good, until the network is cut.
    onConnect: (client) =>
      client.query(endsWhenCut).catch((error: unknown) => {
        if (isUnreached(error)) {
          throw error;
        }
      }),
    ...more,
  });
  socketsOf.set(pool, sockets);
  pool.on('error', () => {});
  // A connection taken from the pool has no other listener: its error would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

const farewellMs = 2_000;

/** Closes each connection in order. One whose network is cut gets no answer, and is destroyed. */
export async function closePool(pool: Pool): Promise<void> {
  const late = setTimeout(() => {
    for (const socket of socketsOf.get(pool) ?? []) {
      socket.destroy();
    }
  }, farewellMs);
  try {
    await pool.end();
  } finally {
    clearTimeout(late);
  }
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
    if (isUnreached(error) && error instanceof Error) {
      // It would wait for the answer to that, too. PostgreSQL ends the transaction with its connection.
      broken = error;
    } else {
      await client.query('ROLLBACK').catch((failure: Error) => {
        broken = failure;
      });
    }
    throw error;
  } finally {
    client.release(broken);
  }
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
