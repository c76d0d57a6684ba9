import {holderText, isDead} from '../../journal/lock-holder.ts';
import {type Problem, SwitcharooError} from '../../model/problem.ts';
import {chooseRun} from '../../run/choose-run.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {type HeldLock, heldLockOf, takeOverLock} from '../../run/take-over-lock.ts';
import type {App} from '../app.ts';
import {askName} from '../ask-name.ts';
import {printDocument} from '../print-document.ts';

/** Takes the lock of a run over after its name was typed, and gives it back. */
export async function unlockRun(
  app: App,
  name: string,
  confirmation: string | undefined,
): Promise<ExitCode> {
  const run = chooseRun(app, name);
  const lock = heldLockOf(app, run);
  app.say(lockText(lock));
  const typed = confirmation ?? (await askName(app, {run}));
  if (typed !== run) {
    throw new SwitcharooError(confirmationMismatch(run));
  }
  takeOverLock(app, lock);
  if (app.json) {
    const next = [app.paste(`resume ${run}`)];
    printDocument(app, 'unlocked', {run, unlocked: [lock.scope], next});
  }
  app.say(
    `${lock.scope} is free. The run is paused where it was; continue it with: ${app.paste(`resume ${run}`)}`,
  );
  return exitCodes.done;
}

function lockText({scope, holder}: HeldLock): string {
  if (holder.unreadable !== undefined) {
    return `${scope} is held by ${holderText(holder)}: a process may be working on it.`;
  }
  const condition = isDead(holder) ? 'its process is gone' : 'its process may be working';
  return `${scope} is held by ${holderText(holder)} since ${holder.sinceUtc}, for run ${holder.run}; ${condition}.`;
}

const confirmationMismatch = (run: string): Problem => ({
  code: 'confirmation-mismatch',
  message: `The lock of ${run} was not taken over: the name of the run was not confirmed.`,
  hint: {text: `Type it when asked, or`, command: `unlock ${run} --name ${run}`},
});
