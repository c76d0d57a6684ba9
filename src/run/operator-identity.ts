import type {ApprovalDesk} from '../model/approval.ts';
import {type Principal, principalText} from '../model/principal.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import type {Progress} from '../model/progress.ts';
import {messageOf} from '../model/thrown.ts';
import {approvalDeskOf} from './approval-desk.ts';
import type {RunSession, SessionRequest} from './run-session.ts';
import {storeOf} from './run-store.ts';

/** Where other people approve, and who this process is to them. */
interface Approving {
  readonly approvals?: ApprovalDesk;
  /** Resolves without a value where AWS does not say, and nobody needs to know. */
  readonly caller: Promise<Principal | undefined>;
}

/**
 * Without a desk where the runbook asks for no approval, or its journal is not shared. A run that still needs an
 * approval waits until AWS has said who it is: from the start of its work on, nothing that the same person approves
 * counts. A reversal, and a run that needs no approval any more, go on meanwhile.
 *
 * @throws SwitcharooError `caller-unknown` where AWS does not say, and an approval is still needed.
 */
export async function approving(
  {opened, alone = false, signals}: Pick<SessionRequest, 'opened' | 'alone' | 'signals'>,
  isForward: boolean,
  progress: Progress | undefined,
): Promise<Approving> {
  const asking = opened.runbook.entries.filter(({approval}) => approval !== undefined);
  const store = asking.length > 0 && !alone ? await storeOf(opened) : undefined;
  if (!store) {
    return {caller: Promise.resolve(undefined)};
  }
  const approvals = approvalDeskOf(store);
  const caller = approvals.caller(
    AbortSignal.any([signals.aborting, AbortSignal.timeout(limitMs)]),
  );
  if (isForward && asking.some(({id}) => progress?.entries.get(id)?.state !== 'done')) {
    await caller.catch((cause) => {
      signals.aborting.throwIfAborted();
      throw unknownBecause(cause);
    });
  }
  return {approvals, caller: caller.catch(() => undefined)};
}

const limitMs = 10_000;

const unknownBecause = (cause: unknown): unknown =>
  cause instanceof SwitcharooError && cause.problem.code === 'caller-unknown'
    ? cause
    : new SwitcharooError(callerUnknown(messageOf(cause)), {cause});

/** In the journal as soon as it is known. A run that has ended by then is not identified. */
export async function journalIdentity(
  {context: {record}}: RunSession,
  caller: Promise<Principal | undefined>,
): Promise<void> {
  const principal = await caller;
  if (principal && !record.progress.runners.includes(principal.arn)) {
    const {arn} = principal;
    record.add({kind: 'operator-identified', arn, principal: principalText(principal)});
  }
}

const callerUnknown = (why: string): Problem => ({
  code: 'caller-unknown',
  message: `AWS does not say who you are, so your own approval cannot be excluded: ${why.replace(/\.$/, '')}.`,
  hint: 'Check the network and the keys with "aws sts get-caller-identity", then repeat the command.',
});
