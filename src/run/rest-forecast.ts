import {runbookDigest} from '../engine/digests.ts';
import type {Forecast} from '../forecast/forecast.ts';
import {loadRunbook} from '../inventory/runbook-file.ts';
import type {JournalEntry} from '../model/journal.ts';
import {outageOf} from '../model/outage.ts';
import type {Progress} from '../model/progress.ts';
import {liveForecaster} from './forecasts.ts';
import type {Host} from './host.ts';
import {timeAfter} from './machine-clock.ts';
import {wholeRunbook} from './whole-runbook.ts';

interface Seen {
  readonly progress: Progress;
  readonly entries: readonly JournalEntry[];
  /** No process works on it. */
  readonly isAtRest: boolean;
}

/** Forecasts the rest of a run that another process works on. */
type RestForecast = (seen: Seen) => Forecast | undefined;

/**
 * This loads the runbook, and contacts no target. Nothing is forecast where the runbook is missing here, or has changed
 * since.
 */
export async function restForecast(
  host: Pick<Host, 'state'>,
  run: Progress['run'],
): Promise<RestForecast> {
  const live = await liveOf(host, run).catch(() => undefined);
  return ({progress, entries, isAtRest}) => {
    const now = timeAfter(progress.last);
    const isOpen = progress.outcome !== 'done' && progress.outcome !== 'reversed';
    if (!live || progress.run.run !== run.run || !isOpen || !now) {
      return undefined;
    }
    const {outage: window} = progress.run.runbook;
    return live({entries, now, isAtRest, ...(window ? {outage: outageOf(entries, window)} : {})});
  };
}

async function liveOf(
  host: Pick<Host, 'state'>,
  {run, runbook: journaled, inventory, params}: Progress['run'],
) {
  const loaded = await loadRunbook(journaled.file);
  const runbook = wholeRunbook(loaded, loaded.runbook.head.params.parse(params));
  return runbookDigest(runbook) === journaled.digest
    ? liveForecaster(host, {runbook, params, inventory: inventory.name, run})
    : undefined;
}

interface Loading {
  readonly run: string;
  forecast?: RestForecast;
}

/** Loads in the background what forecasts a run: there is no forecast until then. */
export class RestForecasts {
  readonly #host: Pick<Host, 'state'>;
  #last: Loading | undefined;
  #loading: Promise<void> = Promise.resolve();

  constructor(host: Pick<Host, 'state'>) {
    this.#host = host;
  }

  readonly of = (run: Progress['run']): RestForecast | undefined => {
    if (this.#last?.run !== run.run) {
      const last: Loading = {run: run.run};
      this.#last = last;
      this.#loading = restForecast(this.#host, run).then((forecast) => {
        last.forecast = forecast;
      });
    }
    return this.#last.forecast;
  };

  /** Resolves when the forecast of the run that was asked for last is there, or it is known that there is none. */
  loaded(): Promise<void> {
    return this.#loading;
  }
}
