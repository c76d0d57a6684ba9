import {spawnSync} from 'node:child_process';
import {cpSync, mkdirSync, symlinkSync} from 'node:fs';
import {join} from 'node:path';
import {performance} from 'node:perf_hooks';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {benchFolder} from './folder.ts';
import type {Asked, Measured} from './one-run.ts';

// `npm run bench`: what the engine costs beside what nobody could save, in one go on one disk. An entry is an entry
// of the
// journal: one line, one append and one fdatasync. A step with one write has five.
const root = fileURLToPath(new URL('..', import.meta.url));
const linesOfStep = 5;
// Beside the checkout's own files: the system's temporary folder may be no disk at all.
const cache = join(root, 'node_modules', '.cache', 'switcharoo-bench');
const folder = benchFolder('run-', cache);

// Compiled, as the program is: a loader of TypeScript would be measured as well.
const oneRun = join(cache, 'one-run.mjs');
await build({
  entryPoints: [join(root, 'bench', 'one-run.ts')],
  outfile: oneRun,
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  conditions: ['switcharoo-source'],
  logLevel: 'error',
});

const screens = [
  {name: 'no screen'},
  {name: '80 x 24', columns: 80, rows: 24},
  {name: '160 x 50', columns: 160, rows: 50},
];

say('Engine and journal, beside an append and an fdatasync of the same lines on the same disk\n');
table(['screen', 'entries', 'entries/s', 'ms/entry', 'bare ms', 'ratio (range)', 'drawn KB']);
for (const {name, ...screen} of screens) {
  for (const [entries, rounds, warmUps] of [
    [1_000, 9, 20],
    [10_000, 5, 1],
  ] as const) {
    const {rounds: measured} = run({steps: entries / linesOfStep, rounds, warmUps, ...screen});
    const ratios = measured.map(({engineMs, bareMs}) => engineMs / bareMs).sort(ascending);
    const perEntry = median(measured.map(({engineMs, lines}) => engineMs / lines));
    const bare = median(measured.map(({bareMs, lines}) => bareMs / lines));
    const drawn = median(measured.map(({drawnBytes}) => drawnBytes / 1024));
    const range = `${figure(median(ratios))} (${figure(ratios[0])}-${figure(ratios.at(-1))})`;
    table([
      name,
      entries,
      Math.round(1000 / perEntry),
      figure(perEntry),
      figure(bare),
      range,
      Math.round(drawn),
    ]);
  }
}

say('\nMemory at its most, and `status` of such a run\n');
table(['entries', 'MB', 'status s', 'of that, node -e 0']);
for (const entries of [1_000, 10_000, 50_000]) {
  const {mostMegabytes} = run({steps: entries / linesOfStep, rounds: 1, warmUps: 0});
  const [bare = 0, status = 0] = interleaved(5, [
    ['-e', '0'],
    [join(root, 'bin', 'switcharoo.js'), '--state-dir', join(folder, 'run'), 'status'],
  ]);
  table([entries, Math.round(mostMegabytes), figure(status / 1000), figure(bare / 1000)]);
}

say('\nStart-up, beside node -e 0\n');
table(['what', 'ms', 'node ms', 'ratio']);
const packed = packedProgram();
const [bareMs = 0, checkoutMs = 0, packedMs = 0, stepsMs = 0] = interleaved(15, [
  ['-e', '0'],
  [join(root, 'bin', 'switcharoo.js'), '--help'],
  [packed, '--help'],
  [packed, 'steps'],
]);
table(['--help, in a checkout', figure(checkoutMs), figure(bareMs), figure(checkoutMs / bareMs)]);
table(['--help, as packed', figure(packedMs), figure(bareMs), figure(packedMs / bareMs)]);
table(['steps (loads all), as packed', figure(stepsMs), figure(bareMs), figure(stepsMs / bareMs)]);

/** In a process of its own: its memory is its own, too. */
function run(asked: Omit<Asked, 'folder'>): Measured {
  const words = JSON.stringify({folder: join(folder, 'run'), ...asked});
  const {stdout, stderr, status} = spawnSync(process.execPath, [oneRun, words], {encoding: 'utf8'});
  if (status !== 0) {
    throw new Error(stderr);
  }
  return JSON.parse(stdout);
}

/** The median time of each, in ms; taken in turns, so that a busy moment meets all of them. */
function interleaved(times: number, commands: readonly (readonly string[])[]): readonly number[] {
  const taken = commands.map((): number[] => []);
  for (let time = 0; time < times; time += 1) {
    for (const [index, command] of commands.entries()) {
      const started = performance.now();
      const {status, stderr} = spawnSync(process.execPath, command, {encoding: 'utf8'});
      if (status !== 0) {
        throw new Error(stderr);
      }
      taken[index]?.push(performance.now() - started);
    }
  }
  return taken.map(median);
}

/** What a package holds, without the sources: it has nothing to compile. */
function packedProgram(): string {
  const at = join(folder, 'package');
  mkdirSync(at);
  for (const part of ['bin', 'dist', 'package.json']) {
    cpSync(join(root, part), join(at, part), {recursive: true});
  }
  symlinkSync(join(root, 'node_modules'), join(at, 'node_modules'));
  return join(at, 'bin', 'switcharoo.js');
}

function median(figures: readonly number[]): number {
  return [...figures].sort(ascending)[Math.floor(figures.length / 2)] ?? Number.NaN;
}

function ascending(a: number, b: number): number {
  return a - b;
}

function figure(value = Number.NaN): string {
  return value.toFixed(value < 10 ? 2 : 0);
}

function table(cells: readonly (string | number)[]): void {
  say(
    cells
      .map((cell, index) => (index === 0 ? String(cell).padEnd(22) : String(cell).padStart(17)))
      .join(''),
  );
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
