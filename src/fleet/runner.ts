import {randomUUID} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import {hintText} from '../model/hint.ts';
import type {Problem} from '../model/problem.ts';
import {statusText} from '../model/unit-status.ts';
import type {Host, StopSignals} from '../run/host.ts';
import {admissible, admitAll} from './admission.ts';
import {readByHand} from './by-hand.ts';
import {Claims} from './claimed-units.ts';
import type {FleetDatabase} from './database.ts';
import {type Dispatcher, type Errand, openEngine} from './engine.ts';
import {runnerStops, unitTaken} from './engine-problems.ts';
import {isMistake} from './error-chain.ts';
import {ForgottenRuns} from './forgotten-runs.ts';
import {type Beat, heardOf, heardSecondsOf} from './heartbeat.ts';
import {homeOf} from './home.ts';
import {Pause} from './pause.ts';
import {phaseReports} from './phase-reports.ts';
import {PostgresAway} from './postgres-away.ts';
import {fleetsIn, unitsIn, wavesIn} from './rows.ts';
import {RunInTheWay} from './run-in-the-way.ts';
import {Slots} from './slots.ts';
import {makeTables, withEngineTables} from './tables.ts';
import {freeStranded, takeUpLost} from './take-up.ts';
import {
  type Claimant,
  type ClaimedUnit,
  claimOutage,
  claimUnit,
  mayBeginNow,
  offerUnit,
  refuseUnit,
  reportEnd,
  reportPhase,
} from './unit-claims.ts';
import {lossInFleet} from './unit-hints.ts';
import {problemOf, runUnit} from './unit-run.ts';
import type {UnitState} from './unit-state.ts';
import {reachedBefore, untilReached, whileOpening} from './until-reached.ts';

interface RunnerRequest {
  readonly host: Host;
  readonly database: FleetDatabase;
  /** How many units it runs at once. */
  readonly atOnce: number;
  /** Whose units it takes; none: the units without a network. */
  readonly networks: readonly string[];
  /** It ends when nothing is under way, and nothing may begin. */
  readonly untilIdle: boolean;
  readonly signals: StopSignals;
  readonly say: (text: string) => void;
}

const tickMs = 1_000;

/** Takes units from PostgreSQL and runs them, until it is told to stop. */
export async function serveFleet(request: RunnerRequest): Promise<void> {
  const {database, signals, say} = request;
  const away = new PostgresAway(database, say);
  await untilReached(database, () => makeTables(database), whileOpening(away, signals));
  const runner = new Runner(request, away);
  await runner.serve();
}

class Runner {
  readonly #request: RunnerRequest;
  readonly #self: Claimant;
  readonly #underWay = new Map<string, Errand>();
  readonly #missedSince = new Map<string, number>();
  readonly #claims: Claims;
  readonly #forgotten: ForgottenRuns;
  readonly #slots: Slots;
  readonly #away: PostgresAway;
  #beat: Readonly<Beat> = {};
  #isEnding = false;
  readonly #pause = new Pause();

  constructor(request: RunnerRequest, away: PostgresAway) {
    this.#request = request;
    this.#slots = new Slots(request.atOnce);
    this.#away = away;
    request.signals.stopping.addEventListener('abort', () => this.#slots.open(), {once: true});
    this.#self = {runner: randomUUID(), home: homeOf(request.host.state)};
    this.#claims = new Claims(request.database, this.#self);
    this.#forgotten = new ForgottenRuns(request.host);
  }

  serve(): Promise<void> {
    return heardOf({...this.#request, away: this.#away}, this.#self, (beat) => {
      this.#beat = beat;
      return this.#serve();
    });
  }

  async #serve(): Promise<void> {
    const {database, networks, signals} = this.#request;
    const work = (errand: Errand) => this.#work(errand);
    const open = () =>
      withEngineTables(database, (makesTables) =>
        openEngine(database.url, {...this.#self, networks, makesTables, work}),
      );
    const dispatcher = await untilReached(database, open, whileOpening(this.#away, signals));
    try {
      while (!signals.stopping.aborted && !(await this.#tick(dispatcher))) {
        // At once, when a unit has ended.
        await this.#pause.take(tickMs, signals.stopping);
      }
    } finally {
      // Also after a mistake of ours: a run in an outage is not left there.
      this.#isEnding = true;
      dispatcher.stop();
      this.#slots.open();
      while (this.#underWay.size > 0) {
        await this.#leaveLost().catch(() => database.revive().catch(() => {}));
        await sleep(tickMs / 4);
      }
      await dispatcher.close();
    }
  }

  get #isStopping(): boolean {
    return this.#isEnding || this.#request.signals.stopping.aborted;
  }

  /** Whether nothing is left to do. What PostgreSQL does not answer is asked at the next one. */
  async #tick(dispatcher: Dispatcher): Promise<boolean> {
    const {database, host, say, untilIdle} = this.#request;
    const isUnderWay = (errand: Errand) => this.#underWay.has(keyOf(errand));
    const missedSince = this.#missedSince;
    const work = {isUnderWay, missedSince, heardSeconds: heardSecondsOf(this.#beat)};
    const around = {...this.#self, host, database, dispatcher, ...work, say};
    try {
      if (this.#beat.error !== undefined) {
        throw this.#beat.error;
      }
      await this.#leaveLost();
      await takeUpLost(around);
      await readByHand(around);
      await this.#forgotten.offer(around, this.#away.isAway);
      await freeStranded(around);
      await admitAll(database, dispatcher.enqueue);
      this.#away.answers();
      return untilIdle && this.#underWay.size === 0 && (await this.#isIdle());
    } catch (error) {
      if (isMistake(error)) {
        throw error;
      }
      await this.#away.meet(error);
      return false;
    }
  }

  /** It may have been stopped, or cut off, for so long that somebody else has its units. */
  async #leaveLost(): Promise<void> {
    for (const {unit} of await this.#claims.leaveLost()) {
      this.#request.say(`${unitTaken(unit).message} Its run here stops at the next safe place.`);
    }
  }

  async #isIdle(): Promise<boolean> {
    const {pool} = this.#request.database;
    for (const fleet of await fleetsIn(pool)) {
      const units = await unitsIn(pool, fleet.fleet);
      const waves = await wavesIn(pool, fleet.fleet);
      const isBusy = units.some(({status}) => status === 'admitted' || status === 'running');
      if (isBusy || admissible({fleet, waves, units}).length > 0) {
        return false;
      }
    }
    return true;
  }

  /**
   * What DBOS calls, with one errand of a queue at a time: it ends when this process can take another one. The limit is
   * its own. DBOS keeps one for all processes, and for each queue.
   */
  async #work(errand: Errand): Promise<void> {
    if (this.#isStopping || this.#underWay.has(keyOf(errand))) {
      return; // queued again, for another runner
    }
    const {say} = this.#request;
    await new Promise<void>((claimed) => {
      this.#attend(errand, claimed)
        .catch((error) => say(`${errand.unit}: ${problemOf(error).message}`))
        .finally(claimed);
    });
    await this.#slots.room();
  }

  /** It ends when the rows say how the attempt ended. */
  async #attend(errand: Errand, claimed: () => void): Promise<void> {
    const {database} = this.#request;
    this.#underWay.set(keyOf(errand), errand);
    await this.#slots.take();
    try {
      // What it begins while nobody hears it, others would soon give to a person. It is queued again.
      const claim = async () =>
        this.#isStopping || this.#beat.error !== undefined
          ? undefined
          : claimUnit(database, errand, this.#self, (row) => this.#forgotten.nameRun(errand, row));
      const unit = await untilReached(database, claim).catch((error) =>
        this.#refuse(errand, error),
      );
      claimed();
      if (unit) {
        await this.#runClaimed(errand, unit);
      }
    } finally {
      this.#underWay.delete(keyOf(errand));
      this.#slots.give();
      this.#pause.end();
    }
  }

  /** What cannot begin, as a run whose journal is damaged: a person is told, and nothing tries it again. */
  async #refuse(errand: Errand, error: unknown): Promise<undefined> {
    const {database, say, signals} = this.#request;
    const problem = problemOf(error);
    const state = error instanceof RunInTheWay ? error.state : undefined;
    await reachedBefore<unknown>(signals.aborting, database, () =>
      state?.run === undefined
        ? refuseUnit(database.pool, errand, problem)
        : offerUnit(database.pool, {...errand, status: 'admitted'}, state, this.#self),
    );
    say(`${errand.unit}: ${statusText('offered')}: ${problem.message}`);
  }

  async #runClaimed(errand: Errand, unit: ClaimedUnit): Promise<void> {
    const {database, say, signals} = this.#request;
    const {lost, done} = this.#claims.add(errand);
    const end = await this.#outcomeOf(errand, unit, lost).finally(done);
    const {status, problem} = end;
    const report = () => reportEnd(database.pool, errand, this.#self, end);
    const isReported = await reachedBefore(signals.aborting, database, report);
    const loss = problem && isRunLost(problem) ? problem : undefined;
    if (isReported === false && (lost.aborted || loss)) {
      // That somebody else has the unit was said when it was seen; what its store lacks was not.
      if (loss) {
        say(`${unit.unit}: ${withHint(lossInFleet(loss, unit.unit))}`);
      }
      return;
    }
    const why = loss ? withHint(loss) : problem?.message;
    say(`${unit.unit}: ${statusText(status)}${why ? `: ${why}` : ''}`);
    if (isReported === undefined) {
      say(
        `${unit.unit}: its state was not reported to PostgreSQL. To report it, start a runner with this state folder again: fleet runner`,
      );
    }
  }

  async #outcomeOf(errand: Errand, unit: ClaimedUnit, lost: AbortSignal): Promise<UnitState> {
    const {host, say, signals} = this.#request;
    const {pool} = this.#request.database;
    const {run, work, startedBy} = unit;
    const {earlier, end} = await this.#forgotten.earlierRun(unit, signals.aborting);
    if (end) {
      return end;
    }
    say(`${unit.unit}: ${run} begins`);
    const ended = new AbortController();
    return runUnit(host, {
      ...{run: run ?? '', work, unit: {name: errand.fleet, unit: errand.unit}},
      earlier,
      startedBy,
      mayBegin: () => this.#mayBegin(errand, unit),
      mayBeginOutage: (stopping) => this.#mayBeginOutage(errand, stopping),
      signals: {
        stopping: AbortSignal.any([signals.aborting, lost]),
        aborting: new AbortController().signal,
      },
      sharedElsewhere: () => this.#forgotten.sharedElsewhere(errand, unit, signals.aborting),
      report: phaseReports((now) => reportPhase(pool, errand, this.#self, now), ended.signal),
    }).finally(() => ended.abort());
  }

  /** Asked right before its journal begins, or goes on: to read and to plan may have taken long. */
  #mayBegin(errand: Errand, unit: ClaimedUnit): Promise<boolean> {
    const {database} = this.#request;
    const ask = async () =>
      !this.#isStopping && (await mayBeginNow(database, errand, this.#self, unit));
    return untilReached(database, ask);
  }

  async #mayBeginOutage(errand: Errand, stopping: AbortSignal): Promise<Problem | undefined> {
    const {database} = this.#request;
    // It may be told to stop while PostgreSQL is away, or while it waits for an answer.
    const claim = async () =>
      this.#isStopping ? runnerStops() : claimOutage(database, errand, this.#self);
    const refused = await untilReached(database, claim, {signal: stopping});
    return refused ?? (this.#isStopping ? runnerStops() : undefined);
  }
}

const isRunLost = ({code}: Problem): boolean =>
  code === 'lock-lost' || code === 'run-continued-elsewhere';

const withHint = ({message, hint}: Problem): string => `${message} ${hintText(hint)}`;

const keyOf = ({fleet, unit, attempt}: Errand): string => `${fleet}/${unit}/${attempt}`;
