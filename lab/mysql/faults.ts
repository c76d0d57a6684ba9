import type {LabDatabase} from './server.ts';
import {statementsOf} from './statements.ts';

/**
 * Lets a follower apply each event that many seconds late; 0 ends it. Its threads run and say they are well, as with
 * real lag.
 */
export async function delayReplication(follower: LabDatabase, seconds: number): Promise<void> {
  const isFollower = await replicates(follower);
  if (!isFollower && seconds === 0) {
    return;
  }
  if (!isFollower) {
    throw new Error('this server replicates from no other now, so there is nothing to delay');
  }
  await follower.session(async (connection) => {
    const {stop, delay, start} = statementsOf(follower.brand);
    await connection.query(stop);
    await connection.query(delay, [seconds]);
    await connection.query(start);
  });
}

/** Locks the orders on a follower, so that it receives events and applies none of them, until the answer is called. */
export async function holdReplication(follower: LabDatabase): Promise<() => Promise<void>> {
  return new Promise((resolve, reject) => {
    const held = follower.session(async (connection) => {
      await connection.query('LOCK TABLES shop.orders READ');
      await new Promise<void>((release) => {
        resolve(async () => {
          release();
          await held;
        });
      });
    });
    held.catch(reject);
  });
}

/** The token of the row that a replica has and its source has not. */
const conflicting = 'only-here';
/** So many orders later the next event meets it. */
const ordersUntilConflict = 20;

/** Puts a row where one of the source's next orders will want to be: its SQL thread then stops with error 1062. */
export async function breakReplication(follower: LabDatabase): Promise<void> {
  await follower.session(async (connection) => {
    await connection.query('SET sql_log_bin = 0');
    await connection.query(
      'INSERT INTO shop.orders (id, token) SELECT MAX(id) + ?, ? FROM shop.orders',
      [ordersUntilConflict, conflicting],
    );
  });
}

/** Deletes that row, as an administrator would, and starts replication where there is one. */
export async function fixReplication(follower: LabDatabase): Promise<void> {
  const isFollower = await replicates(follower);
  await follower.session(async (connection) => {
    await connection.query('SET sql_log_bin = 0');
    await connection.query('DELETE FROM shop.orders WHERE token = ?', [conflicting]);
    if (isFollower) {
      await connection.query(statementsOf(follower.brand).start);
    }
  });
}

const replicates = async (server: LabDatabase): Promise<boolean> =>
  (await server.query(statementsOf(server.brand).replicationStatus)).length > 0;

/** Ends every session of an account, whatever it is at, as a firewall that forgets its connections does. */
export async function dropConnections(server: LabDatabase, user: string): Promise<void> {
  await server.session(async (connection) => {
    const [rows] = await connection.query('SHOW PROCESSLIST');
    // SHOW answers with rows.
    for (const {Id, User} of rows as {Id: number; User: string}[]) {
      if (User === user) {
        // It may have ended by itself.
        await connection.query('KILL ?', [Id]).catch(() => {});
      }
    }
  });
}
