import {spawnSync} from 'node:child_process';
import {cpSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {build} from 'esbuild';
import {hashOf, lineOf, noPrev} from '../../src/journal/chain.ts';
import {readJournal} from '../../src/journal/read-journal.ts';
import type {JournalEntry} from '../../src/model/journal.ts';
import {benchFolder} from '../folder.ts';
import type {Measured} from '../one-run.ts';
import {figure, root, row, say, switcharoo} from './child.ts';

const first = '20260301-030000-0001';
const journal = 'journal.jsonl';

/** The program on a run of many entries, and in a state folder of many runs. */
export async function benchRuns(
  entries: readonly number[],
  runsInFolder: readonly number[],
): Promise<void> {
  const cache = join(root, 'node_modules', '.cache', 'switcharoo-bench');
  const folder = benchFolder('scale-', cache);
  const oneRun = join(cache, 'scale-one-run.mjs');
  await build({
    entryPoints: [join(root, 'bench', 'one-run.ts')],
    ...{outfile: oneRun, bundle: true, platform: 'node', format: 'esm', packages: 'external'},
    ...{conditions: ['switcharoo-source'], logLevel: 'error'},
  });
  say('\nRuns of many entries, and many runs in a state folder\n');
  row(['what', 'seconds', 'MB', 'exit code']);
  for (const steps of entries) {
    const state = join(folder, `entries-${steps}`);
    const {rounds, mostMegabytes} = runOf(steps, state, oneRun);
    row([`${steps} entries: plan`, figure((rounds[0]?.planMs ?? 0) / 1_000), '', '']);
    row([
      `${steps} entries: run, drawn`,
      figure((rounds[0]?.engineMs ?? 0) / 1_000),
      Math.round(mostMegabytes),
      0,
    ]);
    await table(`${steps} entries`, state, folder);
  }
  for (const runs of runsInFolder) {
    const state = join(folder, `runs-${runs}`);
    runOf(20, state, oneRun);
    const {entries} = readJournal(join(state, first, journal));
    for (let run = 2; run <= runs; run += 1) {
      const name = runName(run);
      cpSync(join(state, first), join(state, name), {recursive: true});
      writeFileSync(join(state, name, journal), journalOf(name, entries));
    }
    await table(`${runs} runs`, state, folder);
  }
}

/** The same run under another name: every line of it has other hashes. */
function journalOf(run: string, entries: readonly JournalEntry[]): string {
  let prev = noPrev;
  const lines = entries.map((entry) => {
    const named = entry.kind === 'run-started' ? {...entry, run} : entry;
    const line = lineOf({...named, prev});
    prev = hashOf(line);
    return `${line}\n`;
  });
  return lines.join('');
}

const runName = (run: number): string =>
  `20260301-${String(30_000 + run).padStart(6, '0')}-${String(run).padStart(4, '0')}`;

function runOf(steps: number, folder: string, oneRun: string): Measured {
  const asked = {folder, steps, rounds: 1, warmUps: 0, columns: 120, rows: 40};
  const words = JSON.stringify(asked);
  const {status, stderr, stdout} = spawnSync(process.execPath, [oneRun, words], {encoding: 'utf8'});
  if (status !== 0) {
    throw new Error(stderr);
  }
  return JSON.parse(stdout);
}

async function table(what: string, state: string, folder: string): Promise<void> {
  const page = join(folder, 'page.html');
  const shown = [['runs'], ['status'], ['report'], ['report', '--html', page], ['log']];
  for (const words of [...shown, ['replay', '--at', '#100']]) {
    const {seconds, megabytes, code, output} = await switcharoo([...words, '--state-dir', state], {
      folder,
    });
    const name = `${what}: ${words[1] === '--html' ? 'page' : words[0]}`;
    row([name, figure(seconds), Math.round(megabytes), code ?? 'none']);
    if (process.env['SCALE_VERBOSE']) {
      say(output.slice(0, 2_000));
    }
  }
}
