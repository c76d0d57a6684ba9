import type {Problem} from '../model/problem.ts';
import type {Progress} from '../model/progress.ts';
import {statusText} from '../model/unit-status.ts';
import type {Host} from '../run/host.ts';
import {reserveRunName} from '../run/open-run.ts';
import {isOver} from '../run/past-runs.ts';
import type {FleetDatabase} from './database.ts';
import type {Errand} from './engine.ts';
import {jsonOf, type UnitRow, unitOf} from './rows.ts';
import {runAlreadyDone, runAlreadyStarted, runStartedElsewhere} from './run-problems.ts';
import {SharedUnitRuns} from './shared-unit-runs.ts';
import type {Claimant} from './unit-claims.ts';
import {type UnitKey, UnitRuns} from './unit-runs.ts';
import {journalHere, notBegun, stateOfRun, type UnitState} from './unit-state.ts';

// Runs that PostgreSQL does not know: it was restored from a backup, or made again. The journals know them.

interface Around extends Claimant {
  readonly host: Pick<Host, 'state'>;
  readonly database: Pick<FleetDatabase, 'pool'>;
  readonly say: (text: string) => void;
}

/** What a runner finds in its state folder of units that would begin. */
export class ForgottenRuns {
  readonly #host: Pick<Host, 'state'>;
  readonly #runs: UnitRuns;
  readonly #shared: SharedUnitRuns;
  /** Attempts that met such a run. */
  readonly #attempts = new Set<string>();
  #wavesSeen: string | undefined;

  constructor(host: Pick<Host, 'state'>) {
    this.#host = host;
    this.#runs = new UnitRuns(host);
    this.#shared = new SharedUnitRuns(host);
  }

  /**
   * Gives every unit to a person that would begin, although there is a run of it: at first, when PostgreSQL was away
   * (`wasAway`), and when it has other waves.
   */
  async offer(around: Around, wasAway: boolean): Promise<void> {
    const waves = await wavesNow(around.database);
    if (wasAway) {
      this.#shared.readAgain();
    }
    if (wasAway || waves !== this.#wavesSeen) {
      await offerForgotten(around, this.#runs);
      this.#wavesSeen = waves;
    }
  }

  /**
   * The run of an attempt: the one that was reserved, since of two runners that come to begin it, its folder lets in
   * one. A new one after it was reversed, when a person says so, and where a process ended before the first entry. One
   * that PostgreSQL did not know is in the way of these.
   */
  nameRun(errand: Errand, row: UnitRow): string {
    const {run, byPerson} = row;
    const earlier = journalHere(this.#host, row);
    const isAgain = earlier && byPerson && earlier.outcome === 'reversed' && isOver(earlier);
    const forgotten = earlier && !isAgain ? undefined : this.#runs.forgotten(errand, row);
    if (forgotten) {
      this.#attempts.add(attemptKey(errand));
      return forgotten.run.run;
    }
    const isEmpty = run !== null && !earlier && this.#host.state.journalIdentity(run) !== null;
    return run === null || isAgain || isEmpty ? reserveRunName() : run;
  }

  /** The state of an attempt that `nameRun` gave such a run. */
  stateOf(errand: Errand, progress: Progress | undefined): UnitState | undefined {
    return progress && this.#attempts.delete(attemptKey(errand))
      ? forgottenState(errand.unit, progress)
      : undefined;
  }

  /** The state of a unit that would begin, and of which the store of its inventory has another run. */
  async sharedElsewhere(
    errand: Errand,
    {run, work: {inventory}}: Pick<UnitRow, 'run' | 'work'>,
    signal: AbortSignal,
  ): Promise<UnitState | undefined> {
    const about = {inventory, known: run ?? ''};
    const progress = await this.#shared.forgotten(errand, about, signal);
    return progress && sharedState(errand.unit, progress, inventory);
  }
}

/**
 * Its own host or a person continues one that is not finished. Of one that is done, the journal is here by now.
 */
function sharedState(unit: string, progress: Progress, inventory: string): UnitState {
  if (progress.outcome === 'done') {
    return {...forgottenState(unit, progress), run: progress.run.run};
  }
  const {run, operator} = progress;
  const problem = runStartedElsewhere({unit, run: run.run, host: operator.host, inventory});
  return {...notBegun, neverBegan: true, status: 'offered', problem};
}

const attemptKey = ({fleet, unit, attempt}: Errand): string => `${fleet}/${unit}/${attempt}`;

/** It waits for a person, whatever its journal says: nobody knows what else PostgreSQL has lost. */
const forgottenState = (unit: string, progress: Progress): UnitState => ({
  ...stateOfRun(progress),
  status: 'offered',
  problem: problemFor(unit, progress),
});

function problemFor(unit: string, {run: {run}, operator, outcome}: Progress): Problem {
  const about = {unit, run, host: operator.host};
  return outcome === 'done' ? runAlreadyDone(about) : runAlreadyStarted(about);
}

/** The waves that PostgreSQL has: others are there after a restore, or when one was started. */
async function wavesNow({pool}: Pick<FleetDatabase, 'pool'>): Promise<string> {
  const {rows} = await pool.query(
    `SELECT coalesce(string_agg(fleet || '/' || wave || '/' || started_at, ' ' ORDER BY fleet, wave), '') AS all
     FROM switcharoo_fleet.wave`,
  );
  return rows[0].all;
}

async function offerForgotten(around: Around, unitRuns: UnitRuns): Promise<void> {
  const {rows} = await around.database.pool.query(
    `SELECT * FROM switcharoo_fleet.unit
     WHERE status IN ('waiting', 'failed') AND fleet || '/' || unit = ANY($1)`,
    [unitRuns.units()],
  );
  for (const stored of rows) {
    const row = {...unitOf(stored), fleet: stored.fleet as string};
    const progress = readable(() => unitRuns.forgotten(row, row));
    if (progress) {
      await offer(around, row, progress);
    }
  }
}

/** A unit with a damaged journal is refused when it would begin. */
function readable<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

async function offer(
  {database, home, say}: Around,
  row: UnitRow & UnitKey,
  progress: Progress,
): Promise<void> {
  const {problem, changes, inOutage} = forgottenState(row.unit, progress);
  const {rowCount} = await database.pool.query(
    `UPDATE switcharoo_fleet.unit
     SET status = 'offered', problem = $5, changes = $6, run = $7, home = $8, by_person = false,
       changed_at = now(), phase = NULL,
       outage_since = CASE WHEN $9::boolean THEN coalesce(outage_since, clock_timestamp()) END
     WHERE fleet = $1 AND unit = $2 AND attempt = $3 AND status = $4`,
    [
      ...[row.fleet, row.unit, row.attempt, row.status],
      ...[jsonOf(problem), changes, progress.run.run, home, inOutage],
    ],
  );
  if (rowCount === 1) {
    say(`${row.unit}: ${statusText('offered')}: ${problem?.message ?? ''}`);
  }
}
