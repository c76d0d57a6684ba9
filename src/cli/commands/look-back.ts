import {readJournal} from '../../journal/file-journal.ts';
import {isDead} from '../../journal/lock.ts';
import type {JournalEntry} from '../../model/journal.ts';
import {
  logText,
  outageMs,
  outageOf,
  reportHtml,
  reportOf,
  reportText,
  runsText,
} from '../../report/index.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {earlierReport, holderOfRun, progressIn} from '../../run/past-runs.ts';
import {type App, tellProblems} from '../app.ts';
import {writeHtml} from '../html-file.ts';
import {statusDocument} from './status.ts';

const any = () => true;

/** The journal in words; with `verify`, whether every line follows from the one before it. */
export function logCommand(app: App, wanted: string | undefined, verify: boolean): ExitCode {
  const run = app.state.find(wanted, 'run', any);
  const {entries, head, tornBytes} = readJournal(app.state.journalOf(run));
  if (!verify) {
    app.print(
      app.json ? entries.map((entry) => JSON.stringify(entry)).join('\n') : logText(entries, app),
    );
    return exitCodes.done;
  }
  const torn =
    tornBytes > 0 ? ` A last line of ${tornBytes} bytes was torn by a crash and is no entry.` : '';
  app.print(
    app.json
      ? JSON.stringify({run, entries: entries.length, head, tornBytes, verified: true})
      : `${run}: ${entries.length} entries, each follows from the one before it.${torn}\nhead ${head}\nCompare the head with the one that was printed or written down: a chain alone does not show a file rewritten whole.`,
  );
  return exitCodes.done;
}

/** All runs of this state folder. */
export function runsCommand(app: App): ExitCode {
  const found = app.state.runs().map((run) => readable(app, run));
  const progresses = found.flatMap((one) => (one.progress ? [one.progress] : [])).reverse();
  const holders = new Map(
    progresses.map((progress) => [progress.run.run, holderOfRun(app, progress)]),
  );
  const holderOfNamed = (run: string) => {
    const holder = holders.get(run);
    return holder && {...holder, dead: isDead(holder)};
  };
  app.print(
    app.json
      ? JSON.stringify(progresses.map((progress) => statusDocument(progress, undefined, [])))
      : runsText(progresses, {...app, holderOf: holderOfNamed}),
  );
  for (const {error} of found) {
    if (error) {
      tellProblems(app, [error]);
    }
  }
  return exitCodes.done;
}

/** The timeline, durations against the last run, and what was measured. */
export function reportCommand(
  app: App,
  wanted: string | undefined,
  html: string | undefined,
): ExitCode {
  const run = app.state.find(wanted, 'run', any);
  const {entries, head} = readJournal(app.state.journalOf(run));
  const earlier = earlierReport(app, progressIn(app, run).run.runbook.name, run);
  const {outage} = progressIn(app, run).run.runbook;
  const report = reportOf(entries, {
    head,
    ...(outage ? {outageMs: outageMs(outageOf(entries, outage), lastOf(entries))} : {}),
    ...(earlier ? {earlier} : {}),
  });
  if (html !== undefined) {
    writeHtml(html, reportHtml(report));
    app.say(`Wrote ${html}.`);
  }
  if (html === undefined || app.json) {
    app.print(app.json ? JSON.stringify(report) : reportText(report, app));
  }
  return exitCodes.done;
}

/** An outage that is not over is told up to the last that is known. */
const lastOf = (entries: readonly JournalEntry[]): Date => new Date(entries.at(-1)?.atUtc ?? 0);

function readable(app: App, run: string) {
  try {
    return {progress: progressIn(app, run)};
  } catch (error) {
    return {
      error: {
        code: 'journal-damaged',
        message: (error as Error).message,
        hint: `See: switcharoo log ${run} --verify`,
      },
    };
  }
}
