import type {PoolClient} from 'pg';
import type {Problem} from '../model/problem.ts';
import {passesHold} from './admission.ts';
import type {FleetDatabase} from './database.ts';
import type {Errand} from './engine.ts';
import {fleetHeld, unitTaken, waveStopped} from './engine-problems.ts';
import {type Asked, fleetIn, jsonOf, type UnitRow, unitColumns, unitOf} from './rows.ts';
import type {UnitState} from './unit-state.ts';

// What a runner writes of its unit. Each write holds only while the unit is still its own: a runner that was stopped
// for a minute, or cut off, may have lost it.

/** The runner that writes, and the home whose journals it has. */
export interface Claimant {
  readonly runner: string;
  readonly home: string;
}

type Database = Pick<FleetDatabase, 'transaction'>;

export interface ClaimedUnit extends UnitRow {
  readonly startedBy: string;
}

/**
 * Marks the unit running, with the run that `nameRun` reserves for it. `undefined`: the fleet is held, its wave has
 * stopped since it was queued, or the errand is of an earlier attempt. After `hold` has returned, this marks none.
 */
export const claimUnit = (
  {transaction}: Database,
  errand: Errand,
  {runner, home}: Claimant,
  nameRun: (row: UnitRow) => string,
): Promise<ClaimedUnit | undefined> =>
  transaction(async (client) => {
    const {fleet, unit, attempt} = errand;
    const isHeld = (await fleetIn(client, fleet, 'FOR SHARE'))?.held !== undefined;
    const row = await unitOfErrand(client, errand);
    if (row?.status === 'running' && row.runner === runner) {
      // It was marked before, and PostgreSQL ended before it could say so.
      return {...row, startedBy: await starterOf(client, errand)};
    }
    if (row?.status !== 'admitted' || (row.home !== null && row.home !== home)) {
      return undefined;
    }
    if ((isHeld && !passesHold(row)) || (await stopperIn(client, fleet, row))) {
      await client.query(
        `UPDATE switcharoo_fleet.unit SET status = 'waiting', changed_at = now()
         WHERE fleet = $1 AND unit = $2 AND attempt = $3`,
        [fleet, unit, attempt],
      );
      return undefined;
    }
    const run = nameRun(row);
    await client.query(
      `UPDATE switcharoo_fleet.unit
       SET status = 'running', runner = $4, home = $5, run = $6,
         phase = CASE WHEN run = $6 THEN phase END, problem = NULL, changed_at = now()
       WHERE fleet = $1 AND unit = $2 AND attempt = $3`,
      [fleet, unit, attempt, runner, home, run],
    );
    return {...row, run, startedBy: await starterOf(client, errand)};
  });

async function starterOf(client: PoolClient, {fleet, wave}: Errand): Promise<string> {
  const {rows} = await client.query(
    'SELECT started_by FROM switcharoo_fleet.wave WHERE fleet = $1 AND wave = $2',
    [fleet, wave],
  );
  return rows[0].started_by;
}

/** The other unit whose failure stops the wave, also for what was queued before it. */
async function stopperIn(
  client: PoolClient,
  fleet: string,
  row: UnitRow,
): Promise<string | undefined> {
  const {rows} = await client.query<{unit: string}>(
    `SELECT unit FROM switcharoo_fleet.unit
     WHERE fleet = $1 AND wave = $2 AND unit <> $3 AND status IN ('failed', 'offered')
     ORDER BY place LIMIT 1`,
    [fleet, row.wave, row.unit],
  );
  return row.byPerson ? undefined : rows[0]?.unit;
}

/**
 * Whether a claimed unit, as it was claimed, may begin or continue now: it is still this runner's, and neither was the
 * fleet held nor did its wave stop while it was planned. After `hold` has returned, this allows none.
 */
export const mayBeginNow = (
  {transaction}: Database,
  errand: Errand,
  claimant: Claimant,
  claimed: UnitRow,
): Promise<boolean> =>
  transaction(async (client) => {
    const held = (await fleetIn(client, errand.fleet, 'FOR SHARE'))?.held;
    const isOurs = await isStillOurs(client, errand, claimant);
    const isStopped = (await stopperIn(client, errand.fleet, claimed)) !== undefined;
    return isOurs && (!held || passesHold(claimed)) && !isStopped;
  });

async function unitOfErrand(
  client: PoolClient,
  {fleet, unit, attempt}: Errand,
): Promise<UnitRow | undefined> {
  const {rows} = await client.query(
    `SELECT ${unitColumns} FROM switcharoo_fleet.unit WHERE fleet = $1 AND unit = $2 AND attempt = $3
     FOR UPDATE`,
    [fleet, unit, attempt],
  );
  return rows.map(unitOf)[0];
}

/** Why the outage of the unit must not begin; without a reason it is written down that it does. */
export const claimOutage = (
  {transaction}: Database,
  errand: Errand,
  {runner}: Claimant,
): Promise<Problem | undefined> =>
  transaction(async (client) => {
    const {fleet, unit, attempt} = errand;
    const held = (await fleetIn(client, fleet, 'FOR SHARE'))?.held;
    if (held) {
      return fleetHeld(fleet, held.by);
    }
    const row = await unitOfErrand(client, errand);
    const stopper = row && (await stopperIn(client, fleet, row));
    if (stopper !== undefined) {
      return waveStopped(unit, stopper);
    }
    const {rowCount} = await client.query(
      `UPDATE switcharoo_fleet.unit SET outage_since = clock_timestamp(), changed_at = now(),
         status = 'running', problem = NULL
       WHERE fleet = $1 AND unit = $2 AND attempt = $3 AND runner = $4 AND ${isOwn}`,
      [fleet, unit, attempt, runner],
    );
    return rowCount === 1 ? undefined : unitTaken(unit);
  });

/** Nobody has taken it from this runner: neither a person nor, while it was silent, another runner. */
async function isStillOurs(
  asked: Asked,
  {fleet, unit, attempt}: Errand,
  {runner}: Claimant,
): Promise<boolean> {
  const {rowCount} = await asked.query(
    `SELECT FROM switcharoo_fleet.unit
     WHERE fleet = $1 AND unit = $2 AND attempt = $3 AND runner = $4 AND ${isOwn}`,
    [fleet, unit, attempt, runner],
  );
  return rowCount === 1;
}

/** All that a runner still has, as `fleet/unit/attempt`. */
export async function ownAttempts(asked: Asked, {runner}: Claimant): Promise<readonly string[]> {
  const {rows} = await asked.query(
    `SELECT fleet || '/' || unit || '/' || attempt AS attempt FROM switcharoo_fleet.unit
     WHERE runner = $1 AND ${isOwn}`,
    [runner],
  );
  return rows.map(({attempt}) => attempt);
}

/** The runner is heard again: those that it works on, given as above, no longer wait for a person. */
export async function answerAgain(
  asked: Asked,
  {runner}: Claimant,
  attempts: readonly string[],
): Promise<void> {
  await asked.query(
    `UPDATE switcharoo_fleet.unit SET status = 'running', problem = NULL, changed_at = now()
     WHERE runner = $1 AND status = 'offered' AND problem ->> 'code' = 'fleet-runner-silent'
       AND fleet || '/' || unit || '/' || attempt = ANY($2)`,
    [runner, attempts],
  );
}

/**
 * Gives a unit to a person that no run came of. With the run of the state, its journal is in the home. `false`: it has
 * another status by now, or began in another home.
 */
export async function offerUnit(
  asked: Asked,
  {fleet, unit, attempt, status}: Omit<Errand, 'wave'> & Pick<UnitRow, 'status'>,
  {problem, run, changes, inOutage}: Pick<UnitState, 'problem' | 'run' | 'changes' | 'inOutage'>,
  {home}: Pick<Claimant, 'home'>,
): Promise<boolean> {
  const {rowCount} = await asked.query(
    `UPDATE switcharoo_fleet.unit
     SET status = 'offered', problem = $5, changes = $6, run = coalesce($7, run), home = $8, by_person = false,
       changed_at = now(), phase = NULL,
       outage_since = CASE WHEN $9::boolean THEN coalesce(outage_since, clock_timestamp()) END
     WHERE fleet = $1 AND unit = $2 AND attempt = $3 AND status = $4
       AND (home IS NULL OR home = $8)`,
    [fleet, unit, attempt, status, jsonOf(problem), changes, run, home, inOutage],
  );
  return rowCount === 1;
}

/** An errand that no run came of. */
export async function refuseUnit(
  asked: Asked,
  {fleet, unit, attempt}: Errand,
  problem: Problem,
): Promise<void> {
  await asked.query(
    `UPDATE switcharoo_fleet.unit
     SET status = 'offered', problem = $4, by_person = false, changed_at = now()
     WHERE fleet = $1 AND unit = $2 AND attempt = $3 AND status = 'admitted'`,
    [fleet, unit, attempt, jsonOf(problem)],
  );
}

export interface UnitPhase {
  readonly phase: string;
  readonly inOutage: boolean;
  /** In place: an order to leave the unit out sees them without its journal. */
  readonly changes: number;
}

/** Where the run is now. Also of a unit that was given to a person because its runner was silent: it speaks again. */
export async function reportPhase(
  asked: Asked,
  {fleet, unit, attempt}: Errand,
  {runner}: Claimant,
  {phase, inOutage, changes}: UnitPhase,
): Promise<void> {
  await asked.query(
    `UPDATE switcharoo_fleet.unit SET phase = $5, changed_at = now(),
       outage_since = CASE WHEN $6::boolean THEN coalesce(outage_since, clock_timestamp()) END,
       changes = $7, status = 'running', problem = NULL
     WHERE fleet = $1 AND unit = $2 AND attempt = $3 AND runner = $4 AND ${isOwn}`,
    [fleet, unit, attempt, runner, phase, inOutage, changes],
  );
}

const isOwn =
  "(status = 'running' OR (status = 'offered' AND problem ->> 'code' = 'fleet-runner-silent'))";

/**
 * How the attempt ended, and with it the order of a person to continue. `false`: the unit is no longer this runner's.
 * What never began may begin anywhere, under the name that was reserved: of all hosts that begin it, its store lets in
 * one.
 */
export async function reportEnd(
  asked: Asked,
  {fleet, unit, attempt}: Errand,
  {runner}: Claimant,
  {status, problem, changes, inOutage, neverBegan = false, run, closed}: UnitState,
): Promise<boolean> {
  const {rowCount} = await asked.query(
    `UPDATE switcharoo_fleet.unit
     SET status = $5, problem = $6, changes = $7, changed_at = now(),
       outage_since = CASE WHEN $8::boolean THEN coalesce(outage_since, clock_timestamp()) END,
       home = CASE WHEN $9::boolean THEN NULL ELSE home END, run = coalesce($10, run),
       by_person = by_person AND $9 AND $5 = 'waiting' AND $11::jsonb IS NULL,
       work = coalesce(jsonb_set(work, '{closed}', $11::jsonb), work)
     WHERE fleet = $1 AND unit = $2 AND attempt = $3 AND runner = $4 AND ${isOwn}`,
    [
      ...[fleet, unit, attempt, runner],
      ...[status, jsonOf(problem), changes, inOutage, neverBegan],
      ...[run ?? null, closed && JSON.stringify(closed)],
    ],
  );
  return rowCount === 1;
}
