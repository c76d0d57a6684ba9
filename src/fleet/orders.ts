import type {Fleet} from '../model/fleet.ts';
import {SwitcharooError} from '../model/problem.ts';
import {isByHand, isRunnerSilent} from '../model/unit-status.ts';
import {MachineClock} from '../run/machine-clock.ts';
import type {FleetDatabase} from './database.ts';
import {
  fleetUnknown,
  notDecidable,
  unitUnknown,
  unitUnread,
  unitWorkedOn,
  waveChanged,
  waveUnknown,
} from './engine-problems.ts';
import {
  type Asked,
  addEvent,
  type FleetRow,
  fleetIn,
  type UnitRow,
  unitColumns,
  unitOf,
  unitsIn,
  type WaveRow,
  wavesIn,
} from './rows.ts';
import {silenceOf} from './silence.ts';
import {refuseStarted, refuseUnfinished, type StartedUnit, writeUnits} from './started-units.ts';
import {isJournalLost} from './unit-hints.ts';
import {hasBegun} from './unit-state.ts';
import {isOutsideNow} from './windows.ts';

type Database = Pick<FleetDatabase, 'transaction'>;

/** Who gives an order, as `user@host`. Beside it, each order keeps the role that PostgreSQL knows. */
export interface Order {
  readonly fleet: string;
  readonly operator: string;
}

interface Start extends Omit<Order, 'fleet'> {
  readonly fleet: Fleet;
  readonly wave: string;
  /** Of everything that was read of the wave: what is approved is this. */
  readonly digest: string;
  readonly units: readonly StartedUnit[];
}

/**
 * Writes down all units of a wave in one transaction: a command that dies has started all of them, or none. The second
 * time it changes nothing.
 */
export const startWave = (
  {transaction}: Database,
  {fleet, wave, digest, units, operator}: Start,
): Promise<{readonly isNew: boolean; readonly wave: WaveRow}> =>
  transaction(async (client) => {
    const limits = [fleet.name, JSON.stringify(fleet.atOnce ?? {})];
    await client.query(
      `INSERT INTO switcharoo_fleet.fleet (fleet, at_once) VALUES ($1, $2)
       ON CONFLICT (fleet) DO NOTHING`,
      limits,
    );
    // Starts, admissions and holds of one fleet happen one after the other.
    await fleetIn(client, fleet.name, 'FOR UPDATE');
    const waves = await wavesIn(client, fleet.name);
    const earlier = waves.find((each) => each.wave === wave);
    if (earlier) {
      if (earlier.digest !== digest) {
        throw new SwitcharooError(waveChanged(wave));
      }
      return {isNew: false, wave: earlier};
    }
    const before = await unitsIn(client, fleet.name);
    refuseUnfinished(fleet, wave, before);
    refuseStarted(wave, units, before);
    await client.query('UPDATE switcharoo_fleet.fleet SET at_once = $2 WHERE fleet = $1', limits);
    const {by = [], of = 0} = fleet.waves[wave]?.approve ?? {};
    const place = Object.keys(fleet.waves).indexOf(wave);
    await client.query(
      `INSERT INTO switcharoo_fleet.wave
         (fleet, wave, place, digest, approve_by, approve_of, started_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [fleet.name, wave, place, digest, by, of, operator],
    );
    await writeUnits(client, {fleet: fleet.name, wave, place}, units);
    await addEvent(client, {fleet: fleet.name, wave, operator, what: 'started', note: digest});
    const [started] = (await wavesIn(client, fleet.name)).filter((each) => each.wave === wave);
    return {isNew: true, wave: started as WaveRow};
  });

/** When this has returned, no unit begins anywhere, nor does an outage. */
export const holdFleet = (
  {transaction}: Database,
  {fleet, operator, because}: Order & {readonly because: string | undefined},
): Promise<{readonly isNew: boolean; readonly earlier?: NonNullable<FleetRow['held']>}> =>
  transaction(async (client) => {
    const row = await fleetRow(client, fleet);
    if (row.held) {
      return {isNew: false, earlier: row.held};
    }
    await client.query(
      `UPDATE switcharoo_fleet.fleet SET held_by = $2, held_at = now(), held_because = $3
       WHERE fleet = $1`,
      [fleet, operator, because ?? null],
    );
    // No runner has them yet. Those that a person resumed in their outage continue.
    await client.query(
      `UPDATE switcharoo_fleet.unit SET status = 'waiting', changed_at = now()
       WHERE fleet = $1 AND status = 'admitted' AND NOT (by_person AND outage_since IS NOT NULL)`,
      [fleet],
    );
    await addEvent(client, {fleet, operator, what: 'held', note: because});
    return {isNew: true};
  });

export const releaseFleet = (
  {transaction}: Database,
  {fleet, operator}: Order,
): Promise<{readonly isNew: boolean}> =>
  transaction(async (client) => {
    const row = await fleetRow(client, fleet);
    if (!row.held) {
      return {isNew: false};
    }
    await client.query(
      `UPDATE switcharoo_fleet.fleet SET held_by = NULL, held_at = NULL, held_because = NULL
       WHERE fleet = $1`,
      [fleet],
    );
    await addEvent(client, {fleet, operator, what: 'released'});
    return {isNew: true};
  });

/**
 * A unit that is not moved in this fleet: what waits for its wave no longer waits for it. Gives the units that come
 * after it: a person decides about each, since nobody knows whether they can be moved without it.
 */
export const leaveOut = (
  {transaction}: Database,
  {fleet, unit, operator, because}: Order & {readonly unit: string; readonly because: string},
): Promise<readonly string[]> =>
  transaction(async (client) => {
    const row = await unitRow(client, fleet, unit);
    const after = (await unitsIn(client, fleet))
      .filter((other) => other.after.includes(unit) && !isEnded(other))
      .map((other) => other.unit);
    if (row.status === 'left-out') {
      return after;
    }
    refuseByHand(row, 'left out');
    if (row.problem && row.run !== null && (isElsewhere(row) || isJournalLost(row.problem))) {
      throw new SwitcharooError(unitUnread(row, row.problem));
    }
    // One that is queued is still nobody's: a runner that takes it from the queue sees what it is.
    const isStill = ['waiting', 'admitted', 'failed', 'offered'].includes(row.status);
    if (!isStill || row.changes > 0 || row.inOutage) {
      throw new SwitcharooError(notDecidable(row, 'left out', await silenceOf(client, row)));
    }
    await setStatus(client, {fleet, unit, status: 'left-out'});
    await addEvent(client, {fleet, unit, operator, what: 'left out', note: because});
    return after;
  });

/** This row does not know what is in place: a silent runner may have changed more, or another host has the run. */
const isElsewhere = (row: UnitRow): boolean =>
  isRunnerSilent(row) || runLostCodes.has(row.problem?.code ?? '');

const runLostCodes = new Set([
  'fleet-run-started-elsewhere',
  'lock-lost',
  'run-continued-elsewhere',
]);

/** It may cut over at any moment, and no runner asks it to stop. */
function refuseByHand(row: UnitRow, word: 'left out' | 'resumed'): void {
  if (row.problem && isByHand(row)) {
    throw new SwitcharooError(unitWorkedOn(row, word, row.problem));
  }
}

const isEnded = ({status}: UnitRow): boolean => status === 'done' || status === 'left-out';

/**
 * A person has looked at a unit that failed, or that waits for somebody: it continues, or begins again. One that was
 * paused before its outage continues although its wave has stopped.
 */
export const resumeUnit = (
  {transaction}: Database,
  {fleet, unit, operator}: Order & {readonly unit: string},
): Promise<void> =>
  transaction(async (client) => {
    const row = await unitRow(client, fleet, unit);
    refuseByHand(row, 'resumed');
    if (row.status === 'waiting' && row.byPerson) {
      return;
    }
    if (row.problem && isRunnerSilent(row)) {
      throw new SwitcharooError(unitUnread(row, row.problem));
    }
    // Somebody has changed the window: its runner reads it again.
    const isPaused =
      row.status === 'waiting' && (hasBegun(row) || isOutsideNow(row, new MachineClock().now()));
    if (!isPaused && !['failed', 'offered', 'left-out'].includes(row.status)) {
      throw new SwitcharooError(notDecidable(row, 'resumed', await silenceOf(client, row)));
    }
    await setStatus(client, {fleet, unit, status: 'waiting'});
    await client.query(
      'UPDATE switcharoo_fleet.unit SET by_person = true WHERE fleet = $1 AND unit = $2',
      [fleet, unit],
    );
    await addEvent(client, {fleet, unit, operator, what: 'resumed'});
  });

const setStatus = async (
  client: Asked,
  {fleet, unit, status}: {readonly fleet: string; readonly unit: string; readonly status: string},
): Promise<void> => {
  await client.query(
    `UPDATE switcharoo_fleet.unit SET status = $3, problem = NULL, changed_at = now()
     WHERE fleet = $1 AND unit = $2`,
    [fleet, unit, status],
  );
};

async function fleetRow(client: Asked, fleet: string) {
  const row = await fleetIn(client, fleet, 'FOR UPDATE');
  if (!row) {
    throw new SwitcharooError(fleetUnknown(fleet));
  }
  return row;
}

export async function waveRow(client: Asked, fleet: string, name: string): Promise<WaveRow> {
  const waves = await wavesIn(client, fleet);
  const row = waves.find(({wave}) => wave === name);
  if (!row) {
    throw new SwitcharooError(waveUnknown(fleet, name));
  }
  return row;
}

export async function unitRow(client: Asked, fleet: string, unit: string): Promise<UnitRow> {
  await fleetRow(client, fleet);
  const {rows} = await client.query(
    `SELECT ${unitColumns} FROM switcharoo_fleet.unit WHERE fleet = $1 AND unit = $2 FOR UPDATE`,
    [fleet, unit],
  );
  const [row] = rows.map(unitOf);
  if (!row) {
    throw new SwitcharooError(unitUnknown(fleet, unit));
  }
  return row;
}
