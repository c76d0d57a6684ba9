import {setTimeout as sleep} from 'node:timers/promises';
import type {Progress} from '../../model/progress.ts';
import {messageOf} from '../../model/thrown.ts';
import {chooseRun} from '../../run/choose-run.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {LiveRun} from '../../run/live-run.ts';
import {openStore} from '../../run/open-store.ts';
import {recallFolds} from '../../run/past-runs.ts';
import {RestForecasts} from '../../run/rest-forecast.ts';
import {sharedHolder} from '../../run/shown-holder.ts';
import type {App} from '../app.ts';
import {interruption} from '../interruption.ts';
import {LiveFeed} from '../live/feed.ts';
import {LiveFiles} from '../live/files.ts';
import {followLabRequests} from '../live/lab-requests.ts';
import {serveLive} from '../live/server.ts';
import {StoreFiles} from '../live/store-files.ts';
import {printDocument} from '../print-document.ts';
import {sharedEveryMs} from './shared.ts';

interface Place {
  readonly host: string;
  readonly port: number;
  /** A folder for its files, instead of a server. */
  readonly to: string | undefined;
  /** An inventory that names a store, or the place of a store: the same files go there. */
  readonly toStore: string | undefined;
}

/** With the half second after which a page asks again, it is less than a second behind. */
export const everyMs = 100;
/** The same for files. */
export const fileEveryMs = 200;
/** In time with a store 100 ms away, too. It is written only after a change, because each object costs. */
const storeWriteEveryMs = 100;
/** What refuses is not asked more often than that. */
const awayEveryMs = 1_000;
/** A runbook may take longer to load: then the page is shown without a forecast until it is there. */
const loadLimitMs = 2_000;

/** Shows a run to others until Ctrl-C. It reads the state folder only, and asks no target. */
export async function showLive(
  app: App,
  name: string | undefined,
  place: Place,
): Promise<ExitCode> {
  const run = name === undefined ? undefined : chooseRun(app, name);
  recallFolds(app);
  const {signal, dispose} = interruption();
  const forecasts = new RestForecasts(app);
  // The file that the journal of another host names is not loaded: it would be run here.
  const sources = app.shared
    ? {holderOf: sharedHolder, noForecastOf: notForecast}
    : {forecastOf: forecasts.of, requestsOf: followLabRequests(app, signal)};
  const feed = new LiveFeed(new LiveRun(app, run, sources));
  const away = followStore(app, signal);
  let tookMs = 0;
  const look = async (ms: number) => {
    // A long journal may take longer than that: viewers are answered meanwhile.
    await sleep(Math.max(ms, tookMs), undefined, {signal}).catch(() => undefined);
    const startedMs = performance.now();
    feed.look(away());
    tookMs = performance.now() - startedMs;
  };
  feed.look();
  // Who opens the page first finds the forecast there, or why there is none.
  const limit = sleep(loadLimitMs, undefined, {ref: false, signal}).catch(() => undefined);
  await Promise.race([forecasts.loaded(), limit]);
  feed.look(away());
  try {
    const following = {feed, run, look, signal};
    if (signal.aborted) {
      return exitCodes.done;
    }
    if (place.toStore !== undefined) {
      await writeToStore(app, following, place.toStore);
    } else if (place.to !== undefined) {
      await write(app, following, {files: new LiveFiles(place.to), everyMs: fileEveryMs});
    } else {
      await serve(app, following, place);
    }
  } finally {
    dispose();
  }
  return exitCodes.done;
}

const notForecast = ({operator: {host}}: Progress): string =>
  `Not known here, because the shared journal has neither the runbook nor earlier runs. To see it, start switcharoo live on ${host}.`;

interface Following {
  readonly feed: LiveFeed;
  readonly run: string | undefined;
  /** Waits, and reads what is new. */
  look(ms: number): Promise<void>;
  readonly signal: AbortSignal;
}

async function serve(app: App, {feed, run, look, signal}: Following, place: Place): Promise<void> {
  const server = await serveLive(feed, place);
  try {
    tell(app, {url: server.url, run});
    while (!signal.aborted) {
      await look(everyMs);
    }
  } finally {
    await server.close();
  }
}

/** In a process of its own: a store that does not answer touches no run. */
async function writeToStore(app: App, following: Following, where: string): Promise<void> {
  const {run, signal} = following;
  const {store, close} = await openStore(app, where, signal);
  try {
    const files = new StoreFiles(store, run);
    await files.refuseOthers(signal);
    await write(app, following, {files, everyMs: storeWriteEveryMs});
  } finally {
    await close();
  }
}

/** If the files cannot be written for a moment, this prints it once and tries again. */
async function write(
  app: App,
  {feed, run, look, signal}: Following,
  {files, everyMs: ms}: {readonly files: LiveFiles | StoreFiles; readonly everyMs: number},
): Promise<void> {
  await files.write(feed, signal);
  tell(app, {url: files.url, run, isFolder: files instanceof LiveFiles});
  let isAway = false;
  while (!signal.aborted) {
    await look(isAway ? awayEveryMs : ms);
    try {
      await files.write(feed, signal);
      isAway = false;
    } catch (error) {
      if (!isAway && !signal.aborted) {
        app.say(`! ${messageOf(error)}. Trying again.`);
      }
      isAway = true;
    }
  }
  await files.end(feed);
}

interface Told {
  readonly url: string;
  readonly run: string | undefined;
  /** For a web server to serve: of a file, a browser lets the page ask for nothing new. */
  readonly isFolder?: boolean;
}

function tell(app: App, {url, run, isFolder = false}: Told): void {
  if (app.json) {
    printDocument(app, 'live', {url, run: run ?? null, next: []});
    return;
  }
  const which = run ?? 'the newest run';
  const files = isFolder
    ? ' Serve the folder with a web server: a page opened as a file does not update.'
    : '';
  app.print(`The live page of ${which}: ${url}\nThe page is read-only.${files} Ctrl-C stops it.`);
}

const storeAwayAfterMs = 3_000;

/** Reads a store in the background. The result says why what was read is not up to date. */
function followStore(app: App, signal: AbortSignal): () => string | undefined {
  const {shared} = app;
  if (!shared) {
    return () => undefined;
  }
  let readAtMs = performance.now();
  let problem = `The store ${shared.place} does not answer.`;
  const follow = async () => {
    while (!signal.aborted) {
      await sleep(sharedEveryMs, undefined, {signal}).catch(() => undefined);
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
