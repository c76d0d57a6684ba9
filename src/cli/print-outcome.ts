import type {Problem} from '../model/problem.ts';
import type {Progress} from '../model/progress.ts';
import {
  appliedTexts,
  limitText,
  outageOf,
  outageTexts,
  type RunReport,
  reportOf,
  reportText,
  reversedText,
} from '../report/index.ts';
import type {RunResult} from '../run/outcome.ts';
import type {Run} from '../run/run.ts';
import type {App} from './app.ts';
import {commandsAfter, nextCommands} from './next-commands.ts';
import {printDocument} from './print-document.ts';
import {printProblems, printProblemsOf} from './print-problems.ts';

/**
 * Prints how a run ended: the timeline when all is well, otherwise the problem, the changes in place and what to do
 * next.
 */
export function printOutcome(app: App, run: Run, result: RunResult): void {
  if (result.kind !== 'declined' && (app.json || isWell(result))) {
    printReport(app, run, run.report(), result.kind === 'paused' ? [result.problem] : []);
  }
  printFailure(app, run, result);
}

/** On stdout: as text, or as the last of the JSON documents. */
export function printReport(
  app: App,
  {progress}: Run,
  report: RunReport,
  problems: readonly Problem[] = [],
): void {
  if (app.json) {
    const commands = progress ? commandsAfter(app, progress, problems) : [];
    const next = commands.map(({command}) => command);
    printDocument(app, 'report', {...report, next});
  } else {
    app.print(`\n${reportText(report, app)}`);
  }
}

/** Prints what went wrong, if anything did. In JSON, the report says what the journal says. */
export function printFailure(app: App, run: Run, result: RunResult): void {
  const {name, progress} = run;
  if (result.kind === 'declined') {
    printDeclined(app, name, progress);
    return;
  }
  if (result.kind === 'done' || result.kind === 'reached' || !progress) {
    return;
  }
  if (result.kind === 'reversed') {
    if (!app.json) {
      printReversed(app, {run, progress}, result);
    }
    return;
  }
  // A full disk, or a lock that was lost, is in no journal, and so in no report.
  const isReported = app.json && (result.kind !== 'paused' || progress.outcome === 'paused');
  if (!isReported) {
    const reversalFailed = result.kind === 'reverse-failed';
    const outages = run.entries.length > 0 ? outageTexts(reportOf(run.entries).outages) : [];
    const limit = reversalFailed ? undefined : unwatchedLimit(run, progress);
    printProblemsOf(app, progress, [result.problem], {
      outages: limit ? [...outages, limit] : outages,
      reversalFailed,
    });
  }
}

/** The process ends now: nobody watches how long an outage lasts that is not over. */
function unwatchedLimit({entries, now}: Run, progress: Progress): string | undefined {
  const window = progress.run.runbook.outage;
  const outage = window && outageOf(entries, window);
  return outage?.since && limitText(progress, {outage, now: now(), isWatched: false});
}

/** A reversal that somebody asked for is on stdout, as its timeline is; one after a failure is on stderr. */
function printReversed(
  app: App,
  {run, progress}: {readonly run: Run; readonly progress: Progress},
  {to, problem}: Extract<RunResult, {kind: 'reversed'}>,
): void {
  const {entries} = run;
  const inPlace = appliedTexts(progress);
  const next = nextCommands(app, progress);
  const text = reversedText({entries, to, problem, inPlace, next}, app);
  const print = problem ? app.say : app.print;
  print(`\n${text}`);
}

const isWell = ({kind}: RunResult): boolean =>
  kind === 'done' || kind === 'reached' || kind === 'reversed';

function printDeclined(app: App, run: string, progress: Progress | undefined): void {
  if (progress) {
    printProblemsOf(app, progress, [
      {
        code: 'declined',
        message: `The plan for ${run} was not approved.`,
        hint: {text: 'This command has changed nothing. Continue with', command: 'resume'},
      },
    ]);
  } else {
    printProblems(app, [
      {
        code: 'declined',
        message: 'The plan was not approved.',
        hint: 'Nothing has been changed. Plan again when you are ready.',
      },
    ]);
  }
}
