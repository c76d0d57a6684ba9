import {verificationText} from '../../report/index.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {verify} from '../../run/verify.ts';
import type {App} from '../app.ts';

interface VerifyRequest {
  readonly runbook: string;
  readonly inventory: string | undefined;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Explores a runbook, and prints what must not be and how it comes about. */
export async function showVerification(app: App, request: VerifyRequest): Promise<ExitCode> {
  const {runbook, ...verification} = await verify(app, request);
  app.print(app.json ? JSON.stringify(verification) : verificationText(runbook, verification, app));
  return verification.counterexamples.length > 0 ? exitCodes.blocked : exitCodes.done;
}
