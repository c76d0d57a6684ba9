import type {Forecast} from '../../forecast/forecast.ts';
import {loadRunbook} from '../../inventory/runbook-file.ts';
import {readJournal} from '../../journal/read-journal.ts';
import type {Outage} from '../../model/outage.ts';
import type {Progress} from '../../model/progress.ts';
import {liveForecaster} from '../../run/forecasts.ts';
import {timeAfter} from '../../run/machine-clock.ts';
import {wholeRunbook} from '../../run/whole-runbook.ts';
import type {App} from '../app.ts';

type StatusForecast = (progress: Progress, outage: Outage | undefined) => Forecast | undefined;

const none: StatusForecast = () => undefined;

/** Forecasts the rest of a run that another process works on. This loads the runbook, and contacts no target. */
export async function statusForecast(app: App, {run}: Progress): Promise<StatusForecast> {
  const live = await liveOf(app, run).catch(() => undefined);
  if (!live) {
    // The runbook is missing here, or has changed since.
    return none;
  }
  return (progress, outage) => {
    const now = timeAfter(progress.last);
    const isOpen = progress.outcome === 'running' || progress.outcome === 'paused';
    if (progress.run.run !== run.run || !isOpen || !now) {
      return undefined;
    }
    const {entries} = readJournal(app.state.journalOf(run.run));
    return live({entries, now, ...(outage ? {outage} : {})});
  };
}

async function liveOf(app: App, {run, runbook: {file}, inventory, params}: Progress['run']) {
  const loaded = await loadRunbook(file);
  const runbook = wholeRunbook(loaded, loaded.runbook.head.params.parse(params));
  return liveForecaster(app, {runbook, params, inventory: inventory.name, run});
}
