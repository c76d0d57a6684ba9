import {verificationText} from '../../report/index.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import type {ReadRequest} from '../../run/read-runbook.ts';
import {verify} from '../../run/verify.ts';
import type {App} from '../app.ts';

/** Explores a runbook, and prints what must not be and how it comes about. */
export async function showVerification(app: App, request: ReadRequest): Promise<ExitCode> {
  const {runbook, ...verification} = await verify(app, request);
  app.print(app.json ? JSON.stringify(verification) : verificationText(runbook, verification, app));
  return verification.counterexamples.length > 0 ? exitCodes.blocked : exitCodes.done;
}
