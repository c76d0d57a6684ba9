import {setTimeout as sleep} from 'node:timers/promises';
import {messageOf} from '../../model/thrown.ts';
import {chooseRun} from '../../run/choose-run.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {LiveRun} from '../../run/live-run.ts';
import {recallFolds} from '../../run/past-runs.ts';
import type {App} from '../app.ts';
import {interruption} from '../interruption.ts';
import {LiveFeed} from '../live/feed.ts';
import {serveLive} from '../live/server.ts';
import {printDocument} from '../print-document.ts';
import {sharedHolder} from './status.ts';

interface Place {
  readonly host: string;
  readonly port: number;
}

/** With the half second after which a page asks again, it is less than a second behind. */
const everyMs = 250;

/** Serves the page of a run until Ctrl-C. It reads the state folder only, and asks no target. */
export async function showLive(
  app: App,
  name: string | undefined,
  place: Place,
): Promise<ExitCode> {
  const run = name === undefined ? undefined : chooseRun(app, name);
  recallFolds(app);
  const {signal, dispose} = interruption();
  const feed = new LiveFeed(new LiveRun(app, run, app.shared ? sharedHolder : undefined));
  const away = followStore(app, signal);
  feed.look();
  const server = await serveLive(feed, place);
  try {
    if (app.json) {
      printDocument(app, 'live', {url: server.url, run: run ?? null, next: []});
    } else {
      const which = run ?? 'the newest run';
      app.print(`The live page of ${which}: ${server.url}\nIt can only be read. Ctrl-C ends it.`);
    }
    while (!signal.aborted) {
      await sleep(everyMs, undefined, {signal}).catch(() => undefined);
      feed.look(away());
    }
  } finally {
    await server.close();
    dispose();
  }
  return exitCodes.done;
}

const storeEveryMs = 1_000;
const storeAwayAfterMs = 3_000;

/** Reads a store beside everything else. Gives why what is read of it is not up to date. */
function followStore(app: App, signal: AbortSignal): () => string | undefined {
  const {shared} = app;
  if (!shared) {
    return () => undefined;
  }
  let readAtMs = performance.now();
  let problem = `The store ${shared.place} does not answer.`;
  const follow = async () => {
    while (!signal.aborted) {
      await sleep(storeEveryMs, undefined, {signal}).catch(() => undefined);
      try {
        await shared.refresh(signal);
        readAtMs = performance.now();
      } catch (error) {
        problem = messageOf(error);
      }
    }
  };
  void follow();
  return () => (performance.now() - readAtMs > storeAwayAfterMs ? problem : undefined);
}
