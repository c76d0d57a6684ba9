import {holderText} from '../journal/lock-holder.ts';
import type {Problem} from '../model/problem.ts';
import {isByHand, isRunnerSilent} from '../model/unit-status.ts';
import type {Host} from '../run/host.ts';
import {workerOn} from '../run/past-runs.ts';
import type {FleetDatabase} from './database.ts';
import {unitColumns, unitOf} from './rows.ts';
import {runByHand, runLeftByHand} from './run-problems.ts';
import {begunOrDamaged, type StoredRow, writeState} from './stored-units.ts';
import {isOrderOutdated, stateOfRun, type UnitState} from './unit-state.ts';

interface Around {
  readonly host: Host;
  readonly home: string;
  readonly database: Pick<FleetDatabase, 'pool'>;
  readonly say: (text: string) => void;
}

/**
 * A person may have continued a run by hand: what its journal says counts. While a process works on it, only that is
 * written, and what is in place.
 */
export async function readByHand(around: Around): Promise<void> {
  const {database, host, home} = around;
  const {rows} = await database.pool.query(
    `SELECT ${unitColumns} FROM switcharoo_fleet.unit
     WHERE home = $1 AND run IS NOT NULL AND status IN ('offered', 'failed', 'waiting')`,
    [home],
  );
  for (const stored of rows) {
    const row = {...unitOf(stored), fleet: stored.fleet as string};
    const progress = begunOrDamaged(host, row.run);
    if (!progress) {
      continue;
    }
    const worker = workerOn(host, progress);
    const state = stateOfRun(progress);
    if (worker) {
      await writeWorkedOn(around, row, state, runByHand(row.run ?? '', holderText(worker)));
    } else {
      await writeLeft(around, row, state);
    }
  }
}

async function writeWorkedOn(
  around: Around,
  row: StoredRow,
  state: UnitState,
  byHand: Problem,
): Promise<void> {
  const {status} = row;
  // A silent runner may be that process, and answer again.
  const problem = isRunnerSilent(row) ? row.problem : byHand;
  if (isOther(row, state) || problem?.message !== row.problem?.message) {
    await writeState(around, row, {...state, status, problem}, {endsOrder: true});
  }
}

/** No process works on it. What a person ordered before it was continued by hand no longer counts. */
async function writeLeft(around: Around, row: StoredRow, state: UnitState): Promise<void> {
  // A person decides about one that PostgreSQL did not know, and a runner then reads its store again.
  const isResumed = row.status === 'waiting' && row.byPerson && !isByHand(row);
  const isUndecided = isResumed || undecidedCodes.has(row.problem?.code ?? '');
  const isOver =
    (state.status === 'done' && !isUndecided) ||
    (state.status === 'failed' &&
      row.status === 'offered' &&
      row.problem?.code !== 'fleet-run-already-reversed');
  // A person stopped it by hand, reversed it or left it in its outage: a person decides whether it continues.
  const isStopped = row.status === 'waiting' && !isResumed && state.status !== 'waiting';
  if (isOver || isStopped || (isResumed && isOrderOutdated(row, state))) {
    await writeState(around, row, state, {endsOrder: true});
  } else if (isByHand(row)) {
    const status = row.status === 'waiting' ? 'offered' : row.status;
    const problem = state.problem ?? runLeftByHand(row.run ?? '');
    await writeState(around, row, {...state, status, problem}, {endsOrder: true});
  } else if (isOther(row, state)) {
    const {status, problem} = row;
    await writeState(around, row, {...state, status, problem});
  }
}

const undecidedCodes = new Set(['fleet-run-already-done', 'fleet-run-done-unread']);

const isOther = (row: StoredRow, {changes, inOutage}: UnitState): boolean =>
  changes !== row.changes || inOutage !== row.inOutage;
