import type {RunContext} from '../engine/context.ts';
import {entryDigests} from '../engine/digests.ts';
import {type Forecast, type Forecaster, forecasterOf} from '../forecast/forecast.ts';
import type {PastRun} from '../forecast/samples.ts';
import {type Timings, timingsOf} from '../forecast/timings.ts';
import type {Journal} from '../journal/contract.ts';
import {readJournal} from '../journal/read-journal.ts';
import type {JournalEntry} from '../model/journal.ts';
import type {Outage} from '../model/outage.ts';
import type {RoundTrip} from '../model/round-trip.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import type {ForecastFigures} from '../report/index.ts';
import {distancesOf} from './expected-times.ts';
import type {Host} from './host.ts';
import {type KeptForecast, keepForecast, keptForecast} from './kept-forecast.ts';
import {measuredIn} from './measurements.ts';
import type {OpenedWorld} from './open-world.ts';
import {readableProgress} from './past-runs.ts';

interface ForecastOf {
  readonly runbook: AnyRunbook;
  readonly inventory: string;
  readonly params: unknown;
  /** This run is left out of its own forecast. */
  readonly run?: string;
  readonly distances?: readonly RoundTrip[];
}

/** More runs would add little, and each journal must be read. */
const mostRuns = 12;

/** From the runs of the same runbook in this state folder. */
export function forecasterFor(host: Pick<Host, 'state'>, about: ForecastOf): Forecaster {
  const {runbook, run, distances, ...here} = about;
  const past: PastRun[] = [];
  for (const name of host.state.runs()) {
    const isAlike =
      name !== run && readableProgress(host, name)?.run.runbook.name === runbook.head.name;
    const timings = isAlike && past.length < mostRuns ? timingsIn(host, name) : undefined;
    if (timings && timings.forward.size > 0) {
      const there =
        keptForecast(host.state, name)?.distances ?? measuredIn(host.state, name).distances;
      past.push({timings, ...(there ? {distances: there} : {})});
    }
  }
  const digests = entryDigests(runbook);
  return forecasterOf({runbook, digests, past, ...here, ...(distances ? {distances} : {})});
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

  constructor({host, opened, run}: {host: Host; opened: OpenedWorld; run: string}) {
    this.#host = host;
    this.#opened = opened;
    this.#run = run;
  }

  /** How far away the targets are that somebody waits for. */
  readonly distances = (): Promise<readonly RoundTrip[]> =>
    distancesOf(this.#opened, this.#opened.world.aborting);

  /** Measures the distances, and forecasts a run before it starts. */
  async plan(): Promise<{
    readonly distances: readonly RoundTrip[];
    readonly forecast: Forecast | undefined;
  }> {
    const distances = await this.distances();
    const {runbook, inventory, world} = this.#opened;
    const about = {runbook, inventory: inventory.name, params: world.params, run: this.#run};
    const forecast = forecasterFor(this.#host, {...about, distances})();
    this.#kept = {distances, ...(forecast ? {forecast: figuresOf(forecast)} : {})};
    return {distances, forecast};
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
}

/** Forecasts a run again and again while it goes on. What earlier runs tell is read the first time. */
export function liveForecaster(
  host: Pick<Host, 'state'>,
  about: Omit<ForecastOf, 'distances'> & {readonly run: string},
): (live: Live) => Forecast | undefined {
  let forecaster: Forecaster | undefined;
  return ({entries, ...live}) => {
    const {distances} = keptForecast(host.state, about.run) ?? {};
    forecaster ??= forecasterFor(host, {...about, ...(distances ? {distances} : {})});
    const timings = timingsOf(entries);
    return timings && forecaster({timings, ...live});
  };
}

/** For the questions of a run, and its screen. */
export function forecastInRun(
  host: Pick<Host, 'state'>,
  {world, inventory}: OpenedWorld,
  {journal, record}: {readonly journal: Journal; readonly record: RunContext['record']},
): () => Forecast | undefined {
  const {runbook, params, run, clock} = world;
  const live = liveForecaster(host, {runbook, params, inventory: inventory.name, run});
  return () => live({entries: journal.entries, outage: record.outage, now: clock.now()});
}
