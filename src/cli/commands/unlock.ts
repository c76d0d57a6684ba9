import {createInterface} from 'node:readline/promises';
import {openJournal} from '../../journal/file-journal.ts';
import {type Holder, holderOf, holderText, isDead, overtakeLock} from '../../journal/lock.ts';
import {lockNotHeld} from '../../journal/problems.ts';
import {Redactor} from '../../journal/redactor.ts';
import {type Problem, SwitcharooError} from '../../model/problem.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {progressIn, scopeOf} from '../../run/past-runs.ts';
import type {App} from '../app.ts';

/** Takes a lock over, by name, and lets it go. On this host a holder that is alive is ended. */
export async function unlockCommand(
  app: App,
  wanted: string,
  typed: string | undefined,
): Promise<ExitCode> {
  const run = app.state.find(wanted, 'run', () => true);
  const {run: began} = progressIn(app, run);
  const scope = scopeOf(began.runbook.name, began.inventory.name);
  const holder = holderOf(app.state.locks, scope);
  if (!holder) {
    throw new SwitcharooError(lockNotHeld(scope));
  }
  if (holder.run !== run && app.state.runs().includes(holder.run)) {
    throw new SwitcharooError(heldForAnother(run, holder.run));
  }
  app.say(heldText(scope, holder));
  const name = typed ?? (await askName(app, run));
  if (name !== run) {
    throw new SwitcharooError(nameNotTyped(run));
  }
  const now = () => new Date();
  const request = {folder: app.state.locks, scope, run, operator: app.operator, now};
  const {lock, tookOverFrom} = overtakeLock(request, holder);
  try {
    const around = {now, lock, redactor: new Redactor()};
    const journal = openJournal(app.state.journalOf(run), around);
    const from = holderText(tookOverFrom);
    journal.append({kind: 'lock-taken-over', from, operator: app.operator});
    journal.close();
  } finally {
    lock.release();
  }
  app.say(
    `${scope} is free. The run holds where it was; go on with: ${app.paste(`resume ${run}`)}`,
  );
  return exitCodes.done;
}

function heldText(scope: string, holder: Holder): string {
  if (holder.unreadable !== undefined) {
    return `${scope} is held by ${holderText(holder)}: whoever it is may be at work.`;
  }
  const condition = isDead(holder) ? 'its process is gone' : 'its process may be at work';
  return `${scope} is held by ${holderText(holder)} since ${holder.sinceUtc}, for run ${holder.run}; ${condition}.`;
}

async function askName(app: App, run: string): Promise<string> {
  if (!app.terminal) {
    throw new SwitcharooError(nameNotTyped(run));
  }
  const lines = createInterface({input: process.stdin, output: process.stderr});
  try {
    return (await lines.question(`Type the run's name to take it over (${run}): `)).trim();
  } finally {
    lines.close();
  }
}

const heldForAnother = (run: string, other: string): Problem => ({
  code: 'lock-of-another-run',
  message: `${run} does not hold the lock of its runbook and inventory: ${other} does.`,
  hint: `Take it over by that name: switcharoo unlock ${other}`,
});

const nameNotTyped = (run: string): Problem => ({
  code: 'name-not-typed',
  message: `The lock of ${run} was not taken over: its name was not given.`,
  hint: `Type it when asked, or: switcharoo unlock ${run} --name ${run}`,
});
