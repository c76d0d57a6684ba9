import type {PoolClient} from 'pg';
import {isByHand} from '../model/unit-status.ts';
import {MachineClock} from '../run/machine-clock.ts';
import type {FleetDatabase} from './database.ts';
import type {Enqueue} from './engine.ts';
import {isUnheard, networkOf} from './networks.ts';
import {
  type FleetRow,
  fleetIn,
  isApproved,
  type UnitRow,
  unitsIn,
  type WaveRow,
  wavesIn,
} from './rows.ts';
import {isOutsideNow} from './windows.ts';

interface FleetState {
  readonly fleet: FleetRow;
  readonly waves: readonly WaveRow[];
  readonly units: readonly UnitRow[];
}

/**
 * The units that may begin or continue now: first those that are half-way, then in their order. What is under way or
 * half-way counts against every limit, so it needs no other room to continue.
 */
export function admissible(
  {fleet, waves, units}: FleetState,
  now = new MachineClock().now(),
): readonly UnitRow[] {
  const approved = new Set(waves.filter(isApproved).map(({wave}) => wave));
  const done = new Set(units.filter(({status}) => status === 'done').map(({unit}) => unit));
  const used = new Map<string, number>();
  const use = ({resources}: UnitRow): void => {
    for (const resource of ['units', ...resources]) {
      used.set(resource, (used.get(resource) ?? 0) + 1);
    }
  };
  const fits = ({resources}: UnitRow): boolean =>
    ['units', ...resources].every((resource) => {
      const [kind = ''] = resource.split(':', 1);
      return (used.get(resource) ?? 0) < (fleet.atOnce[kind] ?? Number.POSITIVE_INFINITY);
    });
  units.filter(isUnderWay).forEach(use);
  const stoppers = stoppersIn(units);
  const waiting = units.filter(
    (unit) =>
      unit.status === 'waiting' &&
      !isByHand(unit) &&
      (!fleet.held || passesHold(unit)) &&
      approved.has(unit.wave) &&
      !stopperOf(unit, stoppers) &&
      !isOutsideNow(unit, now) &&
      !isUnheard(unit, fleet.networks) &&
      unit.after.every((before) => done.has(before)),
  );
  const fitting = waiting.filter((unit) => {
    const may = !isHalfWay(unit) && fits(unit);
    if (may) {
      use(unit);
    }
    return may;
  });
  return [...waiting.filter(isHalfWay), ...fitting];
}

/** One that waits for a person may be half-way, too, or be moved by hand: nobody else uses its systems meanwhile. */
const isUnderWay = (unit: UnitRow): boolean =>
  unit.status === 'admitted' ||
  unit.status === 'running' ||
  unit.status === 'offered' ||
  isByHand(unit) ||
  isHalfWay(unit);

/** It has changed something, and is not at its end. */
const isHalfWay = ({status, changes, inOutage}: UnitRow): boolean =>
  status !== 'done' && (changes > 0 || inOutage);

/** What is in an outage is brought to its end, when a person says so, also while the fleet is held. */
export const passesHold = ({byPerson, inOutage}: UnitRow): boolean => byPerson && inOutage;

/** By wave: the first unit about which a person must decide. */
export function stoppersIn(units: readonly UnitRow[]): ReadonlyMap<string, UnitRow> {
  const stoppers = new Map<string, UnitRow>();
  for (const unit of units) {
    if ((unit.status === 'failed' || unit.status === 'offered') && !stoppers.has(unit.wave)) {
      stoppers.set(unit.wave, unit);
    }
  }
  return stoppers;
}

/** One failure stops the wave: nothing new begins. What a person resumes continues, whatever else failed. */
export const stopperOf = (
  {byPerson, wave}: UnitRow,
  stoppers: ReadonlyMap<string, UnitRow>,
): UnitRow | undefined => (byPerson ? undefined : stoppers.get(wave));

/**
 * The fleets with units that may be admitted. All units are read only for these fleets, and not after each unit that
 * has ended.
 */
async function fleetsToAdmit({pool}: Pick<FleetDatabase, 'pool'>): Promise<readonly string[]> {
  const {rows} = await pool.query(
    `SELECT DISTINCT fleet FROM switcharoo_fleet.unit GROUP BY fleet, work ->> 'network'
     HAVING count(*) FILTER (WHERE status = 'waiting' AND home IS NOT NULL) > 0
       OR (count(*) FILTER (WHERE status = 'waiting') > 0
         AND count(*) FILTER (WHERE status = 'admitted' AND home IS NULL) <= $1)
     ORDER BY fleet`,
    [mostAdmitted / 2],
  );
  return rows.map(({fleet}) => fleet);
}

/** In each fleet. */
export async function admitAll(
  database: Pick<FleetDatabase, 'pool' | 'transaction'>,
  enqueue: Enqueue,
): Promise<void> {
  for (const fleet of await fleetsToAdmit(database)) {
    await admit(database, fleet, enqueue);
  }
}

/**
 * Admits what may begin, and hands it to the engine, in transactions in which neither happens without the other. One
 * process at a time does so, and none while `hold` writes. Each admits a few: a hold or a claim does not wait for all.
 */
export async function admit(
  {transaction}: Pick<FleetDatabase, 'transaction'>,
  fleetName: string,
  enqueue: Enqueue,
): Promise<readonly string[]> {
  const all: string[] = [];
  for (;;) {
    const admitted = await transaction((client) => admitSome(client, fleetName, enqueue));
    all.push(...admitted);
    if (admitted.length < mostAtOnce) {
      return all;
    }
  }
}

const mostAtOnce = 5;

async function admitSome(
  client: PoolClient,
  fleetName: string,
  enqueue: Enqueue,
): Promise<readonly string[]> {
  const fleet = await fleetIn(client, fleetName, 'FOR UPDATE');
  if (!fleet) {
    return [];
  }
  const waves = await wavesIn(client, fleetName);
  const units = await unitsIn(client, fleetName);
  const chosen = inTime(admissible({fleet, waves, units}), units).slice(0, mostAtOnce);
  await client.query(
    `UPDATE switcharoo_fleet.unit
     SET status = 'admitted', attempt = attempt + 1, changed_at = now(), problem = NULL
     WHERE fleet = $1 AND unit = ANY($2)`,
    [fleetName, chosen.map(({unit}) => unit)],
  );
  for (const {unit, attempt, home, wave, work} of chosen) {
    const place = {home, network: networkOf({work})};
    await enqueue(client, {fleet: fleetName, wave, unit, attempt: attempt + 1, ...place});
  }
  return chosen.map(({unit}) => unit);
}

/** So many wait for any runner of a network at most: the others may still be held and left out, and cost nothing. */
const mostAdmitted = 50;

/** Those that continue in their home wait for nobody else. */
function inTime(admissibles: readonly UnitRow[], units: readonly UnitRow[]): readonly UnitRow[] {
  const isForAny = ({home}: UnitRow): boolean => home === null;
  const queued = new Map<string | null, number>();
  const countOf = (unit: UnitRow): number => queued.get(networkOf(unit)) ?? 0;
  const count = (unit: UnitRow): void => {
    queued.set(networkOf(unit), countOf(unit) + 1);
  };
  units.filter((unit) => unit.status === 'admitted' && isForAny(unit)).forEach(count);
  return admissibles.filter((unit) => {
    const may = !isForAny(unit) || countOf(unit) < mostAdmitted;
    if (may && isForAny(unit)) {
      count(unit);
    }
    return may;
  });
}
