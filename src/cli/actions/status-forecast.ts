import type {Forecast} from '../../forecast/forecast.ts';
import {readJournal} from '../../journal/read-journal.ts';
import type {Progress} from '../../model/progress.ts';
import type {HolderName} from '../../report/index.ts';
import {restForecast} from '../../run/rest-forecast.ts';
import type {App} from '../app.ts';

interface Shown {
  readonly progress: Progress;
  readonly holder?: HolderName;
}

type StatusForecast = (status: Shown) => Forecast | undefined;

/**
 * Forecasts the rest of a run that another process works on. The file that the journal of another host names is not
 * loaded: it would be run here.
 */
export async function statusForecast(app: App, {run}: Progress): Promise<StatusForecast> {
  if (app.shared) {
    return () => undefined;
  }
  const forecastOf = await restForecast(app, run);
  return ({progress, holder}) => {
    const {entries} = readJournal(app.state.journalOf(run.run));
    return forecastOf({progress, entries, isAtRest: !holder || holder.dead === true});
  };
}

/** The same for one status after another: the newest run may be another one a moment later. */
export function statusForecasts(app: App): (status: Shown) => Promise<Forecast | undefined> {
  let last: {readonly run: string; readonly forecastOf: StatusForecast} | undefined;
  return async (status) => {
    const {run} = status.progress.run;
    if (last?.run !== run) {
      last = {run, forecastOf: await statusForecast(app, status.progress)};
    }
    return last.forecastOf(status);
  };
}
