import type {Problem} from '../../model/problem.ts';
import {iamPolicies, type Missing, missingIn, permissionsText} from '../../report/index.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {grantsFor} from '../../run/grants.ts';
import type {WorldRequest} from '../../run/open-world.ts';
import type {App} from '../app.ts';
import {wordsOf} from '../plan-words.ts';
import {printDocument} from '../print-document.ts';
import {printProblems} from '../print-problems.ts';
import {listenToSignals} from '../signals.ts';

/** Prints the grants that the accounts of an inventory need for a runbook, to paste, and which are missing. */
export async function showPermissions(app: App, request: WorldRequest): Promise<ExitCode> {
  const signals = listenToSignals(app.say);
  try {
    const grants = await grantsFor(app, request, signals.aborting);
    const {targets} = grants;
    const missing = missingIn(targets);
    if (app.json) {
      const next = [nextOf(app, request, missing.length > 0 ? 'permissions' : 'plan')];
      printDocument(app, 'permissions', {
        ...{...grants, policies: iamPolicies(targets)},
        ...{missing, next},
      });
    } else {
      app.print(permissionsText(grants, app));
      if (missing.length > 0) {
        printProblems(app, missing.map(permissionMissing));
      }
    }
    return missing.length > 0 ? exitCodes.blocked : exitCodes.done;
  } finally {
    signals.dispose();
  }
}

const nextOf = (app: App, request: WorldRequest, command: string): string =>
  app.paste(`${command} ${wordsOf(request)}`);

const permissionMissing = ({target, account, need, reason}: Missing): Problem => ({
  code: 'permission-missing',
  message: `${account ?? 'The account'} lacks ${need} at ${target} (${reason}).`,
  hint: 'Ask an administrator for the grants printed above, then repeat the command.',
});
