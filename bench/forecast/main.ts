import {spawn} from 'node:child_process';
import {mkdirSync} from 'node:fs';
import {loadavg} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {entryDigests} from '../../src/engine/digests.ts';
import {chanceFrom} from '../../src/forecast/chance.ts';
import {timingsOf} from '../../src/forecast/timings.ts';
import {loadRunbook} from '../../src/inventory/runbook-file.ts';
import {readJournal} from '../../src/journal/read-journal.ts';
import {StateFolder} from '../../src/journal/state-folder.ts';
import {outageOf} from '../../src/report/index.ts';
import {conditionsBefore} from '../../src/run/kept-forecast.ts';
import {wholeRunbook} from '../../src/run/whole-runbook.ts';
import {benchFolder, endWithBench} from '../folder.ts';
import {root} from '../outage/places.ts';
import {
  calibrationOf,
  fewestRuns,
  type Happened,
  leaveOneOut,
  missedGoals,
  missingRuns,
  percent,
} from './calibration.ts';

// `npm run bench:forecast`: rehearsals with another distance and another load each time. Then each is forecast from the
// others alone, with the distances measured before it: how many end between p5 and p95, and how far off is p50?

const {values} = parseArgs({
  options: {
    runs: {type: 'string', default: '40'},
    runbook: {type: 'string', default: 'warm-cutover'},
    /** A folder that keeps the runs: more are added, and all of them count. */
    state: {type: 'string'},
    /** The largest distance, in ms. */
    rtt: {type: 'string', default: '40'},
    seed: {type: 'string', default: '1'},
  },
});

const cache = join(root, 'node_modules', '.cache', 'switcharoo-bench');
const folder = benchFolder('forecast-', cache);
const path = values.state ?? folder;
mkdirSync(path, {recursive: true});
process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));

const chance = chanceFrom(Number(values.seed));
let finished = 0;
for (let run = 1; run <= Number(values.runs); run += 1) {
  const rtt = Math.round(chance() * Number(values.rtt));
  const clients = 2 + Math.floor(chance() * 7);
  // A neighbour that computes for a part of the runs: the machine is not always ours.
  const neighbours = Math.floor(chance() * 2);
  const started = performance.now();
  const code = await rehearse(rtt, clients, neighbours);
  finished += code === 0 ? 1 : 0;
  say(
    `  run ${run}: ${rtt} ms away, ${clients} writers, ${neighbours} neighbours: exit code ${code} after ${Math.round((performance.now() - started) / 1000)} s; load ${loadavg()[0]?.toFixed(1)}`,
  );
}
const runs = await happenedIn(path);
const loaded = await loadRunbook(values.runbook);
const [first] = runs;
if (!first) {
  throw new Error('no run came to its end');
}
const {params, inventory} = first.timings.run;
const runbook = wholeRunbook(loaded, loaded.runbook.head.params.parse(params));
const request = {runbook, digests: entryDigests(runbook), params, inventory: inventory.name};
const {run, outage} = leaveOneOut(request, runs);
say(`\n${values.runbook}, each of ${runs.length} runs forecast from the others:\n`);
const missed = [
  ...missingRuns({
    ...{started: Number(values.runs), finished},
    ...{forecasts: run.length, outages: outage.length},
  }),
];
for (const [name, all] of [
  ['run', run],
  ['outage', outage],
] as const) {
  const calibration = calibrationOf(all);
  const {inside, medianError} = calibration;
  const widths = all.map(({p5, p95}) => p95 / p5).sort((a, b) => a - b);
  say(
    `  ${name}: ${percent(inside)} between p5 and p95, median error of p50 ${percent(medianError)}, p95 is ${widths[Math.floor(widths.length / 2)]?.toFixed(2)} times p5, from ${Math.min(...all.map(({ms}) => ms))} to ${Math.max(...all.map(({ms}) => ms))} ms`,
  );
  missed.push(...missedGoals(calibration).map((goal) => `${name}: ${goal}`));
}
if (Math.min(run.length, outage.length) < fewestRuns) {
  say(`\nToo few runs to tell whether the goals are met: ${fewestRuns} at least.`);
}
for (const goal of missed) {
  say(`\nMISSED ${goal}`);
}
process.exit(missed.length > 0 ? 1 : 0);

function rehearse(rtt: number, clients: number, neighbours: number): Promise<number | null> {
  const busy = Array.from({length: neighbours}, () =>
    spawn(process.execPath, ['-e', 'for (;;) {}'], {stdio: 'ignore'}),
  );
  for (const child of busy) {
    endWithBench(folder, child);
  }
  const words = ['--json', '--rtt', String(rtt), '--clients', String(clients)];
  const program = join(root, 'bin', 'switcharoo.js');
  const child = spawn(
    process.execPath,
    [program, '--state-dir', path, 'rehearse', values.runbook, ...words],
    {cwd: root, stdio: ['ignore', 'pipe', 'inherit']},
  );
  endWithBench(folder, child);
  let last = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    last = `${last}${text}`.slice(-4_000);
  });
  return new Promise((resolve) => {
    child.once('close', (code) => {
      for (const each of busy) {
        each.kill('SIGKILL');
      }
      if (code !== 0) {
        say(last.trimEnd().split('\n').at(-1) ?? '');
      }
      resolve(code);
    });
  });
}

async function happenedIn(stateFolder: string): Promise<readonly Happened[]> {
  const state = new StateFolder(stateFolder);
  return state.runs().flatMap((name) => {
    const {entries} = readJournal(state.journalOf(name));
    const timings = timingsOf(entries);
    const window = timings?.run.runbook.outage;
    const outageMs = window ? outageOf(entries, window).totalMs : 0;
    return timings?.isDone && window ? [{timings, outageMs, ...conditionsBefore(state, name)}] : [];
  });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
