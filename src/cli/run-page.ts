import {readJournal} from '../journal/read-journal.ts';
import {progressOf} from '../model/progress.ts';
import {type ComparedRun, pageHtml, type RunReport, runPage} from '../report/index.ts';
import {timeAfter} from '../run/machine-clock.ts';
import {shownHolder} from '../run/shown-holder.ts';
import {statusForecast} from './actions/status-forecast.ts';
import type {App} from './app.ts';

/** The page of a run that nothing follows. */
export async function pageOfRun(
  app: App,
  report: RunReport,
  compared?: readonly ComparedRun[],
): Promise<string> {
  const {entries} = readJournal(app.state.journalOf(report.run));
  const progress = progressOf(entries);
  if (!progress) {
    throw new TypeError('A journal begins with the start of its run.');
  }
  const holder = shownHolder(app, progress);
  const forecastOf = await statusForecast(app, progress);
  const forecast = forecastOf({progress, ...(holder ? {holder} : {})});
  const now = timeAfter(progress.last);
  const page = runPage(entries, report, {
    now,
    ...(holder ? {holder} : {}),
    forecast,
    ...(compared ? {compared} : {}),
  });
  return pageHtml(page);
}
