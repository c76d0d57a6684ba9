import {writeFileSync} from 'node:fs';
import {readJournal} from '../../journal/file-journal.ts';
import {type Holder, holderOf, isDead} from '../../journal/lock.ts';
import type {Progress} from '../../model/progress.ts';
import {
  logText,
  reportHtml,
  reportOf,
  reportText,
  runsText,
  statusText,
} from '../../report/index.ts';
import {type App, nextFor, tellProblems} from '../app.ts';
import {type ExitCode, exitCodes} from '../exit.ts';
import {earlierReport, progressIn, scopeOf} from '../past-runs.ts';

const any = () => true;

/** Where a run stands, what is next, and who holds it. */
export function statusCommand(app: App, wanted: string | undefined): ExitCode {
  const run = app.state.find(wanted, 'run', any);
  const progress = progressIn(app, run);
  const holder = holderOfRun(app, progress);
  const next = nextFor(app, progress);
  if (app.json) {
    app.print(
      JSON.stringify(
        statusDocument(
          progress,
          holder,
          next.map(({command}) => command),
        ),
      ),
    );
  } else {
    const held = holder ? {holder: {...holder, dead: isDead(holder)}} : {};
    app.print(statusText(progress, {...app, now: new Date(), next, ...held}));
  }
  return exitCodes.done;
}

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
  const _isDamaged = found.length > 0 && progresses.length === 0;
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
  const report = reportOf(entries, {head, ...(earlier ? {earlier} : {})});
  if (html !== undefined) {
    writeFileSync(html, reportHtml(report), {mode: 0o600});
    app.say(`Wrote ${html}.`);
  }
  if (html === undefined || app.json) {
    app.print(app.json ? JSON.stringify(report) : reportText(report, app));
  }
  return exitCodes.done;
}

export function holderOfRun(app: App, {run}: Progress): Holder | undefined {
  const holder = holderOf(app.state.locks, scopeOf(run.runbook.name, run.inventory.name));
  // Nobody can tell which run a lock is for that does not name its holder.
  return holder?.run === run.run || holder?.unreadable !== undefined ? holder : undefined;
}

function statusDocument(progress: Progress, holder: Holder | undefined, next: readonly string[]) {
  const {run, outcome, entries, checkpoints, passedPointOfNoReturn, problem, seq} = progress;
  return {
    run: run.run,
    runbook: run.runbook.name,
    inventory: run.inventory.name,
    outcome,
    seq,
    startedAtUtc: progress.startedAt.toISOString(),
    checkpoints,
    passedPointOfNoReturn,
    holder: holder
      ? {user: holder.user, host: holder.host, pid: holder.pid, dead: isDead(holder)}
      : null,
    problem: problem ?? null,
    entries: [...entries.values()].map(({id, phase, unit, state, stands}) => ({
      id,
      phase,
      unit,
      state,
      stands,
    })),
    next,
  };
}

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
