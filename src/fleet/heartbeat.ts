import {setTimeout as sleep} from 'node:timers/promises';
import type {Host, StopSignals} from '../run/host.ts';
import {version} from '../version.ts';
import {closePool, type FleetDatabase, openPool} from './database.ts';
import type {PostgresAway} from './postgres-away.ts';
import type {Asked} from './rows.ts';
import {machineOf} from './take-up.ts';
import type {Claimant} from './unit-claims.ts';
import {untilReached, whileOpening} from './until-reached.ts';

/** The last beat. */
export interface Beat {
  /** Why the last one failed; `undefined` if it was written. */
  error?: unknown;
  /** Since when each one was written, by the monotonic clock; `undefined` if the last one was not. */
  heardSinceMs?: number | undefined;
}

/** For how long PostgreSQL has heard this runner without a gap. */
export const heardSecondsOf = ({heardSinceMs}: Readonly<Beat>): number =>
  heardSinceMs === undefined ? 0 : (performance.now() - heardSinceMs) / 1_000;

/** Does the work of a runner, and reports each second that the runner is alive. */
export async function heardOf(
  registered: Registered,
  self: Claimant,
  work: (beat: Readonly<Beat>) => Promise<void>,
): Promise<void> {
  const {database, away, signals} = registered;
  const register = () => writeBeat(database.pool, registered, self);
  await untilReached(database, register, whileOpening(away, signals));
  const silence = new AbortController();
  const beat: Beat = {};
  const beating = beatUntil(registered, self, {beat, ended: silence.signal});
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
  readonly away: PostgresAway;
  readonly signals: StopSignals;
}

/** A standby that was promoted, or a backup that was restored, may not have its row. */
async function writeBeat(
  asked: Asked,
  {host, networks}: Registered,
  {runner, home}: Claimant,
): Promise<void> {
  const {
    state: {machine, path},
    operator,
  } = host;
  await asked.query(
    `INSERT INTO switcharoo_fleet.runner
       (runner, home, host, folder, machine, pid, start_ticks, version, networks)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (runner) DO UPDATE SET beat = now()`,
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
  registered: Registered,
  self: Claimant,
  {beat, ended}: {readonly beat: Beat; readonly ended: AbortSignal},
): Promise<void> {
  const limits = {statement_timeout: limitMs, query_timeout: limitMs};
  const pool = openPool(registered.database.url, 1, {...limits, connectionTimeoutMillis: limitMs});
  while (!ended.aborted) {
    beat.error = await writeBeat(pool, registered, self).then(
      () => undefined,
      (error: unknown) => error,
    );
    beat.heardSinceMs =
      beat.error === undefined ? (beat.heardSinceMs ?? performance.now()) : undefined;
    await sleep(everyMs, undefined, {signal: ended}).catch(() => {});
  }
  await closePool(pool);
}
