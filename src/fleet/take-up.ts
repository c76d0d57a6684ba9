import type {Machine} from '../journal/process-identity.ts';
import {problemsIn} from '../model/problem.ts';
import type {Host} from '../run/host.ts';
import {workerOn} from '../run/past-runs.ts';
import type {FleetDatabase} from './database.ts';
import type {Dispatcher, Errand} from './engine.ts';
import {runnerSilent, runnerSilentHere} from './engine-problems.ts';
import {heardNetworks, isUnheard} from './networks.ts';
import {silentSeconds, type UnitRow, unitColumns, unitOf} from './rows.ts';
import {begunOrDamaged, type StoredRow, writeState} from './stored-units.ts';
import type {Claimant} from './unit-claims.ts';
import {journalHere, notBegun, stateOfRun, type UnitState} from './unit-state.ts';

/** An errand that was taken begins in less. */
const missedMs = 3_000;
/** Only then is a person asked about a run that nobody else may continue. */
const givenUpSeconds = 60;

interface Around extends Claimant {
  readonly host: Host;
  readonly database: FleetDatabase;
  readonly dispatcher: Pick<Dispatcher, 'cancel' | 'statesOf'>;
  /** Whether this process works on it. */
  readonly isUnderWay: (errand: Errand) => boolean;
  /** Since when DBOS says that this process has an errand, and it does not work on it. */
  readonly missedSince: Map<string, number>;
  /** For how long PostgreSQL has heard this runner: while nobody could be heard, nobody was silent. */
  readonly heardSeconds: number;
  readonly say: (text: string) => void;
}

interface LostRow extends StoredRow {
  readonly owner: RunnerRow;
}

interface RunnerRow {
  readonly runner: string;
  readonly host: string;
  readonly folder: string;
  readonly machine: string;
  readonly pid: number;
  readonly startTicks: number | null;
  readonly silentSeconds: number;
}

export const machineOf = ({id, boot}: Machine): string => `${boot} ${id}`;

/** A process of this machine is asked for itself, another one by its beats. */
const isDeadRunner = (
  owner: Pick<RunnerRow, 'machine' | 'pid' | 'startTicks' | 'silentSeconds'>,
  machine: Machine,
): boolean =>
  owner.machine === machineOf(machine)
    ? !machine.isHidden(owner.pid) && machine.startTicksOf(owner.pid) !== owner.startTicks
    : owner.silentSeconds > silentSeconds;

/**
 * Units of dead runners, and units that this runner has without working on them. They are taken up where their journals
 * are; elsewhere, a person must decide.
 */
export async function takeUpLost(around: Around): Promise<void> {
  for (const row of await unitsWithOwners(around)) {
    const {owner} = row;
    const isHere = row.home === around.home;
    const isDropped = owner.runner === around.runner && !around.isUnderWay(errandOf(row));
    const isLeft = isDropped || (isHere && isDeadRunner(owner, around.host.state.machine));
    const isLocked = isLeft && isWorkedOn(around.host, row.run);
    const isGivenUp = row.status === 'running' && owner.silentSeconds > givenUpSeconds;
    if (isLeft && !isLocked) {
      await takeUp(around, row);
    } else if (isGivenUp && (isLocked || !isHere)) {
      const problem = isLocked
        ? runnerSilentHere(owner.host, row.run ?? '')
        : runnerSilent(row.unit, owner.host, owner.folder);
      await writeState(around, row, {...row, status: 'offered', problem});
    }
  }
}

/** Its runner may only be cut off from PostgreSQL, and work on it in the same folder. */
function isWorkedOn(host: Host, run: string | null): boolean {
  const progress = begunOrDamaged(host, run);
  return progress !== undefined && workerOn(host, progress) !== undefined;
}

/**
 * SQL, with `heardSeconds` as $1: after a failover or an outage the others have as long as this runner to be heard
 * again. One that ended has said so.
 */
const silent = `CASE WHEN r.beat = '-infinity' THEN 'infinity'::float8
  ELSE least(extract(epoch FROM now() - r.beat), $1::numeric) END AS silent`;

async function unitsWithOwners({database, heardSeconds}: Around): Promise<readonly LostRow[]> {
  const {rows} = await database.pool.query(
    `SELECT ${unitColumns}, r.host, r.folder, r.machine, r.pid, r.start_ticks, ${silent}
     FROM switcharoo_fleet.unit JOIN switcharoo_fleet.runner r ON r.runner = unit.runner
     WHERE unit.status = 'running'
       OR (unit.status = 'offered' AND unit.problem ->> 'code' = 'fleet-runner-silent')`,
    [heardSeconds],
  );
  return rows.map((row) => ({
    ...unitOf(row),
    fleet: row.fleet,
    owner: {
      runner: row.runner,
      host: row.host,
      folder: row.folder,
      machine: row.machine,
      pid: row.pid,
      startTicks: row.start_ticks === null ? null : Number(row.start_ticks),
      silentSeconds: Number(row.silent),
    },
  }));
}

async function takeUp(around: Around, row: LostRow): Promise<void> {
  const state = stateHere(around, row);
  await writeState(around, row, state, {endsOrder: state !== notBegun});
  await around.dispatcher.cancel(errandOf(row)).catch(() => {});
}

/**
 * By the journal in this folder. One that never began may begin. One that a person resumed may have been done before:
 * the next attempt reads its store again, and counts it.
 */
function stateHere({host}: Around, row: UnitRow): UnitState {
  try {
    const progress = journalHere(host, row);
    const state = progress ? stateOfRun(progress) : notBegun;
    return state.status === 'done' && row.byPerson ? notBegun : state;
  } catch (error) {
    const [problem = null] = problemsIn(error);
    return {changes: row.changes, inOutage: row.inOutage, status: 'offered', problem};
  }
}

/** Errands that a process took from the queue and died with, or ended with nothing in the rows: queued again. */
export async function freeStranded(around: Around): Promise<void> {
  const {database, dispatcher, runner} = around;
  const {rows} = await database.pool.query(
    `SELECT ${unitColumns}, changed_at < now() - interval '30 seconds' AS is_old FROM switcharoo_fleet.unit
     WHERE status = 'admitted' AND changed_at < now() - interval '3 seconds'`,
  );
  const admitted = rows.map((stored) => ({...unitOf(stored), fleet: stored.fleet as string}));
  const states = await dispatcher.statesOf(admitted.map(errandOf));
  const heard = await heardNetworks(database);
  for (const [at, row] of admitted.entries()) {
    const {status, executor, isOfOthers} = states[at] ?? {};
    const isTaken = status === 'PENDING';
    // After an upgrade the runners of its release may all be gone; or those of its network.
    const isLeft = (isOfOthers === true || isUnheard(row, heard)) && rows[at].is_old;
    const isWaiting = (status === 'ENQUEUED' || status === 'DELAYED') && !isLeft;
    const isLost = async () =>
      executor === runner
        ? isMissed(around, errandOf(row))
        : await isDeadExecutor(around, executor);
    if (isWaiting || (isTaken && !(await isLost()))) {
      continue;
    }
    const {rowCount} = await database.pool.query(
      `UPDATE switcharoo_fleet.unit SET status = 'waiting', changed_at = now()
       WHERE fleet = $1 AND unit = $2 AND attempt = $3 AND status = 'admitted'`,
      [row.fleet, row.unit, row.attempt],
    );
    if (rowCount === 1) {
      await dispatcher.cancel(errandOf(row)).catch(() => {});
    }
  }
}

/**
 * DBOS has written that this process takes it, and did not hear that it was written: then it never begins. A moment
 * after it was taken, it does not work on it either.
 */
function isMissed({isUnderWay, missedSince}: Around, errand: Errand): boolean {
  const key = Object.values(errand).join('/');
  if (isUnderWay(errand)) {
    missedSince.delete(key);
    return false;
  }
  const sinceMs = missedSince.get(key) ?? performance.now();
  missedSince.set(key, sinceMs);
  return performance.now() - sinceMs > missedMs;
}

async function isDeadExecutor(
  {database, host, heardSeconds}: Around,
  executor: string | null | undefined,
): Promise<boolean> {
  const {rows} = await database.pool.query(
    `SELECT machine, pid, start_ticks, ${silent} FROM switcharoo_fleet.runner r WHERE runner = $2`,
    [heardSeconds, executor ?? ''],
  );
  const [row] = rows;
  return (
    row === undefined ||
    isDeadRunner(
      {
        machine: row.machine,
        pid: row.pid,
        startTicks: row.start_ticks === null ? null : Number(row.start_ticks),
        silentSeconds: Number(row.silent),
      },
      host.state.machine,
    )
  );
}

const errandOf = ({fleet, wave, unit, attempt}: StoredRow): Errand => ({
  fleet,
  wave,
  unit,
  attempt,
});
