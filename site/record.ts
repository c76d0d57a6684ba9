// Records the session of the front page: the real program, on the lab, in a terminal that tmux keeps. Nothing in it is
// written by hand. `npm run site:record` writes site/session.json; it takes a minute, and wants a quiet machine.
import {execFileSync, spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {root} from './pages.ts';
import {type Frame, type Recording, sessionFile} from './session.ts';

const columns = 100;
const rows = 32;
const prompt = /^\$ ?$/;
const limitMs = 180_000;
const betweenLooksMs = 100;

interface Entry {
  /** What the operator types. */
  readonly keys: string;
  /** The last line on the screen when the program has answered. */
  readonly until: RegExp;
  /** How long the operator reads before the next entry. */
  readonly readMs: number;
}

const script: readonly Entry[] = [
  {keys: 'switcharoo lab up', until: prompt, readMs: 1_000},
  {keys: 'clear', until: prompt, readMs: 0},
  {keys: 'switcharoo plan seamless-cutover -i lab', until: prompt, readMs: 2_500},
  {keys: 'clear', until: prompt, readMs: 0},
  {
    keys: 'switcharoo run seamless-cutover -i lab',
    until: /^\? Run this plan on lab\?/,
    readMs: 1_000,
  },
  {keys: 'y', until: /^ +Start the cutover\? /, readMs: 3_000},
  {keys: 'y', until: /^ +Accept the cutover\? /, readMs: 3_000},
  {keys: 'y', until: /^ +Pass the point of no return\? /, readMs: 3_000},
  {keys: '', until: prompt, readMs: 2_500},
  {keys: 'clear', until: prompt, readMs: 0},
  {keys: 'switcharoo reverse', until: /^\? Reverse to the start on lab\?/, readMs: 3_000},
  {keys: 'y', until: prompt, readMs: 2_500},
];

const work = mkdtempSync(join(tmpdir(), 'switcharoo-site-'));
const socket = join(work, 'tmux');
const tmux = (...args: readonly string[]): string =>
  execFileSync('tmux', ['-S', socket, '-f', '/dev/null', ...args], {encoding: 'utf8'});

/** The lines of the screen, with their colours. */
const screen = (): readonly string[] => {
  const lines = tmux('capture-pane', '-e', '-p', '-t', 'session').split('\n');
  return Array.from({length: rows}, (_, row) => (lines[row] ?? '').trimEnd());
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what they are
const uncoloured = (line: string): string => line.replace(/\x1b\[[0-9;]*m/g, '');

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => interrupted.abort(new Error('Interrupted: nothing was recorded.')));
}

const frames: Frame[] = [];
const commands: (readonly string[])[] = [];
let shown: readonly string[] = Array.from({length: rows}, () => '');
const startedMs = performance.now();

/** Keeps the lines that differ from those of the frame before. */
function look(): readonly string[] {
  const now = screen();
  const changed = now.flatMap((line, row) => (line === shown[row] ? [] : [[row, line] as const]));
  if (changed.length > 0) {
    frames.push({
      atMs: Math.round(performance.now() - startedMs),
      lines: Object.fromEntries(changed),
    });
    shown = now;
  }
  return now;
}

async function lookFor(durationMs: number): Promise<void> {
  const endMs = performance.now() + durationMs;
  while (performance.now() < endMs) {
    look();
    await sleep(betweenLooksMs, undefined, interrupted);
  }
}

async function enter({keys, until, readMs}: Entry): Promise<void> {
  for (const key of keys) {
    tmux('send-keys', '-t', 'session', '-l', key);
    await sleep(40, undefined, interrupted);
    look();
  }
  tmux('send-keys', '-t', 'session', 'Enter');
  await sleep(300);
  const endMs = performance.now() + limitMs;
  while (!until.test(uncoloured(look().findLast((line) => uncoloured(line) !== '') ?? ''))) {
    if (performance.now() > endMs) {
      throw new Error(`After "${keys}" the screen does not show ${until}:\n${shown.join('\n')}`);
    }
    await sleep(betweenLooksMs, undefined, interrupted);
  }
  await lookFor(readMs);
  if (until === prompt && keys !== 'clear') {
    commands.push(commandOnScreen());
  }
}

/** All that was printed since the screen was cleared, what has scrolled away too. */
const commandOnScreen = (): readonly string[] =>
  tmux('capture-pane', '-e', '-p', '-S', '-', '-t', 'session')
    .trimEnd()
    .split('\n')
    .slice(0, -1)
    .map((line) => line.trimEnd());

try {
  execFileSync(process.execPath, ['bin/build.mjs'], {cwd: root, stdio: 'inherit'});
  for (const folder of ['bin', 'home', 'our-cutover']) {
    mkdirSync(join(work, folder));
  }
  symlinkSync(join(root, 'bin/switcharoo.js'), join(work, 'bin/switcharoo'));
  const environment = {
    PATH: `${join(work, 'bin')}:${process.env['PATH']}`,
    HOME: join(work, 'home'),
    TERM: 'tmux-256color',
    LANG: 'C.UTF-8',
    PS1: '$ ',
    BASH_SILENCE_DEPRECATION_WARNING: '1',
  };
  const words = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const shell = ['env', '-i', ...words, 'bash', '--norc', '--noprofile', '-i'];
  const size = ['-x', String(columns), '-y', String(rows)];
  tmux('new-session', '-d', '-s', 'session', ...size, '-c', join(work, 'our-cutover'), ...shell);
  await lookFor(500);
  for (const entry of script) {
    await enter(entry);
  }
  const recording: Recording = {columns, rows, frames, commands};
  writeFileSync(sessionFile, `${JSON.stringify(recording)}\n`);
  console.log(`${sessionFile}: ${frames.length} frames`);
} finally {
  // Whatever fails here, the rest ends all the same.
  spawnSync(process.execPath, [join(root, 'bin/switcharoo.js'), 'lab', 'down'], {
    cwd: join(work, 'our-cutover'),
    stdio: 'inherit',
  });
  spawnSync('tmux', ['-S', socket, 'kill-server']);
  rmSync(work, {recursive: true, force: true});
}
