import {withholdSecrets} from '../../inventory/environment.ts';
import {loadInventory} from '../../inventory/inventory.ts';
import {rightsFor} from '../../inventory/rights.ts';
import {loadRunbook, runbookWith} from '../../inventory/runbook-file.ts';
import {paramsFor} from '../../inventory/targets.ts';
import {Redactor} from '../../journal/redactor.ts';
import type {Problem} from '../../model/problem.ts';
import {iamPolicies, type Missing, missingIn, permissionsText} from '../../report/index.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {type App, tellProblems} from '../app.ts';
import {listenToSignals} from '../signals.ts';
import type {PlanOptions} from './plan.ts';

/** What the accounts of an inventory need for a runbook, as policies and statements to paste, and what they lack of it. */
export async function permissionsCommand(
  app: App,
  wanted: string,
  options: PlanOptions,
): Promise<ExitCode> {
  const inventory = loadInventory(options.inventory, app.state.path);
  const environment = withholdSecrets(inventory.targets, process.env);
  const loaded = await loadRunbook(wanted);
  const runbook = runbookWith(loaded, paramsFor(loaded.runbook, inventory, options.param));
  const redactor = new Redactor();
  const signals = listenToSignals(app.say);
  const around = {inventory, environment, redactor, stateFolder: app.state.path};
  try {
    const found = await rightsFor(runbook, {...around, signal: signals.aborting});
    const targets = redactor.value(found);
    const missing = missingIn(targets);
    const shown = {runbook: runbook.head.name, inventory: inventory.name, targets};
    app.print(
      app.json
        ? JSON.stringify({...shown, policies: iamPolicies(targets), missing})
        : permissionsText(shown, app),
    );
    if (missing.length > 0 && !app.json) {
      tellProblems(app, missing.map(permissionMissing));
    }
    return missing.length > 0 ? exitCodes.blocked : exitCodes.done;
  } finally {
    signals.dispose();
  }
}

const permissionMissing = ({target, account, need, says}: Missing): Problem => ({
  code: 'permission-missing',
  message: `${account ?? 'The account'} lacks ${need} at ${target} (${says}).`,
  hint: 'Have what is printed above granted, then look again with the same command.',
});
