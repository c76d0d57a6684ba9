import type {App} from '../cli/app.ts';
import type {RunOutcome} from '../engine/run.ts';
import {reportOf, reportText} from '../report/index.ts';
import type {ExitCode} from './exit-codes.ts';
import {earlierReport} from './past-runs.ts';
import {exitCodeFor, type Held, tellOutcome} from './run-session.ts';

/** How it ended: the timeline when all is well, else what happened, what stands and what to type next. */
export function tellEnd(app: App, held: Held, outcome: RunOutcome): ExitCode {
  if (app.json || outcome.kind === 'done' || outcome.kind === 'reached') {
    printReport(app, held);
  }
  tellOutcome(app, held, outcome);
  return exitCodeFor(held, outcome);
}

/** On stdout: as text, or as the last of the JSON documents. */
function printReport(app: App, {context, journal}: Held): void {
  const {head, progress} = context.record;
  const earlier = earlierReport(app, progress.run.runbook.name, progress.run.run);
  const report = reportOf(journal.entries, {head, ...(earlier ? {earlier} : {})});
  app.print(app.json ? JSON.stringify(report) : `\n${reportText(report, app)}`);
}
