import type {ApprovalDesk} from '../model/approval.ts';
import {type Principal, principalText} from '../model/principal.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import {messageOf} from '../model/thrown.ts';
import {approvalDeskOf} from './approval-desk.ts';
import type {RunSession, SessionRequest} from './run-session.ts';
import {storeOf} from './run-store.ts';

/**
 * Where the approvers of a runbook approve, and who this process is there; nothing if the runbook asks for no approval,
 * or its journal is not shared.
 */
export async function approving(
  request: Pick<SessionRequest, 'opened' | 'alone' | 'signals'>,
  isForward: boolean,
): Promise<{
  readonly approvals?: ApprovalDesk | undefined;
  readonly caller?: Principal | undefined;
}> {
  const approvals = await approvalDesk(request);
  const caller = await operatorIdentity(approvals, isForward, request.signals.aborting);
  return {approvals, caller};
}

async function approvalDesk({
  opened,
  alone = false,
}: Pick<SessionRequest, 'opened' | 'alone'>): Promise<ApprovalDesk | undefined> {
  const isAsked = opened.runbook.entries.some(({approval}) => approval !== undefined);
  const store = isAsked && !alone ? await storeOf(opened) : undefined;
  return store && approvalDeskOf(store);
}

/**
 * Who this process is: from the start of its work on a run, nothing that the same person approves counts. A reversal
 * waits for no answer.
 *
 * @throws SwitcharooError `caller-unknown` where a run forward would start without it.
 */
async function operatorIdentity(
  desk: ApprovalDesk | undefined,
  isForward: boolean,
  signal: AbortSignal,
): Promise<Principal | undefined> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
  try {
    return await desk?.caller(limited);
  } catch (cause) {
    signal.throwIfAborted();
    if (isForward) {
      throw cause instanceof SwitcharooError && cause.problem.code === 'caller-unknown'
        ? cause
        : new SwitcharooError(callerUnknown(messageOf(cause)), {cause});
    }
    return undefined;
  }
}

const limitMs = 10_000;

/** In the journal, before the run does anything. */
export function journalIdentity(
  {context: {record}}: RunSession,
  caller: Principal | undefined,
): void {
  if (caller && !record.progress.runners.includes(caller.arn)) {
    record.add({kind: 'operator-identified', arn: caller.arn, principal: principalText(caller)});
  }
}

const callerUnknown = (why: string): Problem => ({
  code: 'caller-unknown',
  message: `AWS does not say who you are, so your own approval cannot be excluded: ${why.replace(/\.$/, '')}.`,
  hint: 'Check the network and the keys with "aws sts get-caller-identity", then repeat the command.',
});
