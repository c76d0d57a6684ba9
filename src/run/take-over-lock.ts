import {openJournal} from '../journal/file-journal.ts';
import {holderOf, overtakeLock} from '../journal/lock.ts';
import {type Holder, holderText} from '../journal/lock-holder.ts';
import {lockNotHeld} from '../journal/problems.ts';
import {Redactor} from '../journal/redactor.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import type {Host} from './host.ts';
import {progressIn, scopeOf} from './past-runs.ts';

/** The lock of a run, and the process that holds it. */
export interface HeldLock {
  readonly run: string;
  readonly scope: string;
  readonly holder: Holder;
}

/** Throws when nobody holds the lock of this run, or when another run does. */
export function heldLockOf(host: Host, run: string): HeldLock {
  const {runbook, inventory} = progressIn(host, run).run;
  const scope = scopeOf(runbook.name, inventory.name);
  const holder = holderOf(host.state.locks, scope);
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
  const now = () => new Date();
  const request = {folder: state.locks, scope, run, operator, now};
  const {lock, tookOverFrom} = overtakeLock(request, holder);
  try {
    const journal = openJournal(state.journalOf(run), {now, lock, redactor: new Redactor()});
    journal.append({kind: 'lock-taken-over', from: holderText(tookOverFrom), operator});
    journal.close();
  } finally {
    lock.release();
  }
}

const lockOfAnotherRun = (run: string, other: string): Problem => ({
  code: 'lock-of-another-run',
  message: `${run} does not hold the lock of its runbook and inventory: ${other} does.`,
  hint: {text: `Take it over by that name`, command: `unlock ${other}`},
});
