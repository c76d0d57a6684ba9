import {refuseIfStopped} from '../../engine/look.ts';
import {shellWord} from '../../model/hint.ts';
import {
  isStale,
  momentUtc,
  type PreflightReport,
  preflightChanges,
  preflightChangesText,
  preflightFindings,
  preflightText,
} from '../../report/index.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {busyTarget} from '../../run/inventory-targets.ts';
import {keepFindings} from '../../run/kept-findings.ts';
import {MachineClock} from '../../run/machine-clock.ts';
import {keepFolds, recallFolds} from '../../run/past-runs.ts';
import {preflight} from '../../run/preflight.ts';
import {type App, widthNow} from '../app.ts';
import {printDocument} from '../print-document.ts';
import {listenToSignals} from '../signals.ts';

/**
 * Runs every preflight check of an inventory and prints the findings. Changes nothing, apart from what `loadSchema`
 * loads into that target and removes again; an empty name is the usual target.
 */
export async function runPreflight(
  app: App,
  inventory: string,
  loadSchema?: string,
): Promise<ExitCode> {
  const signals = listenToSignals(app.say);
  try {
    const request = {inventoryFile: inventory, loadSchema, stillReading: app.waiting};
    recallFolds(app);
    const result = await preflight(app, request, signals.stopping);
    keepFindings(app, result, new MachineClock().now());
    printWhole(app, inventory, result);
    keepFolds(app);
    return exitCodeOf(result);
  } finally {
    signals.dispose();
  }
}

interface Repetition {
  readonly inventoryFile: string;
  readonly everyMs: number;
  readonly until: Date | undefined;
}

/**
 * The same again and again, until a signal or a time. The first look is printed whole, each later one as what changed;
 * the exit code is that of the last one. While the process of a run works on the systems, nothing is checked: it checks
 * them itself, and may be in an outage.
 */
export async function repeatPreflight(
  app: App,
  {inventoryFile, everyMs, until}: Repetition,
): Promise<ExitCode> {
  const {stopping, dispose} = listenToSignals(() => {});
  const clock = new MachineClock();
  const request = {inventoryFile, stillReading: app.waiting};
  let last: PreflightReport | undefined;
  let busy: string | undefined;
  try {
    for (;;) {
      const wasBusy = busy !== undefined;
      busy = await busyTarget(app, inventoryFile, stopping);
      if (busy === undefined) {
        const next = await preflight(app, request, stopping);
        keepFindings(app, next, clock.now());
        tell(app, {file: inventoryFile, at: clock.now(), last, next});
        last = next;
      } else if (!wasBusy) {
        tellBusy(app, clock.now(), busy);
      }
      const nextAt = new Date(clock.now().getTime() + everyMs);
      if (until !== undefined && nextAt > until) {
        break;
      }
      app.waiting(`Checking again at ${nextAt.toISOString().slice(11, 16)} UTC. Ctrl-C ends it.`);
      // In pieces: a machine that slept meanwhile checks when it wakes, and a timer takes no month.
      while (!stopping.aborted && clock.now() < nextAt) {
        await clock.sleep(Math.min(everyMs, pieceMs), stopping);
      }
      refuseIfStopped(stopping);
    }
  } catch (error) {
    // A signal is how it ends.
    if (!stopping.aborted) {
      throw error;
    }
  } finally {
    dispose();
  }
  return last ? exitCodeOf(last) : exitCodes.done;
}

const pieceMs = 60_000;

function tellBusy(app: App, at: Date, target: string): void {
  if (app.json) {
    const next = [app.paste('status')];
    printDocument(app, 'preflight-busy', {atUtc: at.toISOString(), busy: target, next});
    return;
  }
  app.print(
    `${momentUtc(at)}: a run works on ${target}. Nothing is checked until it pauses or ends.`,
  );
}

interface Repeated {
  readonly file: string;
  readonly at: Date;
  readonly last: PreflightReport | undefined;
  readonly next: PreflightReport;
}

function tell(app: App, {file, at, last, next}: Repeated): void {
  if (!last) {
    printWhole(app, file, next);
    return;
  }
  const changes = preflightChanges(last, next);
  if (changes.added.length + changes.resolved.length === 0) {
    return;
  }
  if (app.json) {
    const seen = {atUtc: at.toISOString(), inventory: next.inventory.name, ...changes};
    printDocument(app, 'preflight-change', {...seen, next: commandsAfter(app, file, next)});
  } else {
    app.print(preflightChangesText(changes, at, {...app, width: widthNow()}));
  }
}

function printWhole(app: App, file: string, report: PreflightReport): void {
  if (app.json) {
    printDocument(app, 'preflight', {
      ...documentOf(report),
      next: commandsAfter(app, file, report),
    });
  } else {
    app.print(preflightText(report, app));
  }
}

/** The same again after a fix. What comes after a good one depends on the runbook, which nobody has named. */
const commandsAfter = (app: App, file: string, report: PreflightReport): readonly string[] =>
  exitCodeOf(report) === exitCodes.blocked ? [app.paste(`preflight -i ${shellWord(file)}`)] : [];

const exitCodeOf = (report: PreflightReport): ExitCode =>
  preflightFindings(report).some(({severity}) => severity === 'blocks')
    ? exitCodes.blocked
    : exitCodes.done;

const documentOf = (report: PreflightReport) => ({
  inventory: report.inventory.name,
  targets: report.targets.map(({name, kind, checksMade}) => ({name, kind, checks: checksMade})),
  without: report.without,
  roundTrips: report.roundTrips,
  journal: journalOf(report),
  evidence: report.evidence.map((age) => ({...age, stale: isStale(age)})),
  findings: preflightFindings(report),
});

const journalOf = ({journal: {problem: _, ...room}}: PreflightReport) => room;
