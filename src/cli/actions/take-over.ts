import {existsSync} from 'node:fs';
import {resolve} from 'node:path';
import {namesIn} from '../../inventory/names.ts';
import {shellWord} from '../../model/hint.ts';
import {type Problem, SwitcharooError} from '../../model/problem.ts';
import type {Progress} from '../../model/progress.ts';
import {storeWords} from '../../model/take-over-words.ts';
import {type NextCommand, nextText} from '../../report/index.ts';
import {earlierHolder} from '../../run/earlier-holder.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {openStore} from '../../run/open-store.ts';
import {isOver, mayReverse, progressIn} from '../../run/past-runs.ts';
import {sharedRunIn} from '../../run/shared-run.ts';
import type {App} from '../app.ts';
import {printDocument} from '../print-document.ts';
import {listenToSignals} from '../signals.ts';
import {endsAtOnce, unlessStopped} from '../stopped.ts';
import {sayUnshared, takeOverShown} from './shown-take-over.ts';

interface TakeOverOptions {
  readonly inventory: string;
  readonly store: string | undefined;
  readonly now: boolean;
  readonly name: string | undefined;
}

/** Takes a run over from another host, after its state was shown and its name was typed. */
export async function takeOver(
  app: App,
  name: string,
  options: TakeOverOptions,
): Promise<ExitCode> {
  const {inventory: file, store: named} = options;
  if (file.startsWith('s3://')) {
    throw new SwitcharooError(inventoryNeeded(name, file));
  }
  const signals = listenToSignals(app.say, endsAtOnce);
  const signal = signals.stopping;
  const again = `take-over ${shellWord(name)} -i ${shellWord(file)}${storeWords(named)}`;
  const about = {signal, run: name, done: 'taken over', again};
  try {
    return await unlessStopped(about, () => takeOverFrom(app, name, options, signal));
  } finally {
    signals.dispose();
  }
}

async function takeOverFrom(
  app: App,
  name: string,
  {inventory: file, store: named, now, name: confirmation}: TakeOverOptions,
  signal: AbortSignal,
): Promise<ExitCode> {
  const {store, inventory, close} = await openStore(app, file, signal, {store: named});
  try {
    app.waiting(`Reading the shared journals in ${store.place}`);
    const shared = await sharedRunIn(store, name, signal).catch(async (error) => {
      const here = app.state.runs().filter((run) => run.startsWith(name) || run.endsWith(name));
      for (const run of isFinished(error) ? here : []) {
        await sayUnshared(app, store, run, signal);
      }
      throw error;
    });
    const {run} = shared.progress.run;
    const again = `take-over ${run} -i ${shellWord(file)}${storeWords(named)} --name ${run}`;
    const {held, added} = await takeOverShown(
      app,
      {...{store, inventory, file, shared, isSure: now, confirmation}, again},
      signal,
    );
    const next = nextOf(app, progressIn(app, run), file);
    if (app.json) {
      printDocument(app, 'taken-over', {
        run,
        from: earlierHolder(shared),
        inFlight: shared.inFlight.map(({seq: _, ...action}) => action),
        added,
        sessionsEnded: held.filter(({problem}) => !problem).map(({target}) => target),
        next: next.map(({command}) => command),
      });
    } else {
      app.say(`The take-over of ${run} is complete.`);
      app.print(['', app.paint.bold('Next'), ...nextText(next, app, '  ')].join('\n'));
    }
    return exitCodes.done;
  } finally {
    await close();
  }
}

const isFinished = (error: unknown): boolean =>
  error instanceof SwitcharooError && error.problem.code === 'run-finished';

/** A run that is done can only be reversed, up to the point of no return. */
function nextOf(app: App, progress: Progress, file: string): readonly NextCommand[] {
  const {run} = progress;
  const words = `${run.run}${movedFiles(run, file)}`;
  const resume = {command: app.paste(`resume ${words}`), what: 'continue the run'};
  const reverse = {
    command: app.paste(`reverse ${words}`),
    what: 'plan a reversal, ask for approval, and reverse',
  };
  if (!isOver(progress)) {
    return [resume, reverse];
  }
  const report = {command: app.paste(`report ${run.run}`), what: 'print the timeline'};
  return [mayReverse(progress) ? reverse : report];
}

/** Where the files of a run are on this host, as far as they are not where it found them. */
function movedFiles(run: Progress['run'], inventory: string): string {
  const isThere = existsSync(run.runbook.file);
  const isNamed = namesIn('runbooks', '.ts').includes(run.runbook.name);
  const runbook = isThere ? '' : ` --runbook ${isNamed ? shellWord(run.runbook.name) : 'FILE'}`;
  const file = existsSync(run.inventory.file) && resolve(inventory) === run.inventory.file;
  return `${runbook}${file ? '' : ` -i ${shellWord(inventory)}`}`;
}

const inventoryNeeded = (run: string, place: string): Problem => ({
  code: 'inventory-needed',
  message: 'A store alone does not name the systems of a run: their claims cannot be ended.',
  hint: {
    text: 'Name the inventory of the run, with',
    command: `take-over ${run} -i INVENTORY --store ${place}`,
  },
});
