import type {Pool, PoolClient} from 'pg';
import {SwitcharooError} from '../model/problem.ts';
import {poolerShares} from './postgres-problems.ts';

/**
 * Refuses a pooler that gives one session of PostgreSQL to several clients in turn, as PgBouncer does with
 * `pool_mode = transaction`: a lock that must last as long as its connection would not (PostgreSQL, "Advisory Locks").
 *
 * @throws SwitcharooError `fleet-postgres-pooler`
 */
export async function refuseSharedSessions(pool: Pool, place: string): Promise<void> {
  const clients: PoolClient[] = [];
  try {
    clients.push(await pool.connect());
    clients.push(await pool.connect());
    const sessions: number[] = [];
    for (const client of [...clients, ...clients]) {
      const {rows} = await client.query('SELECT pg_backend_pid() AS session');
      sessions.push(rows[0].session);
    }
    const [first, second, firstAgain, secondAgain] = sessions;
    if (first === second || first !== firstAgain || second !== secondAgain) {
      throw new SwitcharooError(poolerShares(place));
    }
  } finally {
    for (const client of clients) {
      client.release();
    }
  }
}
