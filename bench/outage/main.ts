import {spawnSync} from 'node:child_process';
import {availableParallelism, loadavg} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {build} from 'esbuild';
import {benchFolder} from '../folder.ts';
import {byHand, byPlaybook, byRunbook, type Measured, type Options} from './contenders.ts';
import {type OutageRow, writeFigures} from './figures.ts';
import {root} from './places.ts';

// `npm run bench:outage`: the same cutover, in the same kind of lab, in the same run, by three runbooks, by a careful
// shell script and by an Ansible playbook, on the spot and from far away. Outage, lost writes, failed requests and the
// slowest one are what the lab's clients counted.

const {values} = parseArgs({
  options: {
    rounds: {type: 'string', default: '5'},
    clients: {type: 'string', default: '8'},
    only: {type: 'string'},
    'slow-procedures': {type: 'boolean', default: false},
    /** Milliseconds to the targets; several, with commas. */
    rtt: {type: 'string', default: '0,20'},
    /** Writes bench/outage/figures.json: the figures that the README and docs/expected-outage.md show. */
    write: {type: 'boolean', default: false},
  },
});
if (values.write && values.only !== undefined) {
  throw new Error('--write wants all contenders, so it goes without --only');
}
const distances = values.rtt.split(',');
const optionsAt = (rtt: string): Options => ({
  clients: Number(values.clients),
  slowProcedures: values['slow-procedures'],
  rtt: rtt === '0' ? undefined : rtt,
});

const cache = join(root, 'node_modules', '.cache', 'switcharoo-bench');
const folder = benchFolder('outage-', cache);
process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));

// Compiled: a loader of TypeScript would be measured as well.
const aws = join(folder, 'aws.mjs');
await build({
  entryPoints: [join(root, 'bench', 'outage', 'aws.ts')],
  outfile: aws,
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  logLevel: 'error',
});

const tools = {aws, folder};
const runbooks = ['seamless-cutover', 'warm-cutover', 'bare-metal-to-ecs'];
const hasAnsible = spawnSync('ansible-playbook', ['--version'], {stdio: 'ignore'}).status === 0;
const all = [
  ...runbooks.map((name) => ({
    name,
    cutOver: (options: Options) => byRunbook(name, options, tools),
  })),
  {name: 'shell script', cutOver: (options: Options) => byHand(options, tools)},
  ...(hasAnsible
    ? [{name: 'Ansible playbook', cutOver: (options: Options) => byPlaybook(options, tools)}]
    : []),
];
const contenders = all.filter(({name}) => values.only === undefined || name === values.only);

const rounds = Number(values.rounds);
say(
  `${rounds} rounds, ${values.clients} writers, ${distances.join(' and ')} ms to the targets, Aurora's procedures ${values['slow-procedures'] ? 'sleep as the real ones do' : 'do not sleep'}; load at the start ${load()}\n`,
);
if (!hasAnsible) {
  say('  ansible-playbook is not installed here: the playbook is left out.');
}
const loads: number[] = [];
const measured = new Map(distances.map((rtt) => [rtt, new Map<string, Measured[]>()]));
for (let round = 1; round <= rounds; round += 1) {
  for (const [rtt, byName] of measured) {
    for (const {name, cutOver} of contenders) {
      loads.push(loadavg()[0] ?? 0);
      const result = await cutOver(optionsAt(rtt));
      byName.set(name, [...(byName.get(name) ?? []), result]);
      say(
        `  round ${round}, ${rtt} ms, ${name}: outage ${result.outageMs} ms, requests failed ${result.requestsFailed} of ${result.requests}, slowest ${result.slowestMs} ms, total ${seconds(result.totalMs)} s, lost ${result.lost}, duplicated ${result.duplicated}; load ${load()}`,
      );
    }
  }
}

for (const [rtt, byName] of measured) {
  say(`\n${rtt} ms to the targets: medians (smallest to largest)\n`);
  table(['by', 'requests failed', 'slowest ms', 'outage ms', 'total s', 'lost', 'doubled']);
  for (const [name, results] of byName) {
    const failed = results.map(({requestsFailed}) => requestsFailed);
    table([
      name,
      `${spread(failed)} of ${median(results.map(({requests}) => requests))}`,
      spread(results.map(({slowestMs}) => Math.round(slowestMs))),
      spread(results.map(({outageMs}) => outageMs)),
      seconds(median(results.map(({totalMs}) => totalMs))),
      sum(results.map(({lost}) => lost)),
      sum(results.map(({duplicated}) => duplicated)),
    ]);
  }
}
say(
  '\nThe total of a runbook is that of its journal, of the others that of their process; the lab starts and ends outside.',
);
if (values.write) {
  writeFigures({
    date: new Date().toISOString().slice(0, 10),
    cores: availableParallelism(),
    load: [Math.round(Math.min(...loads)), Math.round(Math.max(...loads))],
    rounds,
    clients: Number(values.clients),
    slowProcedures: values['slow-procedures'],
    rows: [...measured].flatMap(([rtt, byName]) =>
      [...byName].map(([by, results]) => rowOf(by, Number(rtt), results)),
    ),
  });
  say(
    '\nbench/outage/figures.json is written. Put the figures into the pages: UPDATE_GOLDEN=1 npx vitest run test/docs/made-pages.test.ts',
  );
}

function rowOf(by: string, rttMs: number, results: readonly Measured[]): OutageRow {
  const medianOf = (figure: (result: Measured) => number) =>
    Math.round(median(results.map(figure)));
  return {
    ...{by, rttMs},
    made: medianOf(({requests}) => requests),
    failed: medianOf(({requestsFailed}) => requestsFailed),
    slowestMs: medianOf(({slowestMs}) => slowestMs),
    outageMs: medianOf(({outageMs}) => outageMs),
    totalMs: medianOf(({totalMs}) => totalMs),
    lost: sum(results.map(({lost}) => lost)),
    duplicated: sum(results.map(({duplicated}) => duplicated)),
  };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function table(cells: readonly (string | number)[]): void {
  const widths = [18, 26, 22, 20, 8, 6, 8];
  say(cells.map((cell, index) => String(cell).padEnd(widths[index] ?? 0)).join(' '));
}

function load(): string {
  return loadavg()
    .map((average) => average.toFixed(1))
    .join(' ');
}

function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function sum(figures: readonly number[]): number {
  return figures.reduce((total, figure) => total + figure, 0);
}

function spread(figures: readonly number[]): string {
  return `${median(figures)} (${Math.min(...figures)}-${Math.max(...figures)})`;
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}
