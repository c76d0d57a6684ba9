import {withinMs} from '../journal/time-limit.ts';
import type {ApprovalDesk} from '../model/approval.ts';
import type {FactOf} from '../model/journal.ts';
import {doVisitorsWait} from '../model/outage.ts';
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
  /** Asks AWS who this process is; absent where the inventory names no store. */
  readonly identify?: (signal: AbortSignal) => Promise<Principal>;
  /** What AWS has said already. */
  readonly known?: Principal;
}

/**
 * Without a desk where the runbook asks for no approval, or its journal is not shared. A run that still needs an
 * approval waits until AWS has said who it is: from the start of its work on, nothing that the same person approves
 * counts. A reversal, a run that needs no approval any more, and one without its store go on meanwhile.
 *
 * @throws SwitcharooError `caller-unknown` where AWS does not say, and an approval is still needed.
 */
export async function approving(
  {opened, alone = false, signals}: Pick<SessionRequest, 'opened' | 'alone' | 'signals'>,
  isForward: boolean,
  progress: Progress | undefined,
): Promise<Approving> {
  const asking = opened.runbook.entries.filter(({approval}) => approval !== undefined);
  // What cannot be opened keeps nobody from going on alone.
  const store = await storeOf(opened).catch((error: unknown) => {
    if (alone) {
      return undefined;
    }
    throw error;
  });
  if (!store) {
    return {};
  }
  const approvals = approvalDeskOf(store);
  const identify = (signal: AbortSignal) =>
    approvals.caller(AbortSignal.any([signal, AbortSignal.timeout(limitMs)]));
  if (alone || asking.length === 0) {
    return {identify};
  }
  if (isForward && asking.some(({id}) => progress?.entries.get(id)?.state !== 'done')) {
    const known = await identify(signals.aborting).catch((cause) => {
      signals.aborting.throwIfAborted();
      throw unknownBecause(cause);
    });
    return {approvals, identify, known};
  }
  return {approvals, identify};
}

const limitMs = 10_000;

const unknownBecause = (cause: unknown): unknown =>
  cause instanceof SwitcharooError && cause.problem.code === 'caller-unknown'
    ? cause
    : new SwitcharooError(callerUnknown(messageOf(cause)), {cause});

/**
 * In the journal as soon as AWS says it, asked again and again until then: an approval by the person who works here
 * must not count, also if the runbook asks for none yet. A run that has ended by then is not identified.
 */
export const journalIdentity = (
  session: Pick<RunSession, 'context' | 'closed'>,
  approving: Approving,
): Promise<void> =>
  // What fails it fails the next entry, too.
  identified(session, approving).catch(() => {});

async function identified(
  {context: {record, clock}, closed}: Pick<RunSession, 'context' | 'closed'>,
  {identify, known}: Approving,
): Promise<void> {
  if (known) {
    addIdentity(record.progress, known, (fact) => record.add(fact));
    return;
  }
  // What asks AWS takes a moment to load, and the first actions of an outage go before it.
  for (let seconds = 0; seconds < 15 && doVisitorsWait(record.progress); seconds += 1) {
    await clock.sleep(1_000, closed).catch(() => {});
  }
  while (identify && !closed.aborted) {
    const principal = await identify(closed).catch(() => undefined);
    if (principal) {
      addIdentity(record.progress, principal, (fact) => record.add(fact));
      return;
    }
    await clock.sleep(pauseMs, closed).catch(() => {});
  }
}

/** A run may end before AWS has answered. A moment more harms nobody then, unless visitors wait meanwhile. */
export async function settledSoon(
  identified: Promise<void>,
  {context: {clock, record, aborting: signal}}: Pick<RunSession, 'context'>,
): Promise<void> {
  if (!doVisitorsWait(record.progress)) {
    await withinMs({clock, ms: lastLimitMs, signal}, (limited) =>
      Promise.race([identified, aborted(limited)]),
    );
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), {once: true});
    if (signal.aborted) {
      resolve();
    }
  });

const lastLimitMs = 2_000;

/** Once for each user and role. */
export function addIdentity(
  {runners}: Pick<Progress, 'runners'>,
  principal: Principal,
  add: (fact: FactOf<'operator-identified'>) => void,
): void {
  const {arn} = principal;
  if (!runners.includes(arn)) {
    add({kind: 'operator-identified', arn, principal: principalText(principal)});
  }
}

const pauseMs = 15_000;

const callerUnknown = (why: string): Problem => ({
  code: 'caller-unknown',
  message: `AWS does not say who you are, so your own approval cannot be excluded: ${why.replace(/\.$/, '')}.`,
  hint: 'Check the network and the keys with "aws sts get-caller-identity", then repeat the command.',
});
