import {type ChildProcess, spawn} from 'node:child_process';
import {once, setMaxListeners} from 'node:events';
import {mkdirSync, readFileSync} from 'node:fs';
import {Agent, get} from 'node:http';
import {cpus} from 'node:os';
import {join} from 'node:path';
import {performance} from 'node:perf_hooks';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileEveryMs, everyMs as lookEveryMs} from '../../src/cli/actions/live.ts';
import {LiveFeed} from '../../src/cli/live/feed.ts';
import {LiveFiles} from '../../src/cli/live/files.ts';
import {serveLive} from '../../src/cli/live/server.ts';
import {readJournal} from '../../src/journal/read-journal.ts';
import {StateFolder} from '../../src/journal/state-folder.ts';
import {LiveRun} from '../../src/run/live-run.ts';
import {RestForecasts} from '../../src/run/rest-forecast.ts';
import {benchFolder, endWithBench} from '../folder.ts';
import {behindText, type Shown} from './behind.ts';
import {sharedRows, storeRttMs} from './shared.ts';

// `npm run bench:live`: what viewers of the live page cost the run. One run works at a steady pace while nobody serves
// the page, while it is served to nobody, and while it is served to 50 viewers; then again in the other order. Its
// processor time is that of its process, as the kernel counts it. The page is served by this process, and its viewers
// ask twice a second, as a browser does. Last, the page is written as files, and read as a browser reads them. It also
// measures how far behind each viewer is: how long after an entry of the journal was written they saw it. The page has
// what that of a night has: an outage, an earlier run, and a forecast. Last come those who follow a run from a store.
const viewers = 50;
const stretchMs = 8_000;
const everyMs = 500;
const ticksPerSecond = 100;

const folder = benchFolder('switcharoo-bench-live-');
const state = new StateFolder(join(folder, 'state'));
const pages = join(folder, 'pages');
await once(startRun({METERS: '40'}), 'exit');
const run = startRun();
await started();
const rows = [];
for (const count of [null, 0, viewers, viewers, 0, null]) {
  rows.push(await stretch(count));
}
rows.push(await stretch(viewers, 'files'));
run.kill('SIGTERM');
const shared = await sharedRows(folder);
say(`${cpus().length} processors; ${stretchMs / 1000} s each, in one run\n`);
table([
  'page',
  'viewers',
  'CPU of the run',
  'entries',
  'CPU per entry',
  'reads',
  'answers',
  'behind (half, 95 of 100, all)',
]);
for (const row of rows) {
  table(row);
}
say(`\na shared run, its store ${storeRttMs} ms away: behind (half, 95 of 100, all)\n`);
for (const [name, behind] of shared) {
  say(`${name.padEnd(24)}${behind}`);
}
process.exit(0);

function startRun(env: Readonly<Record<string, string>> = {}): ChildProcess {
  const words = ['run', 'bench/live/paced.ts', '-i', 'bench/live/paced.yaml', '--yes', '--json'];
  const args = ['bin/switcharoo.js', '--state-dir', state.path, ...words];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {...process.env, ...env},
  });
  endWithBench(folder, child);
  return child;
}

async function started(): Promise<void> {
  while (state.runs().length < 2 || entriesWritten() < 20) {
    await sleep(100);
    if (run.exitCode !== null) {
      throw new Error(`The run ended with ${run.exitCode} before the bench.`);
    }
  }
}

function entriesWritten(): number {
  const [name] = state.runs();
  return name === undefined
    ? 0
    : readFileSync(state.journalOf(name), 'utf8').split('\n').length - 1;
}

/** `null`: nobody serves the page. */
async function stretch(count: number | null, as: 'served' | 'files' = 'served') {
  const over = new AbortController();
  setMaxListeners(0, over.signal);
  const live = new LiveRun({state}, undefined, {forecastOf: new RestForecasts({state}).of});
  const feed = new LiveFeed(live);
  feed.look();
  const isServed = count !== null && as === 'served';
  const server = isServed ? await serveLive(feed, {host: '127.0.0.1', port: 0}) : undefined;
  let answers = 0;
  const looking = server && every(lookEveryMs, over.signal, () => feed.look());
  const writing = as === 'files' ? writeFiles(feed, over.signal) : undefined;
  const shown = Array.from({length: count ?? 0}, (): Shown[] => []);
  const watching = shown.map((seen) =>
    view(server?.url, over.signal, (seq) => {
      answers += 1;
      if (seq !== undefined) {
        seen.push({seq, atMs: Date.now()});
      }
    }),
  );
  const fromMs = Date.now();
  const [cpuMs, entries, reads, atMs] = [cpuOf(run), entriesWritten(), live.reads, now()];
  await sleep(stretchMs);
  const seconds = (now() - atMs) / 1000;
  const [spentMs, added] = [cpuOf(run) - cpuMs, entriesWritten() - entries];
  const read = live.reads - reads;
  const toMs = Date.now();
  // What was written last is still to be seen.
  await sleep(2 * everyMs + lookEveryMs);
  over.abort();
  await Promise.all([looking, writing, ...watching]);
  await server?.close();
  const [name = ''] = state.runs();
  const written = readJournal(state.journalOf(name)).entries;
  return [
    server ? 'served' : writing ? 'files' : 'not served',
    String(count ?? '-'),
    `${(spentMs / seconds / 10).toFixed(2)} %`,
    (added / seconds).toFixed(1),
    `${(spentMs / added).toFixed(2)} ms`,
    (read / seconds).toFixed(1),
    (answers / seconds).toFixed(0),
    behindText(written, shown, [fromMs, toMs]),
  ];
}

/** As `live --to` does. */
async function writeFiles(feed: LiveFeed, signal: AbortSignal): Promise<void> {
  mkdirSync(pages, {recursive: true});
  const files = new LiveFiles(pages);
  await every(fileEveryMs, signal, () => {
    feed.look();
    files.write(feed);
  });
}

/** As the script of the page does: it asks for what has changed since. */
async function view(
  url: string | undefined,
  signal: AbortSignal,
  answered: (seq: number | undefined) => void,
): Promise<void> {
  const agent = new Agent({keepAlive: true});
  let tag = '';
  await sleep(Math.random() * everyMs);
  await every(everyMs, signal, async () => {
    const {etag, text} =
      url === undefined
        ? {etag: '', text: readFileSync(join(pages, 'state.json'), 'utf8')}
        : await ask(`${url}state.json`, tag, agent);
    tag = etag;
    // Fifty browsers parse it on their own machines; here that would take processor time from the server.
    const [, seq] = /"seq":(\d+)/.exec(text) ?? [];
    answered(seq === undefined ? undefined : Number(seq));
  });
  agent.destroy();
}

function ask(url: string, tag: string, agent: Agent): Promise<{etag: string; text: string}> {
  return new Promise((resolve, reject) => {
    get(url, {agent, headers: {'if-none-match': tag}}, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      // Without status 200 there is nothing new to show: the journal could not be read in time.
      const [etag, isNew] = [response.headers.etag ?? tag, response.statusCode === 200];
      response.on('end', () => resolve({etag, text: isNew ? text : ''}));
    }).once('error', reject);
  });
}

async function every(
  ms: number,
  signal: AbortSignal,
  work: () => void | Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await work();
    await sleep(ms, undefined, {signal}).catch(() => {});
  }
}

/** Of all its threads, in ms (proc(5): the 14th and 15th field, counted behind the name). */
function cpuOf({pid}: ChildProcess): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}

function now(): number {
  return performance.now();
}

function table(cells: readonly string[]): void {
  const widths = [12, 15, 15, 15, 15, 15, 15];
  say(cells.map((cell, at) => cell[at === 0 ? 'padEnd' : 'padStart'](widths[at] ?? 32)).join(''));
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
