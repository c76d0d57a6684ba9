import {shellWord} from '../../model/hint.ts';
import {verificationText} from '../../report/index.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import type {ReadRequest} from '../../run/read-runbook.ts';
import {verify} from '../../run/verify.ts';
import type {App} from '../app.ts';
import {printDocument} from '../print-document.ts';

/** Explores a runbook, and prints what must not be and how it comes about. */
export async function showVerification(app: App, request: ReadRequest): Promise<ExitCode> {
  const {runbook, ...verification} = await verify(app, request);
  const isSafe = verification.counterexamples.length === 0;
  if (app.json) {
    const command = isSafe ? 'rehearse' : 'verify';
    const next = [app.paste(`${command} ${shellWord(request.runbook)}`)];
    printDocument(app, 'verification', {...verification, next});
  } else {
    app.print(verificationText(runbook, verification, app));
  }
  return isSafe ? exitCodes.done : exitCodes.blocked;
}
