import {type ChildProcess, spawn} from 'node:child_process';
import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {startTicksOf} from '../../lab/process-start.ts';
import {endWithTest} from '../end-with-test.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

let temporary: string;
beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'bench-test-'));
});
afterEach(() => rmSync(temporary, {recursive: true, force: true}));

interface Remembered {
  readonly name: string;
  readonly pid: number;
  readonly startTicks: number;
}

/** All processes that the bench and its lab have started, as they are written down. */
const remembered = (): readonly Remembered[] =>
  readdirSync(temporary, {recursive: true, encoding: 'utf8'})
    .filter((path) => path.endsWith('processes.jsonl'))
    .flatMap((path) => readFileSync(join(temporary, path), 'utf8').trim().split('\n'))
    .map((line) => JSON.parse(line));

const foldersLeft = () => readdirSync(temporary).filter((name) => name.startsWith('scale-'));

const isRunning = ({pid, startTicks}: Remembered): boolean => startTicksOf(pid) === startTicks;

async function until(holds: () => boolean): Promise<void> {
  const since = performance.now();
  while (!holds()) {
    if (performance.now() - since > 60_000) {
      throw new Error(`it does not come: ${JSON.stringify(remembered().filter(isRunning))}`);
    }
    await sleep(50);
  }
}

/** As `npm run` starts it: by a shell that waits for it. */
function startBench(): {readonly shell: ChildProcess; readonly bench: () => number} {
  const script = '"$0" --import tsx bench/scale/main.ts --only tables --tables 100 & echo $!; wait';
  const shell = spawn('/bin/sh', ['-c', script, process.execPath], {
    cwd: root,
    env: {...process.env, TMPDIR: temporary},
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  endWithTest(shell);
  let printed = '';
  shell.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  return {shell, bench: () => Number(/^\d+/.exec(printed)?.[0])};
}

describe('a bench with a lab leaves no process and no folder behind', () => {
  const kills = {
    'its shell is killed': ({shell}: ReturnType<typeof startBench>) => shell.kill('SIGKILL'),
    'its shell is ended': ({shell}: ReturnType<typeof startBench>) => shell.kill('SIGTERM'),
    'it is killed': ({bench}: ReturnType<typeof startBench>) => process.kill(bench(), 'SIGKILL'),
    'it is ended': ({bench}: ReturnType<typeof startBench>) => process.kill(bench(), 'SIGTERM'),
    'it is interrupted': ({bench}: ReturnType<typeof startBench>) =>
      process.kill(bench(), 'SIGINT'),
  };

  test.for(Object.keys(kills) as (keyof typeof kills)[])('when %s', async (name) => {
    const started = startBench();
    const isUp = () => remembered().filter(isRunning).length >= 3;
    await until(isUp);
    const processes = remembered();
    kills[name](started);
    await until(() => !processes.some(isRunning) && foldersLeft().length === 0);
    expect(startTicksOf(started.bench())).toBeNull();
  });
});
