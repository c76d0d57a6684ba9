import {SwitcharooError} from '../model/problem.ts';
import {shownStatus} from '../model/unit-status.ts';
import type {FleetStatus} from '../report/index.ts';
import type {FleetDatabase} from './database.ts';
import {fleetAmbiguous, fleetUnknown, noFleet} from './engine-problems.ts';
import {
  type Asked,
  fleetIn,
  fleetsIn,
  type UnitRow,
  unitsIn,
  type WaveRow,
  wavesIn,
} from './rows.ts';
import {silentRunners} from './silence.ts';
import {hasTables} from './tables.ts';
import {aroundOf, waitOf} from './waits.ts';

type Database = Pick<FleetDatabase, 'pool' | 'transaction'>;

/** The fleet of this name; without one, the only one. */
export async function fleetNamed(database: Database, name: string | undefined): Promise<string> {
  const fleets = (await hasTables(database)) ? await fleetsIn(database.pool) : [];
  const names = fleets.map(({fleet}) => fleet);
  if (name !== undefined && !names.includes(name)) {
    throw new SwitcharooError(fleetUnknown(name));
  }
  const [only] = names;
  if (only === undefined) {
    throw new SwitcharooError(noFleet());
  }
  if (name === undefined && names.length > 1) {
    throw new SwitcharooError(fleetAmbiguous(names));
  }
  return name ?? only;
}

/** What the rows say at one moment. */
export const fleetStatus = (database: Database, name: string): Promise<FleetStatus> =>
  database.transaction(async (client) => {
    await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const fleet = await fleetIn(client, name);
    if (!fleet) {
      throw new SwitcharooError(fleetUnknown(name));
    }
    const [waves, units] = [await wavesIn(client, name), await unitsIn(client, name)];
    const homes = await homesIn(client);
    const silent = await silentRunners(client);
    const {held} = fleet;
    const around = aroundOf({fleet, waves, units}, homes);
    return {
      fleet: name,
      held: held ? {by: held.by, atUtc: held.at.toISOString(), because: held.because} : null,
      waves: waves.map((wave) => ({
        ...{wave: wave.wave, digest: wave.digest},
        ...{startedBy: wave.startedBy, startedRole: wave.startedRole},
        startedAtUtc: wave.startedAt.toISOString(),
        approve: {by: wave.approveBy, of: wave.approveOf},
        approvals: wave.approvals.map(({role, at}) => ({role, atUtc: at.toISOString()})),
        units: units
          .filter((unit) => unit.wave === wave.wave)
          .map((unit) => ({
            ...{
              unit: unit.unit,
              status: shownStatus(unit.status),
              attempt: unit.attempt,
              run: unit.run,
            },
            ...{phase: unit.phase, inOutage: unit.inOutage, changes: unit.changes},
            outageSinceUtc: unit.outageSince?.toISOString() ?? null,
            journal: homes.get(unit.home ?? '') ?? null,
            silent: unit.status === 'running' ? (silent.get(unit.runner ?? '') ?? null) : null,
            network: unit.work.network ?? null,
            ...waitIn(unit, wave, around),
            problem: unit.problem,
            changedAtUtc: unit.changedAt.toISOString(),
          })),
      })),
      runners: await runnersIn(client),
    };
  });

function waitIn(unit: UnitRow, wave: WaveRow, around: ReturnType<typeof aroundOf>) {
  const wait = waitOf(unit, wave, around);
  return {waitsFor: wait?.what ?? null, waitReason: wait?.reason ?? null};
}

async function homesIn(
  client: Asked,
): Promise<ReadonlyMap<string, {host: string; folder: string}>> {
  const {rows} = await client.query(
    'SELECT DISTINCT ON (home) home, host, folder FROM switcharoo_fleet.runner ORDER BY home, beat DESC',
  );
  return new Map(rows.map(({home, host, folder}) => [home, {host, folder}]));
}

async function runnersIn(client: Asked): Promise<FleetStatus['runners']> {
  const {rows} = await client.query(
    `SELECT host, folder, version, networks, extract(epoch FROM clock_timestamp() - beat) AS silent
     FROM switcharoo_fleet.runner WHERE beat > clock_timestamp() - interval '1 minute'
     ORDER BY host, folder`,
  );
  return rows.map(({host, folder, version, networks, silent}) => ({
    ...{host, folder, version, networks},
    silentSeconds: Math.max(0, Math.round(Number(silent))),
  }));
}

/** Units of any fleet that wait for their windows, or for a runner of their network. */
export async function unitsThatWait(
  database: Database,
  reason: 'window' | 'network',
): Promise<readonly string[]> {
  const all: string[] = [];
  for (const {fleet} of await fleetsIn(database.pool)) {
    const {waves} = await fleetStatus(database, fleet);
    const units = waves.flatMap((wave) => wave.units);
    all.push(...units.flatMap(({unit, waitReason}) => (waitReason === reason ? [unit] : [])));
  }
  return all;
}

/** Units of any fleet about which a person must decide; `isHalfWay`: some of their changes are in place. */
export async function undecidedUnits({
  pool,
}: Pick<Database, 'pool'>): Promise<
  readonly {readonly unit: string; readonly isHalfWay: boolean}[]
> {
  const {rows} = await pool.query<{unit: string; changes: number; outage_since: Date | null}>(
    `SELECT unit, changes, outage_since FROM switcharoo_fleet.unit
     WHERE status IN ('failed', 'offered') ORDER BY fleet, place`,
  );
  return rows.map(({unit, changes, outage_since}) => ({
    unit,
    isHalfWay: changes > 0 || outage_since !== null,
  }));
}
