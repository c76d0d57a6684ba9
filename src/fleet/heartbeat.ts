import {setTimeout as sleep} from 'node:timers/promises';
import type {Host} from '../run/host.ts';
import {version} from '../version.ts';
import {closePool, type FleetDatabase, openPool} from './database.ts';
import {machineOf} from './take-up.ts';
import type {Claimant} from './unit-claims.ts';
import {untilReached, whileOpening} from './until-reached.ts';

/** The last beat. */
export interface Beat {
  /** Why the last one failed; `undefined` if it was written. */
  error?: unknown;
}

/** Does the work of a runner, and reports each second that the runner is alive. */
export async function heardOf(
  registered: Registered,
  self: Claimant,
  work: (beat: Readonly<Beat>) => Promise<void>,
): Promise<void> {
  const {database} = registered;
  await untilReached(database, () => register(registered, self), whileOpening);
  const silence = new AbortController();
  const beat: Beat = {};
  const beating = beatUntil(database.url, self, {beat, ended: silence.signal});
  try {
    await work(beat);
  } finally {
    silence.abort();
    await beating;
  }
  // Nobody need wait to hear from it again. Without PostgreSQL it is not heard, either.
  await database.pool
    .query("UPDATE switcharoo_fleet.runner SET beat = '-infinity' WHERE runner = $1", [self.runner])
    .catch(() => {});
}

interface Registered {
  readonly database: FleetDatabase;
  readonly host: Host;
  /** Whose units it takes; none: the units without a network. */
  readonly networks: readonly string[];
}

async function register(
  {database, host, networks}: Registered,
  {runner, home}: Claimant,
): Promise<void> {
  const {
    state: {machine, path},
    operator,
  } = host;
  await database.pool.query(
    `INSERT INTO switcharoo_fleet.runner
       (runner, home, host, folder, machine, pid, start_ticks, version, networks)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
    [
      ...[runner, home, operator.host, path, machineOf(machine)],
      ...[process.pid, machine.startTicksOf(process.pid), version, networks],
    ],
  );
}

const everyMs = 1_000;
/** A beat that gets no answer is given up: the next one opens another connection. */
const limitMs = 5_000;

/**
 * Each second, on a connection of its own: whatever else waits, for a lock or for an answer. Only a process that died,
 * was stopped or is cut off is silent.
 */
async function beatUntil(
  url: string,
  {runner}: Claimant,
  {beat, ended}: {readonly beat: Beat; readonly ended: AbortSignal},
): Promise<void> {
  const limits = {statement_timeout: limitMs, query_timeout: limitMs};
  const pool = openPool(url, 1, {...limits, connectionTimeoutMillis: limitMs});
  while (!ended.aborted) {
    beat.error = await pool
      .query('UPDATE switcharoo_fleet.runner SET beat = now() WHERE runner = $1', [runner])
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    await sleep(everyMs, undefined, {signal: ended}).catch(() => {});
  }
  await closePool(pool);
}
