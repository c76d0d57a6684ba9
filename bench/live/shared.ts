import {type ChildProcess, spawn} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {setTimeout as sleep} from 'node:timers/promises';
import {startAwsEndpoint} from '../../lab/aws/endpoint.ts';
import {createS3} from '../../lab/aws/s3.ts';
import {openDistantPort} from '../../lab/latency/distant-port.ts';
import {readJournal} from '../../src/journal/read-journal.ts';
import {StateFolder} from '../../src/journal/state-folder.ts';
import {s3Store} from '../../steps/s3/index.ts';
import {endWithBench} from '../folder.ts';
import {behindText, type Shown} from './behind.ts';

/** How far away the store is from all who write and read it. The lab adds a few ms of its own to an answer. */
export const storeRttMs = 40;
const viewers = 5;
const askEveryMs = 500;
const stretchMs = 8_000;
/** What was written last is still to be seen. */
const lastSeenMs = 4_000;

const never = new AbortController().signal;
const credentials = {accessKeyId: 'AKIALAB', secretAccessKey: 'lab-secret'};

interface Follower {
  readonly name: string;
  readonly words: readonly string[];
  /** The folder of the host that follows the run. */
  readonly host: string;
  /** Reads what its viewers see; it is its own viewer where it prints. */
  readonly stateOf?: (url: string) => Promise<string | null>;
}

interface Desk {
  readonly folder: string;
  readonly followed: StateFolder;
}

/**
 * A run whose journal is in the lab's S3, and those who follow it over a network: the page that `live --to-store`
 * writes beside that journal, on the host of the run, and on other hosts `live --shared` and `status --watch --shared`.
 * Gives for each how far behind its viewers are.
 */
export async function sharedRows(folder: string): Promise<readonly (readonly [string, string])[]> {
  const s3 = createS3({buckets: {cutovers: {}}});
  const endpoint = await startAwsEndpoint({services: [s3], credentials});
  const to = {address: '127.0.0.1', port: Number(new URL(endpoint.url).port)};
  const distant = await openDistantPort({address: '127.0.0.1', to, rttMs: storeRttMs});
  const there = `http://127.0.0.1:${distant.port}`;
  const place = {bucket: 'cutovers', region: 'us-east-1', endpoint: there, credentials};
  const file = join(folder, 'shared.yaml');
  const targets = {meter: {kind: 'meter'}, journals: {kind: 's3-store', ...place}};
  writeFileSync(file, JSON.stringify({name: 'bench', targets, store: 'journals'}));
  const {reader, close} = await s3Store.open(s3Store.config.parse(place), {
    ...{name: 'journals', signal: never},
  });
  const desk = {folder, followed: new StateFolder(join(folder, 'host-1'))};
  const run = start(desk, 'host-1', ['run', 'bench/live/paced.ts', '-i', file, '--yes', '--json']);
  const followers: readonly Follower[] = [
    {
      ...{name: 'live --to-store', host: 'host-1', words: ['live', '--to-store', file]},
      stateOf: () => reader.read('live/state.json', never),
    },
    {
      ...{name: 'live --shared', host: 'host-2', words: ['live', '--shared', file]},
      stateOf: async (url) => (await fetch(new URL('state.json', url))).text(),
    },
    {name: 'status --watch', host: 'host-3', words: ['status', '--watch', '--shared', file]},
  ];
  const rows: (readonly [string, string])[] = [];
  try {
    for (const follower of followers) {
      rows.push([follower.name, await behind(desk, follower)]);
    }
  } finally {
    run.kill('SIGTERM');
    await close();
    await distant.stop();
    await endpoint.stop();
  }
  return rows;
}

async function behind(desk: Desk, {words, host, stateOf}: Follower): Promise<string> {
  while (entriesOf(desk).length < 20) {
    await sleep(100);
  }
  const follower = start(desk, host, [...words, '--json']);
  const over = new AbortController();
  const printed: Shown[] = [];
  const url = new Promise<string>((resolve) => {
    createInterface({input: follower.stdout ?? process.stdin}).on('line', (line) => {
      printed.push({seq: seqIn(line), atMs: Date.now()});
      resolve(JSON.parse(line).url);
    });
  });
  const at = await url;
  const shown = stateOf ? Array.from({length: viewers}, (): Shown[] => []) : [printed];
  const watching = stateOf ? shown.map((seen) => view(() => stateOf(at), seen, over.signal)) : [];
  const fromMs = Date.now();
  await sleep(stretchMs);
  const toMs = Date.now();
  await sleep(lastSeenMs);
  over.abort();
  await Promise.all(watching);
  follower.kill('SIGTERM');
  return behindText(entriesOf(desk), shown, [fromMs, toMs]);
}

/** As the script of the page does. */
async function view(
  stateOf: () => Promise<string | null>,
  seen: Shown[],
  signal: AbortSignal,
): Promise<void> {
  await sleep(Math.random() * askEveryMs);
  while (!signal.aborted) {
    const text = (await stateOf()) ?? '';
    seen.push({seq: seqIn(text), atMs: Date.now()});
    await sleep(askEveryMs, undefined, {signal}).catch(() => {});
  }
}

const seqIn = (text: string): number => Number(/"seq":(\d+)/.exec(text)?.[1] ?? -1);

function entriesOf({followed}: Desk) {
  const [name] = followed.runs();
  return name === undefined ? [] : readJournal(followed.journalOf(name)).entries;
}

function start({folder}: Desk, host: string, words: readonly string[]): ChildProcess {
  const args = ['bin/switcharoo.js', '--state-dir', join(folder, host), ...words];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    // No more entries than a long night has, for as long as all are measured.
    env: {...process.env, METERS: '120', PACE_MS: '600'},
  });
  endWithBench(folder, child);
  child.stdout.resume();
  return child;
}
