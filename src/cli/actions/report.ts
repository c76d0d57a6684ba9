import {readJournal} from '../../journal/read-journal.ts';
import {reportOf, reportText} from '../../report/index.ts';
import {chooseRun} from '../../run/choose-run.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {measuredIn} from '../../run/measurements.ts';
import {earlierReport, progressIn} from '../../run/past-runs.ts';
import type {App} from '../app.ts';
import {nextCommands} from '../next-commands.ts';
import {printDocument} from '../print-document.ts';
import {writeReport} from '../report-file.ts';
import {pageOfRun} from '../run-page.ts';

/**
 * Prints the timeline, the durations beside those of the last comparable run, and the outage; or writes them as HTML.
 */
export function printReport(
  app: App,
  name: string | undefined,
  html: string | undefined,
): ExitCode {
  const run = chooseRun(app, name);
  const {entries, head} = readJournal(app.state.journalOf(run));
  const progress = progressIn(app, run);
  const {runbook} = progress.run;
  const earlier = earlierReport(app, runbook.name, run);
  const report = reportOf(entries, {
    ...measuredIn(app.state, run),
    head,
    ...(earlier ? {earlier} : {}),
  });
  if (html !== undefined) {
    writeReport(html, pageOfRun(app, report));
    app.say(`Wrote ${html}.`);
  }
  if (app.json) {
    const next = nextCommands(app, progress).map(({command}) => command);
    printDocument(app, 'report', {...report, next});
  } else if (html === undefined) {
    app.print(reportText(report, app));
  }
  return exitCodes.done;
}
