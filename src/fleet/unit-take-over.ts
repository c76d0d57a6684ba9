import {installJournal} from '../journal/install-journal.ts';
import {sharedJournalOf} from '../journal/open-shared-log.ts';
import type {ObjectStore} from '../model/object-store.ts';
import {SwitcharooError} from '../model/problem.ts';
import {progressOf} from '../model/progress.ts';
import {isRunnerSilent} from '../model/unit-status.ts';
import type {Host} from '../run/host.ts';
import {isOver, progressIn} from '../run/past-runs.ts';
import type {FleetDatabase} from './database.ts';
import {notDecidable} from './engine-problems.ts';
import {homeOf} from './home.ts';
import {type Order, unitRow} from './orders.ts';
import {type Asked, addEvent, jsonOf, silentSeconds, type UnitRow} from './rows.ts';
import {
  journalAtHand,
  journalLost,
  journalNotInStore,
  runnerAnswers,
  unitChangedMeanwhile,
} from './take-over-problems.ts';
import {hasBegun, notBegun, stateOfRun, type UnitState} from './unit-state.ts';

// A unit whose journal is in a state folder that is lost. With a store, its run is taken over from there.

type Database = Pick<FleetDatabase, 'transaction'>;

/** A unit whose run was reserved for the runners of another state folder, or is lost in this one. */
export interface UnitElsewhere extends UnitRow {
  readonly run: string;
  /** Its journal belongs into this state folder, and is damaged or missing. */
  readonly isHere: boolean;
  readonly journal: {readonly host: string; readonly folder: string};
}

/**
 * The unit, if only runners of another state folder may continue it, or if its journal is lost here. `undefined` if its
 * journal is here, or if any runner may begin it.
 *
 * @throws SwitcharooError when it is at its end, or when the runner that works on it answers.
 */
export const unitElsewhere = (
  {transaction}: Database,
  {fleet, unit}: Omit<Order, 'operator'> & {readonly unit: string},
  here: string,
  isLost: (row: UnitRow) => boolean = () => false,
): Promise<UnitElsewhere | undefined> =>
  transaction(async (client) => {
    const row = await unitRow(client, fleet, unit);
    if (row.status === 'done' || row.status === 'left-out') {
      throw new SwitcharooError(notDecidable(row, 'taken over'));
    }
    const {run, home} = row;
    const isHere = home === here;
    if (run === null || home === null || (isHere && !isLost(row))) {
      return undefined;
    }
    const journal = await refuseAnswering(client, row);
    await refuseUnlessAllowed(client);
    return {...row, run, isHere, journal};
  });

/** Where its journal is. Throws while the runner that works on it is heard from. */
async function refuseAnswering(client: Asked, row: UnitRow) {
  const {host, folder, isHeard} = await lastRunnerOf(client, row);
  // A runner that others gave up and that answers again still has it.
  if (isHeard && (row.status === 'running' || isRunnerSilent(row))) {
    throw new SwitcharooError(runnerAnswers(row.unit, host, folder));
  }
  return {host, folder};
}

const refuseRunning = async (client: Asked, row: UnitRow): Promise<void> => {
  await refuseAnswering(client, row);
};

/** Who has the state folder can read the journal, whatever the unit is. */
async function refuseJournalAtHand(client: Asked, row: UnitRow): Promise<void> {
  await refuseAnswering(client, row);
  const {host, folder, isHeard} = await lastRunnerOf(client, row);
  if (isHeard) {
    throw new SwitcharooError(journalAtHand(row.unit, host, folder));
  }
}

/** The one of its home that was heard last. While PostgreSQL was away nobody could be heard, and who ended said so. */
async function lastRunnerOf(client: Asked, {home}: UnitRow) {
  const {rows} = await client.query(
    `SELECT host, folder, beat > '-infinity' AND
       extract(epoch FROM clock_timestamp() - greatest(beat, pg_postmaster_start_time())) < $2
       AS "isHeard"
     FROM switcharoo_fleet.runner WHERE home = $1 ORDER BY beat DESC LIMIT 1`,
    [home, silentSeconds],
  );
  const [{host = '', folder = '', isHeard = false} = {}] = rows;
  return {host, folder, isHeard};
}

/** Whether the run is in the store, and whether anything of it is left to do. */
export async function sharedStateOf(
  store: ObjectStore,
  run: string,
  signal: AbortSignal,
): Promise<'none' | 'over' | 'open'> {
  const {entries} = await sharedJournalOf({store, run}, signal);
  const progress = progressOf(entries);
  return progress === undefined ? 'none' : isOver(progress) ? 'over' : 'open';
}

/** Copies the journal of a run that has ended, so that its report can be read here. */
export async function installEnded(
  {state}: Pick<Host, 'state'>,
  store: ObjectStore,
  run: string,
  signal: AbortSignal,
): Promise<void> {
  const {text} = await sharedJournalOf({store, run}, signal);
  installJournal(state.journalOf(run), text, state.disk);
}

/** Its journal is in this state folder by now: it continues here. In an outage it still waits for a person. */
export const moveHere = async (
  database: Database,
  host: Pick<Host, 'state'>,
  order: Order,
  unit: UnitElsewhere,
): Promise<UnitState> => {
  const state = stateOfRun(progressIn(host, unit.run));
  const note = `${unit.run} from ${unit.journal.host}`;
  await move(database, order, unit, {
    ...{home: homeOf(host.state), run: unit.run, state, what: 'took over', note},
  });
  return state;
};

/**
 * Its store proves that it never began. It keeps the name of its run: of all hosts that begin it, the store lets only
 * one continue.
 *
 * @throws SwitcharooError when its runner reported that it began.
 */
export const beginAnywhere = (
  database: Database,
  order: Order,
  unit: UnitElsewhere,
  place: string,
): Promise<void> =>
  move(database, order, unit, {
    ...{home: null, run: unit.run, state: notBegun},
    ...{what: 'took over', note: `${unit.run} is not in the store: it never began`},
    refuse: async (client, row) => {
      await refuseAnswering(client, row);
      if (hasBegun(row)) {
        throw new SwitcharooError(journalNotInStore({...row, run: unit.run}, place));
      }
    },
  });

/** A person says that nothing of it is in place. They then let it begin again, or leave it out. */
export const giveUpJournal = (
  database: Database,
  order: Order,
  unit: UnitElsewhere,
  because: string,
): Promise<void> =>
  move(database, order, unit, {
    ...{home: null, run: null, what: 'gave up the journal of', note: because},
    state: {...notBegun, status: 'failed', problem: journalLost(unit.run)},
    // A runner of this folder that answers has reported that it is lost.
    refuse: unit.isHere ? refuseRunning : refuseJournalAtHand,
  });

interface Move {
  readonly home: string | null;
  readonly run: string | null;
  readonly state: UnitState;
  readonly what: string;
  readonly note: string;
  /** Throws when the row, as it is by then, speaks against it. */
  readonly refuse?: (client: Asked, row: UnitRow) => Promise<void>;
}

/** Ends the attempt of the runner that had the unit. */
const move = (
  {transaction}: Database,
  {fleet, operator}: Order,
  seen: UnitElsewhere,
  {home, run, state, what, note, refuse}: Move,
): Promise<void> =>
  transaction(async (client) => {
    const {unit} = seen;
    const row = await unitRow(client, fleet, unit);
    const isEnded = row.status === 'done' || row.status === 'left-out';
    if (isEnded || row.attempt !== seen.attempt || row.run !== seen.run || row.home !== seen.home) {
      throw new SwitcharooError(unitChangedMeanwhile(unit));
    }
    await refuse?.(client, row);
    // One that never began has no place in a wave that has stopped, unless a person said so.
    const isByPerson = state.status === 'waiting' && (home !== null || row.byPerson);
    await client.query(moving, [
      ...[fleet, unit, row.attempt, state.status, jsonOf(state.problem), state.changes],
      ...[home, run, isByPerson, state.inOutage],
    ]);
    await addEvent(client, {fleet, unit, operator, what, note});
  });

const moving = `
UPDATE switcharoo_fleet.unit
SET status = $4, problem = $5, changes = $6, home = $7, run = $8, runner = NULL,
  attempt = attempt + 1, by_person = $9, changed_at = now(),
  outage_since = CASE WHEN $10::boolean THEN coalesce(outage_since, clock_timestamp()) END
WHERE fleet = $1 AND unit = $2 AND attempt = $3`;

/**
 * What a take-over writes, of no unit: PostgreSQL refuses it to a role without the right. Asked before the run is taken
 * over, which cannot be undone.
 */
async function refuseUnlessAllowed(client: Asked): Promise<void> {
  await client.query(moving, [
    ...[null, null, null, 'waiting', null, 0],
    ...[null, null, false, false],
  ]);
  await client.query(
    `INSERT INTO switcharoo_fleet.event (fleet, unit, operator, what, note)
     SELECT '', '', '', '', '' WHERE false`,
  );
}
