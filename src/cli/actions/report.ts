import {readJournal} from '../../journal/read-journal.ts';
import {comparisonText, reportOf, reportText} from '../../report/index.ts';
import {chooseRun} from '../../run/choose-run.ts';
import {compareRuns} from '../../run/compare-runs.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {forecastBefore} from '../../run/kept-forecast.ts';
import {measuredIn} from '../../run/measurements.ts';
import {earlierReport, progressIn} from '../../run/past-runs.ts';
import type {App} from '../app.ts';
import {nextCommands} from '../next-commands.ts';
import {printDocument} from '../print-document.ts';
import {writeReport} from '../report-file.ts';
import {pageOfRun} from '../run-page.ts';

interface ReportRequest {
  /** A file for the page. */
  readonly html: string | undefined;
  /** The runs to compare it with, or how many of the last ones. */
  readonly compare: number | readonly string[] | undefined;
}

/**
 * Prints the timeline, the durations beside those of the last comparable run, and the outage; or writes them as HTML.
 */
export async function printReport(
  app: App,
  name: string | undefined,
  {html, compare}: ReportRequest,
): Promise<ExitCode> {
  const run = chooseRun(app, name);
  const {entries, head} = readJournal(app.state.journalOf(run));
  const progress = progressIn(app, run);
  const {runbook} = progress.run;
  const earlier = earlierReport(app, runbook.name, run);
  const report = reportOf(entries, {
    ...measuredIn(app.state, run),
    ...forecastBefore(app.state, run),
    head,
    ...(earlier ? {earlier} : {}),
  });
  const compared = compare === undefined ? undefined : compareRuns(app, run, compare);
  if (html !== undefined) {
    writeReport(html, await pageOfRun(app, report, compared));
    app.say(`Wrote ${html}.`);
  }
  if (app.json) {
    const next = nextCommands(app, progress).map(({command}) => command);
    printDocument(app, 'report', {...report, ...(compared ? {compared} : {}), next});
  } else if (html === undefined) {
    app.print(compared ? comparisonText(report.runbook, compared, app) : reportText(report, app));
  }
  return exitCodes.done;
}
