import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {runProgram} from '../../../steps/build/program.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switcharoo-program-'));
});
afterEach(() => rmSync(folder, {recursive: true, force: true}));

const limitMs = 30_000;
const never = new AbortController().signal;

const isAlive = (pid: number): boolean => {
  try {
    // A zombie has ended; only its parent has not asked yet.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

/** The process that a shell has started in the background, and that ignores a polite request. */
const stubborn = (file: string) =>
  `trap '' TERM; sh -c 'trap "" TERM; echo $$ >${file}; while :; do sleep 1; done' & wait`;

test.each([
  {name: 'is aborted', limit: limitMs, abort: true},
  {name: 'takes too long', limit: 500, abort: false},
])('a program that $name ends with everything that it has started', async ({limit, abort}) => {
  const stop = new AbortController();
  const file = join(folder, 'pid');
  const running = runProgram(['sh', '-c', stubborn(file)], {signal: stop.signal, limitMs: limit});
  const ended = running.catch((error: unknown) => error);
  const pid = await vi.waitFor(() => {
    const found = Number(readFileSync(file, 'utf8'));
    expect(found).toBeGreaterThan(1);
    return found;
  }, 10_000);
  if (abort) {
    stop.abort(new Error('stopped'));
    expect(await ended).toEqual(new Error('stopped'));
  } else {
    expect(await ended).toMatchObject({timedOut: true, code: null});
  }
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 10_000);
});

test('what a program says is told line by line, and its last words are kept', async () => {
  const told: string[] = [];
  const ended = await runProgram(['sh', '-c', 'echo one; cat; echo three >&2; exit 7'], {
    signal: never,
    limitMs,
    input: 'two\n',
    say: (line) => told.push(line),
  });
  expect(ended).toMatchObject({code: 7, stdout: 'one\ntwo\n', timedOut: false});
  expect(told.sort()).toEqual(['one', 'three', 'two']);
});

test('a program that is not there is told by its name', async () => {
  const ended = await runProgram(['/nowhere/docker'], {signal: never, limitMs});
  expect(ended).toMatchObject({code: null, said: 'spawn /nowhere/docker ENOENT'});
});
