import {type PreflightReport, preflightFindings, preflightText} from '../../report/index.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {preflight} from '../../run/preflight.ts';
import type {App} from '../app.ts';
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
    const result = await preflight(app, request, signals.stopping);
    app.print(app.json ? JSON.stringify(documentOf(result)) : preflightText(result, app));
    const isBlocked = preflightFindings(result).some(({severity}) => severity === 'blocks');
    return isBlocked ? exitCodes.blocked : exitCodes.done;
  } finally {
    signals.dispose();
  }
}

const documentOf = (report: PreflightReport) => ({
  inventory: report.inventory.name,
  targets: report.targets.map(({name, kind, checksMade}) => ({name, kind, checks: checksMade})),
  without: report.without,
  roundTrips: report.roundTrips,
  journal: journalOf(report),
  findings: preflightFindings(report),
});

const journalOf = ({journal: {problem: _, ...room}}: PreflightReport) => room;
