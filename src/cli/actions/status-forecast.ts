import {runbookDigest} from '../../engine/digests.ts';
import type {Forecast} from '../../forecast/forecast.ts';
import {loadRunbook} from '../../inventory/runbook-file.ts';
import {type Holder, isDead} from '../../journal/lock-holder.ts';
import {readJournal} from '../../journal/read-journal.ts';
import type {Outage} from '../../model/outage.ts';
import type {Progress} from '../../model/progress.ts';
import {liveForecaster} from '../../run/forecasts.ts';
import {timeAfter} from '../../run/machine-clock.ts';
import {wholeRunbook} from '../../run/whole-runbook.ts';
import type {App} from '../app.ts';

interface Shown {
  readonly progress: Progress;
  readonly outage?: Outage;
  readonly holder?: Holder;
}

type StatusForecast = (status: Shown) => Forecast | undefined;

const none: StatusForecast = () => undefined;

/**
 * Forecasts the rest of a run that another process works on. This loads the runbook, and contacts no target. The file
 * that the journal of another host names is not loaded: it would be run here.
 */
export async function statusForecast(app: App, {run}: Progress): Promise<StatusForecast> {
  const live = app.shared ? undefined : await liveOf(app, run).catch(() => undefined);
  if (!live) {
    // The runbook is missing here, or has changed since.
    return none;
  }
  return ({progress, outage, holder}) => {
    const now = timeAfter(progress.last);
    const isOpen = progress.outcome === 'running' || progress.outcome === 'paused';
    if (progress.run.run !== run.run || !isOpen || !now) {
      return undefined;
    }
    const {entries} = readJournal(app.state.journalOf(run.run));
    const isAtRest = !holder || isDead(holder);
    return live({entries, now, isAtRest, ...(outage ? {outage} : {})});
  };
}

async function liveOf(app: App, {run, runbook: journaled, inventory, params}: Progress['run']) {
  const loaded = await loadRunbook(journaled.file);
  const runbook = wholeRunbook(loaded, loaded.runbook.head.params.parse(params));
  if (runbookDigest(runbook) !== journaled.digest) {
    return undefined;
  }
  return liveForecaster(app, {runbook, params, inventory: inventory.name, run});
}
