import type {ExitCode} from '../../run/exit-codes.ts';
import type {App} from '../app.ts';
import {interruption} from '../interruption.ts';

/** After that time, a command that follows a run asks its store again. */
export const sharedEveryMs = 250;

/** Shows the runs of a store instead of those of this host, where one is named. */
export async function withSharedRuns(
  app: App,
  where: string | undefined,
  work: (app: App) => ExitCode | Promise<ExitCode>,
): Promise<ExitCode> {
  if (where === undefined) {
    return work(app);
  }
  const {openSharedRuns} = await import('../../run/shared-runs.ts');
  const {signal, dispose} = interruption();
  app.waiting(`Reading the shared journals of ${where}`);
  try {
    const runs = await openSharedRuns(app, where, signal);
    try {
      for (const {message} of app.json ? [] : runs.damaged) {
        app.say(`! ${message}`);
      }
      const {place, state, refresh, verify} = runs;
      return await work({...app, state, shared: {place, where, refresh, verify}});
    } finally {
      await runs.close();
    }
  } finally {
    dispose();
  }
}

/**
 * Reads what the hosts of a shared run have added since. A store that does not answer for a moment ends no command that
 * follows a run; that is said once.
 */
export function refreshing(app: App): (signal: AbortSignal) => Promise<void> {
  let isAway = false;
  return async (signal) => {
    try {
      await app.shared?.refresh(signal);
      isAway = false;
    } catch (error) {
      if (!isAway && !signal.aborted) {
        app.say(`! ${(error as Error).message} Trying again.`);
      }
      isAway = true;
    }
  };
}
