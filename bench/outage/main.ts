import {mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {loadavg} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {build} from 'esbuild';
import {byHand, byPlaybook, byRunbook, type Measured} from './contenders.ts';
import {root} from './places.ts';

// `npm run bench:outage`: the same cutover, in the same kind of lab, in the same run, by two runbooks, by a careful
// shell
// script and by an Ansible playbook. Outage, lost writes and failed reads are what the lab's clients counted.

const {values} = parseArgs({
  options: {
    rounds: {type: 'string', default: '5'},
    clients: {type: 'string', default: '8'},
    only: {type: 'string'},
    'slow-procedures': {type: 'boolean', default: false},
    rtt: {type: 'string'},
  },
});
const options = {
  clients: Number(values.clients),
  slowProcedures: values['slow-procedures'],
  rtt: values.rtt,
};

const cache = join(root, 'node_modules', '.cache', 'switcharoo-bench');
mkdirSync(cache, {recursive: true});
const folder = mkdtempSync(join(cache, 'outage-'));
process.on('exit', () => rmSync(folder, {recursive: true, force: true}));
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
const contenders = [
  {name: 'warm-cutover', cutOver: () => byRunbook('warm-cutover', options, tools)},
  {name: 'bare-metal-to-ecs', cutOver: () => byRunbook('bare-metal-to-ecs', options, tools)},
  {name: 'shell script', cutOver: () => byHand(options, tools)},
  {name: 'Ansible playbook', cutOver: () => byPlaybook(options, tools)},
].filter(({name}) => values.only === undefined || name === values.only);

const rounds = Number(values.rounds);
say(
  `${rounds} rounds, ${options.clients} writers, ${options.rtt ?? 0} ms to the targets, Aurora's procedures ${options.slowProcedures ? 'sleep as the real ones do' : 'do not sleep'}; load at the start ${load()}\n`,
);
const measured = new Map<string, Measured[]>(contenders.map(({name}) => [name, []]));
for (let round = 1; round <= rounds; round += 1) {
  for (const {name, cutOver} of contenders) {
    const result = await cutOver();
    measured.get(name)?.push(result);
    say(
      `  round ${round}, ${name}: outage ${result.outageMs} ms, total ${seconds(result.totalMs)}, lost ${result.lost}, duplicated ${result.duplicated}, reads failed ${result.readsFailed} of ${result.reads}; load ${load()}`,
    );
  }
}

say('\nMedians (smallest to largest)\n');
table(['by', 'outage ms', 'x', 'total s', 'x', 'lost', 'doubled', 'reads failed']);
const first = measured.get(contenders[0]?.name ?? '') ?? [];
for (const [name, all] of measured) {
  const outages = all.map(({outageMs}) => outageMs);
  const totals = all.map(({totalMs}) => totalMs);
  table([
    name,
    `${median(outages)} (${Math.min(...outages)}-${Math.max(...outages)})`,
    ratio(median(outages), median(first.map(({outageMs}) => outageMs))),
    seconds(median(totals)),
    ratio(median(totals), median(first.map(({totalMs}) => totalMs))),
    sum(all.map(({lost}) => lost)),
    sum(all.map(({duplicated}) => duplicated)),
    `${sum(all.map(({readsFailed}) => readsFailed))} of ${sum(all.map(({reads}) => reads))}`,
  ]);
}
say(
  '\nThe total of a runbook is that of its journal, of the others that of their process; the lab starts and ends outside.',
);

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function table(cells: readonly (string | number)[]): void {
  const widths = [18, 20, 7, 9, 7, 6, 8, 16];
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

function ratio(figure: number, base: number): string {
  return (figure / base).toFixed(1);
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}
