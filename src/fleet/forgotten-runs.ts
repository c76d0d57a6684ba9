import {problemsIn} from '../model/problem.ts';
import type {Progress} from '../model/progress.ts';
import {statusText} from '../model/unit-status.ts';
import type {Host} from '../run/host.ts';
import {reserveRunName} from '../run/open-run.ts';
import {isOver} from '../run/past-runs.ts';
import type {FleetDatabase} from './database.ts';
import type {Errand} from './engine.ts';
import {type UnitRow, unitColumns, unitOf} from './rows.ts';
import {isOfOther, RunInTheWay, stateElsewhere, stateInTheWay} from './run-in-the-way.ts';
import {runDoneUnread} from './run-problems.ts';
import {SharedUnitRuns} from './shared-unit-runs.ts';
import {type Claimant, offerUnit} from './unit-claims.ts';
import {UnitRuns} from './unit-runs.ts';
import {begunRun, isOrderOutdated, journalHere, stateOfRun, type UnitState} from './unit-state.ts';

// Runs that PostgreSQL does not know: it was restored from a backup, or made again. The journals know them.

interface Around extends Claimant {
  readonly host: Pick<Host, 'state'>;
  readonly database: Pick<FleetDatabase, 'pool'>;
  readonly say: (text: string) => void;
}

/** What a runner finds in its state folder of units that would begin. */
export class ForgottenRuns {
  readonly #host: Pick<Host, 'state' | 'operator'>;
  readonly #runs: UnitRuns;
  readonly #shared: SharedUnitRuns;
  #wavesSeen: string | undefined;

  constructor(host: Pick<Host, 'state' | 'operator'>) {
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
    if (wasAway || waves !== this.#wavesSeen) {
      await offerForgotten(around, this.#runs);
      this.#wavesSeen = waves;
    }
  }

  /**
   * The run of an attempt: the one that was reserved, since of two runners that come to begin it, its folder lets in
   * one. A new one after it was reversed, when a person says so, and where a process ended before the first entry.
   *
   * @throws RunInTheWay when there is one that PostgreSQL did not know, or that went on after it was last written
   */
  nameRun({unit, fleet}: Pick<Errand, 'unit' | 'fleet'>, row: UnitRow): string {
    const {run, byPerson} = row;
    const earlier = journalHere(this.#host, row);
    const state = earlier && stateOfRun(earlier);
    if (run !== null && state?.problem && isOrderOutdated(row, state)) {
      throw new RunInTheWay({...state, status: 'offered', run, problem: state.problem});
    }
    const isAgain = earlier && byPerson && earlier.outcome === 'reversed' && isOver(earlier);
    const forgotten = earlier && !isAgain ? undefined : this.#runs.forgotten({fleet, unit}, row);
    if (forgotten) {
      throw new RunInTheWay(stateInTheWay(unit, row, forgotten));
    }
    const isEmpty = run !== null && !earlier && this.#host.state.journalIdentity(run) !== null;
    return run === null || isAgain || isEmpty ? reserveRunName() : run;
  }

  /** The run of a claimed unit, if it began earlier; `end`: that attempt has nothing to do. */
  async earlierRun(
    {unit, run, work, byPerson}: Pick<UnitRow, 'unit' | 'run' | 'work' | 'byPerson'>,
    signal: AbortSignal,
  ): Promise<{readonly earlier: Progress | undefined; readonly end?: UnitState}> {
    const here = begunRun(this.#host, run);
    if (!here) {
      return {earlier: undefined};
    }
    const earlier = await this.#current(here, work, signal).catch((error: unknown) => {
      const [problem] = problemsIn(error);
      if (!problem) {
        throw error;
      }
      return runDoneUnread(unit, here.run.run, problem);
    });
    if ('code' in earlier) {
      return {earlier: here, end: {...stateOfRun(here), status: 'offered', problem: earlier}};
    }
    const state = stateOfRun(earlier);
    // It may be in an outage, or have ended, since it was last reported.
    const hasEnded = state.status !== 'waiting' && (state.status === 'done' || !byPerson);
    return hasEnded || earlier !== here ? {earlier, end: state} : {earlier};
  }

  /** Another host may have continued a run that it shares, and reversed one that is done. */
  async #current(here: Progress, work: UnitRow['work'], signal: AbortSignal): Promise<Progress> {
    const isOwn = here.operator.host === this.#host.operator.host;
    const isShared = here.run.storePlace !== undefined;
    return isShared && (!isOwn || here.outcome === 'done')
      ? this.#shared.current(here, work, signal)
      : here;
  }

  /** The state of a unit that would begin, and of which the store of its inventory has another run. */
  async sharedElsewhere(
    errand: Errand,
    row: Pick<UnitRow, 'run' | 'work' | 'byPerson' | 'runner'>,
    signal: AbortSignal,
  ): Promise<UnitState | undefined> {
    const progress = await this.#shared.forgotten(errand, row, signal);
    return progress && (isOver(progress) || isOfOther(progress, row.work))
      ? stateInTheWay(errand.unit, row, progress)
      : progress && stateElsewhere(errand.unit, progress, row.work.inventory);
  }
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
    `SELECT ${unitColumns} FROM switcharoo_fleet.unit
     WHERE status IN ('waiting', 'failed') AND fleet || '/' || unit = ANY($1)`,
    [unitRuns.units()],
  );
  for (const stored of rows) {
    const row = {...unitOf(stored), fleet: stored.fleet as string};
    // One that failed begins again only when a person says so.
    const byPerson = row.byPerson || row.status === 'failed';
    const progress = readable(() => unitRuns.forgotten(row, {...row, byPerson}));
    // One of another service is shown when the unit would begin.
    if (progress && !isOfOther(progress, row.work)) {
      const state = stateInTheWay(row.unit, row, progress);
      if (await offerUnit(around.database.pool, row, state, around)) {
        around.say(`${row.unit}: ${statusText('offered')}: ${state.problem.message}`);
      }
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
