import {openJournal} from '../journal/file-journal.ts';
import {heldLocks, holderOf, overtakeLock} from '../journal/lock.ts';
import {type Holder, holderText} from '../journal/lock-holder.ts';
import {lockNotHeld} from '../journal/problems.ts';
import {Redactor} from '../journal/redactor.ts';
import {type Problem, problemsIn, SwitcharooError} from '../model/problem.ts';
import type {Host} from './host.ts';
import {MachineClock} from './machine-clock.ts';
import {progressIn, readableProgress, scopeOf} from './past-runs.ts';

/** The lock of a run, and the process that holds it. */
export interface HeldLock {
  readonly run: string;
  readonly scope: string;
  readonly holder: Holder;
}

/**
 * The lock of this run, whatever command took it. Throws when nobody holds it, or when another run holds the lock of
 * its scope.
 */
export function heldLockOf(host: Host, run: string): HeldLock {
  const {locks} = host.state;
  const own = heldLocks(locks).find(({holder}) => holder.run === run);
  if (own) {
    return {run, ...own};
  }
  const {runbook, inventory, targets} = progressIn(host, run).run;
  const scope = scopeOf(runbook.name, inventory.name, targets);
  const holder = holderOf(locks, scope);
  if (!holder) {
    throw new SwitcharooError(lockNotHeld(scope));
  }
  if (holder.run !== run && host.state.runs().includes(holder.run)) {
    throw new SwitcharooError(lockOfAnotherRun(run, holder.run));
  }
  return {run, scope, holder};
}

/**
 * Takes the lock, writes so into the journal, and gives the lock back. A holder that is alive on this host is ended.
 */
export function takeOverLock({state, operator}: Host, {run, scope, holder}: HeldLock): void {
  const clock = new MachineClock(readableProgress({state}, run)?.last);
  const now = () => clock.now();
  const monotonic = () => ({mark: clock.mark, ms: Math.round(clock.monotonic())});
  const request = {folder: state.locks, scope, run, operator, now};
  const {lock, tookOverFrom} = overtakeLock(request, holder);
  try {
    const journal = openJournal(state.journalOf(run), {
      now,
      monotonic,
      lock,
      redactor: new Redactor(),
    });
    journal.append({kind: 'lock-taken-over', from: holderText(tookOverFrom), operator});
    journal.close();
  } catch (error) {
    // A journal that is damaged or has no entries yet takes none. Its lock is free all the same.
    if (!problemsIn(error).some(({code}) => unreadableCodes.has(code))) {
      throw error;
    }
  } finally {
    lock.release();
  }
}

const unreadableCodes = new Set(['journal-empty', 'journal-damaged']);

const lockOfAnotherRun = (run: string, other: string): Problem => ({
  code: 'lock-of-another-run',
  message: `${run} does not hold the lock of its runbook and inventory: ${other} does.`,
  hint: {text: `Take it over by that name`, command: `unlock ${other}`},
});
