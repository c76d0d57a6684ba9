import {setTimeout as sleep} from 'node:timers/promises';
import {SwitcharooError} from '../../model/problem.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {recallFolds} from '../../run/past-runs.ts';
import {type App, widthNow} from '../app.ts';
import {interruption} from '../interruption.ts';
import {survivingWrite} from '../screen/broken-terminal.ts';
import {LiveRegion} from '../screen/live-region.ts';
import {refreshing, sharedEveryMs} from './shared.ts';
import {type RunStatus, readStatus, statusIn} from './status.ts';
import {statusForecasts} from './status-forecast.ts';

const everyMs = 1000;

/**
 * Shows the status of a run until Ctrl-C: in place on a terminal, and else again after each change. It reads the state
 * folder only, and asks no target.
 */
export async function watchStatus(app: App, name: string | undefined): Promise<ExitCode> {
  const {signal, dispose} = interruption();
  recallFolds(app);
  const refresh = refreshing(app);
  const view = process.stdout.isTTY && !app.json ? new LiveView(app) : new ChangeView(app);
  try {
    const forecastOf = statusForecasts(app);
    const show = async (status: RunStatus) => {
      const forecast = await forecastOf(status);
      view.show({...status, ...(forecast ? {forecast} : {})});
    };
    await show(readStatus(app, name));
    while (!signal.aborted) {
      await sleep(app.shared ? sharedEveryMs : everyMs, undefined, {signal}).catch(() => undefined);
      await refresh(signal);
      const status = signal.aborted ? undefined : statusNow(app, name);
      if (status) {
        await show(status);
      }
    }
  } finally {
    view.close();
    dispose();
  }
  return exitCodes.done;
}

/** Another process may have made the journal of a new run, and not written its first entry yet. */
function statusNow(app: App, name: string | undefined): RunStatus | undefined {
  try {
    return readStatus(app, name);
  } catch (error) {
    if (error instanceof SwitcharooError && error.problem.code === 'journal-empty') {
      return undefined;
    }
    throw error;
  }
}

interface View {
  show(status: RunStatus): void;
  close(): void;
}

/** Draws over what it drew before. What does not fit is left out at the end: the outage and questions come first. */
class LiveView implements View {
  readonly #app: App;
  readonly #region = new LiveRegion(survivingWrite(process.stdout));

  constructor(app: App) {
    this.#app = app;
  }

  show(status: RunStatus): void {
    const width = widthNow();
    const lines = statusIn({...this.#app, width}, status).split('\n');
    // The last row is the cursor's.
    const rows = Math.max(2, (process.stdout.rows || 24) - 1);
    const shown =
      lines.length <= rows
        ? lines
        : [
            ...lines.slice(0, rows - 1),
            `… ${lines.length - rows + 1} more lines (use a taller terminal)`,
          ];
    this.#region.draw(shown, width);
  }

  close(): void {
    this.#region.leave();
  }
}

class ChangeView implements View {
  readonly #app: App;
  #last = '';

  constructor(app: App) {
    this.#app = app;
  }

  show(status: RunStatus): void {
    const {progress, holder} = status;
    const key = `${progress.run.run} ${progress.seq} ${holder ? holder.dead : 'free'}`;
    if (key !== this.#last) {
      const isFirst = this.#last === '';
      this.#last = key;
      this.#app.print(`${isFirst || this.#app.json ? '' : '\n'}${statusIn(this.#app, status)}`);
    }
  }

  close(): void {}
}
