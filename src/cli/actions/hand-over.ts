import {shellWord} from '../../model/hint.ts';
import {takeOverWords} from '../../model/take-over-words.ts';
import {chooseRun} from '../../run/choose-run.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {handOverRun} from '../../run/hand-over-run.ts';
import {openStore} from '../../run/open-store.ts';
import {progressIn} from '../../run/past-runs.ts';
import type {App} from '../app.ts';
import {printDocument} from '../print-document.ts';
import {listenToSignals} from '../signals.ts';
import {endsAtOnce, unlessStopped} from '../stopped.ts';

/** Offers a run to somebody on another host. */
export async function handOver(
  app: App,
  name: string,
  {to, inventory}: {readonly to: string; readonly inventory: string | undefined},
): Promise<ExitCode> {
  const run = chooseRun(app, name);
  const {run: started} = progressIn(app, run);
  const file = inventory ?? started.inventory.file;
  const signals = listenToSignals(app.say, endsAtOnce);
  const signal = signals.stopping;
  const again = `hand-over ${run} --to ${shellWord(to)}`;
  const about = {signal, run, done: 'handed over', again};
  try {
    await unlessStopped(about, async () => {
      const {store, close} = await openStore(app, file, signal, started);
      try {
        const waiting = (ms: number) => app.waiting(waitsFor(ms));
        await handOverRun({host: app, store, run, to, waiting}, signal);
      } finally {
        await close();
      }
    });
  } finally {
    signals.dispose();
  }
  const take = takeOverWords(started);
  if (app.json) {
    printDocument(app, 'handed-over', {run, to, next: [take]});
  } else {
    app.say(`${run} was handed over to ${to}. This host no longer works on it.`);
    app.say(`${to} can take it over with: switcharoo ${take}`);
  }
  return exitCodes.done;
}

const waitsFor = (ms: number): string =>
  `Waiting ${Math.ceil(ms / 1_000)} s: an action that ended without an answer may still reach its target`;
