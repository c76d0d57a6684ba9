import {refuseIfStopped} from '../../engine/look.ts';
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
import {MachineClock} from '../../run/machine-clock.ts';
import {keepFolds, recallFolds} from '../../run/past-runs.ts';
import {preflight} from '../../run/preflight.ts';
import {type App, widthNow} from '../app.ts';
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
    app.print(app.json ? JSON.stringify(documentOf(result)) : preflightText(result, app));
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
        tell(app, clock.now(), last, next);
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
  app.print(
    app.json
      ? JSON.stringify({atUtc: at.toISOString(), busy: target})
      : `${momentUtc(at)}: a run works on ${target}. Nothing is checked until it pauses or ends.`,
  );
}

function tell(app: App, at: Date, last: PreflightReport | undefined, next: PreflightReport): void {
  if (last) {
    tellChanges(app, at, last, next);
    return;
  }
  app.print(app.json ? JSON.stringify(documentOf(next)) : preflightText(next, app));
}

function tellChanges(app: App, at: Date, last: PreflightReport, next: PreflightReport): void {
  const changes = preflightChanges(last, next);
  const text = app.json
    ? changes.added.length + changes.resolved.length > 0 &&
      JSON.stringify({atUtc: at.toISOString(), inventory: next.inventory.name, ...changes})
    : preflightChangesText(changes, at, {...app, width: widthNow()});
  if (text) {
    app.print(text);
  }
}

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
