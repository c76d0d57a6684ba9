import type {Clock} from '../engine/clock.ts';
import {untilAllArrived} from '../engine/cut-off.ts';
import type {Journal} from '../journal/contract.ts';
import {openJournal} from '../journal/file-journal.ts';
import {acquireLock} from '../journal/lock.ts';
import {reopenSharedLog} from '../journal/open-shared-log.ts';
import {Redactor} from '../journal/redactor.ts';
import {SharedJournal} from '../journal/shared-journal.ts';
import {shellWord} from '../model/hint.ts';
import type {Moment} from '../model/moment.ts';
import type {ObjectStore} from '../model/object-store.ts';
import {ChangedError, type Problem} from '../model/problem.ts';
import type {Progress} from '../model/progress.ts';
import {refuseSettled} from './choose-run.ts';
import {refuseBesideWorker, refuseWhileElsewhere} from './guards.ts';
import type {Host} from './host.ts';
import {knownCaller} from './known-caller.ts';
import {MachineClock} from './machine-clock.ts';
import {addIdentity} from './operator-identity.ts';
import {progressIn, scopeOf} from './past-runs.ts';
import {refuseOtherStore} from './run-store.ts';
import {isOvertaken, whyEnded} from './take-over-problems.ts';

interface HandingOver {
  readonly host: Host;
  readonly store: ObjectStore;
  readonly run: string;
  /** The user, or `user@host`, who is to continue it. */
  readonly to: string;
  /** Hears for how long it waits until what was cut off has arrived, in ms. */
  readonly waiting?: (ms: number) => void;
  /** A clock that goes on from an entry; without it, that of this machine. */
  readonly clockFrom?: (last: Moment) => Clock;
}

/**
 * Offers a run to somebody else. Nothing of it is under way on this host then, and nothing is done here any more: its
 * new operator need not wait. Until they have taken it over, it can be offered to them again.
 */
export async function handOverRun(
  {
    host,
    store,
    run,
    to,
    waiting = () => {},
    clockFrom = (last) => new MachineClock(last),
  }: HandingOver,
  signal: AbortSignal,
): Promise<void> {
  const {state, operator} = host;
  const progress = progressIn(host, run);
  refuseSettled(progress);
  refuseBesideWorker(host, progress);
  refuseOtherStore(run, progress, store);
  const {runbook, inventory, targets} = progress.run;
  const clock = clockFrom(progress.last);
  const now = () => clock.now();
  // A process that died may have offered it here without sharing the offer: it is shared now.
  const isOffered = progress.handedOverTo === to && progress.operator.host === operator.host;
  if (!isOffered) {
    refuseWhileElsewhere({host}, progress, now());
  }
  const scope = scopeOf(runbook.name, inventory.name, targets);
  const {lock} = acquireLock({
    ...{folder: state.locks, scope, run, operator, now},
    ...{disk: state.disk, machine: state.machine},
  });
  try {
    if (!isOffered) {
      await untilAllArrived(progress, clock, signal, waiting);
    }
    const monotonic = () => ({mark: clock.mark, ms: Math.round(clock.monotonic())});
    const options = {now, monotonic, lock, redactor: new Redactor(), disk: state.disk};
    const journal = openJournal(state.journalOf(run), options);
    try {
      const log = await reopenSharedLog({store, run, clock}, journal.entries, signal);
      const shared = new SharedJournal(journal, log);
      try {
        if (isOffered) {
          await shared.shared(signal);
          return;
        }
        const caller = await knownCaller(store, clock, signal);
        await offer({journal, shared, progress, to, operator, caller}, signal);
      } finally {
        shared.close();
      }
    } finally {
      journal.close();
    }
  } finally {
    lock.release();
  }
}

interface Offer {
  readonly journal: Journal;
  readonly shared: SharedJournal;
  readonly progress: Progress;
  readonly to: string;
  readonly operator: Host['operator'];
  readonly caller: Awaited<ReturnType<typeof knownCaller>>;
}

/** The offer was sent: it may be in the store although no answer came. */
function offerLost(
  error: unknown,
  {run, to}: {readonly run: string; readonly to: string},
  signal: AbortSignal,
): unknown {
  const why = whyEnded(error, signal);
  return why === undefined || isOvertaken(error)
    ? error
    : new ChangedError(offerUnknown(run, to, why), `not known: ${to} may be able to take it over`, {
        cause: error,
      });
}

async function offer(
  {journal, shared, progress, to, operator, caller}: Offer,
  signal: AbortSignal,
): Promise<void> {
  if (caller) {
    addIdentity(progress, caller, (fact) => shared.append(fact));
  }
  shared.append({kind: 'run-handed-over', to, operator});
  await shared.shared(signal).catch((error: unknown) => {
    // Nobody has heard of the offer, as far as is known here.
    const from = `${operator.user}@${operator.host}`;
    journal.append({kind: 'lock-taken-over', from, operator});
    throw offerLost(error, {run: progress.run.run, to}, signal);
  });
}

const offerUnknown = (run: string, to: string, why: string): Problem => ({
  code: 'hand-over-unfinished',
  message: `It is not known whether ${to} can see the offer of ${run}: the store did not confirm it. ${why}`,
  hint: {
    text: `To continue the run here, use "resume ${run}". It is refused if ${to} has taken the run over. To offer the run again, repeat`,
    command: `hand-over ${run} --to ${shellWord(to)}`,
  },
});
