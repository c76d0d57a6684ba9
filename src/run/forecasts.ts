import type {RunContext} from '../engine/context.ts';
import {entryDigests} from '../engine/digests.ts';
import type {Conditions} from '../forecast/conditions.ts';
import {type Forecast, type Forecaster, forecasterOf} from '../forecast/forecast.ts';
import type {PastRun} from '../forecast/samples.ts';
import {atRest, type Timings, timingsOf} from '../forecast/timings.ts';
import type {Journal} from '../journal/contract.ts';
import {readJournal} from '../journal/read-journal.ts';
import type {JournalEntry} from '../model/journal.ts';
import {type Outage, outageOf} from '../model/outage.ts';
import type {Plan} from '../model/plan.ts';
import type {Progress} from '../model/progress.ts';
import type {RoundTrip} from '../model/round-trip.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import type {ForecastFigures} from '../report/index.ts';
import {distancesOf} from './expected-times.ts';
import {fenced, unlimited} from './fence.ts';
import type {Host} from './host.ts';
import {conditionsBefore, type KeptForecast, keepForecast} from './kept-forecast.ts';
import type {OpenedWorld} from './open-world.ts';
import {readableProgress} from './past-runs.ts';
import {timedPlan} from './timed-plan.ts';

interface ForecastOf extends Conditions {
  readonly runbook: AnyRunbook;
  readonly inventory: string;
  readonly params: unknown;
  /** This run is left out of its own forecast. */
  readonly run?: string;
}

/** More runs would add little, and each journal must be read. */
const mostRuns = 40;

/** From the runs of the same runbook in this state folder. */
export const forecasterFor = (host: Pick<Host, 'state'>, about: ForecastOf): Forecaster =>
  forecasterFrom(pastRuns(host, about), about);

/** The newest runs of a runbook in this state folder, as far as their journals can be read. */
export function pastRuns(
  host: Pick<Host, 'state'>,
  {runbook, run}: Pick<ForecastOf, 'runbook' | 'run'>,
): readonly PastRun[] {
  const past: PastRun[] = [];
  for (const name of host.state.runs()) {
    if (past.length === mostRuns) {
      break;
    }
    const isAlike =
      name !== run && readableProgress(host, name)?.run.runbook.name === runbook.head.name;
    const timings = isAlike ? timingsIn(host, name) : undefined;
    if (timings && timings.forward.size > 0) {
      past.push({timings, ...conditionsBefore(host.state, name)});
    }
  }
  return past;
}

/** From these runs. */
export function forecasterFrom(past: readonly PastRun[], about: ForecastOf): Forecaster {
  return forecasterOf({...about, digests: entryDigests(about.runbook), past});
}

/** A journal that cannot be read is ignored: a run does not stop because of another one. */
function timingsIn({state}: Pick<Host, 'state'>, run: string): Timings | undefined {
  try {
    return timingsOf(readJournal(state.journalOf(run)).entries);
  } catch {
    return undefined;
  }
}

/** The forecast of one run, from its plan on. */
export class RunForecasts {
  readonly #host: Pick<Host, 'state'>;
  readonly #opened: OpenedWorld;
  readonly #run: string;
  #kept: KeptForecast | undefined;
  #checkMs: number | undefined;
  #forecaster: Forecaster | undefined;

  constructor({host, opened, run}: {host: Host; opened: OpenedWorld; run: string}) {
    this.#host = host;
    this.#opened = opened;
    this.#run = run;
  }

  /** How far away the targets are that somebody waits for. */
  readonly distances = (): Promise<readonly RoundTrip[]> =>
    distancesOf(this.#opened, this.#opened.world.aborting);

  /** The first plan opens the connections, as those of earlier runs did: a later one would look faster. */
  async timedPlan(progress: Progress | undefined, signal: AbortSignal): Promise<Plan> {
    const {world, inventory} = this.#opened;
    const planning = {world, inventory, ...(progress ? {progress} : {}), signal};
    const {made, checkMs} = await timedPlan(planning);
    this.#checkMs ??= checkMs;
    return made;
  }

  /** Measures the distances, and forecasts a run before it starts. */
  async plan(): Promise<{
    readonly distances: readonly RoundTrip[];
    readonly forecast: Forecast | undefined;
  }> {
    const distances = await this.distances();
    const checkMs = this.#checkMs;
    const conditions = {distances, ...(checkMs === undefined ? {} : {checkMs})};
    const forecast = fenced(() => this.#forecasterAt(conditions)(), unlimited)();
    this.#kept = {...conditions, ...(forecast ? {forecast: figuresOf(forecast)} : {})};
    return {distances, forecast};
  }

  /** What earlier runs tell, for the run under way. Read before it acts: in an outage, reading would delay it. */
  prepare(): Forecaster {
    const read = () => {
      const conditions = conditionsBefore(this.#host.state, this.#run);
      const forecaster = this.#forecaster ?? this.#forecasterAt(conditions);
      // The first time takes longest.
      forecaster();
      return forecaster;
    };
    return fenced(read, unlimited)() ?? (() => undefined);
  }

  /** Of what is left of a run on which no process works, before it is continued or reversed. */
  atRest(): Forecast | undefined {
    const forecaster = this.prepare();
    const {world} = this.#opened;
    const read = () => {
      const {entries} = readJournal(this.#host.state.journalOf(this.#run));
      const {outage: window} = world.runbook.head;
      const outage = window ? {outage: outageOf(entries, window)} : {};
      return forecastAt(forecaster, {entries, isAtRest: true, now: world.clock.now(), ...outage});
    };
    return fenced(read, unlimited)();
  }

  #forecasterAt(conditions: Conditions): Forecaster {
    const {runbook, inventory, world} = this.#opened;
    const about = {runbook, inventory: inventory.name, params: world.params, run: this.#run};
    this.#forecaster = forecasterFor(this.#host, {...about, ...conditions});
    return this.#forecaster;
  }

  /** Keeps the last one beside the journal. */
  keep(): void {
    if (this.#kept) {
      keepForecast(this.#host.state, this.#run, this.#kept);
    }
  }
}

/** What a report compares with what happened. */
const figuresOf = ({run, outage, hold, sources}: Forecast): ForecastFigures => ({
  ...{run, basis: sources.map((source) => source.run)},
  ...(outage ? {outage} : {}),
  ...(hold ? {hold} : {}),
});

interface Live {
  readonly entries: readonly JournalEntry[];
  readonly outage?: Outage;
  readonly now: Date;
  /** No process works on it any more. */
  readonly isAtRest?: boolean;
}

/** Forecasts a run again and again while another process works on it. What earlier runs tell is read the first time. */
export function liveForecaster(
  host: Pick<Host, 'state'>,
  about: Omit<ForecastOf, keyof Conditions> & {readonly run: string},
): (live: Live) => Forecast | undefined {
  let forecaster: Forecaster | undefined;
  return fenced((live: Live) => {
    forecaster ??= forecasterFor(host, {...about, ...conditionsBefore(host.state, about.run)});
    return forecastAt(forecaster, live);
  }, unlimited);
}

function forecastAt(
  forecaster: Forecaster,
  {entries, isAtRest, ...live}: Live,
): Forecast | undefined {
  const timings = timingsOf(entries);
  const forecast = timings && forecaster({timings: isAtRest ? atRest(timings) : timings, ...live});
  // What is no number is no time that could be shown.
  return forecast && Number.isFinite(forecast.left.p95) ? forecast : undefined;
}

/** For the questions of a run, and its screen. A run neither fails nor waits because of it. */
export function forecastInRun(
  forecaster: Forecaster,
  {clock}: OpenedWorld['world'],
  {journal, record}: {readonly journal: Journal; readonly record: RunContext['record']},
): () => Forecast | undefined {
  return fenced(() => {
    const {entries} = journal;
    return forecastAt(forecaster, {entries, outage: record.outage, now: clock.now()});
  });
}
