import {spawn} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {endWithBench} from '../folder.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly seconds: number;
  /** The most that the process had in memory. */
  readonly megabytes: number;
  readonly output: string;
}

interface Around {
  /** Of the bench. */
  readonly folder: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly checkout?: string;
}

/** Runs the program as an operator does, in a process of its own. */
export function switcharoo(
  words: readonly string[],
  {folder, env = {}, checkout = root}: Around,
): Promise<Ran> {
  const began = performance.now();
  const child = spawn(process.execPath, [join(checkout, 'bin', 'switcharoo.js'), ...words], {
    env: {...process.env, ...env},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  endWithBench(folder, child);
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  let megabytes = 0;
  const watch = setInterval(() => {
    megabytes = Math.max(megabytes, peakOf(child.pid));
  }, 20);
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearInterval(watch);
      resolve({code, seconds: (performance.now() - began) / 1_000, megabytes, output});
    });
  });
}

function peakOf(pid: number | undefined): number {
  try {
    const [, kilobytes = '0'] =
      /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes) / 1_024;
  } catch {
    return 0;
  }
}

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function row(cells: readonly (string | number)[]): void {
  say(
    cells
      .map((cell, at) => (at === 0 ? String(cell).padEnd(40) : String(cell).padStart(14)))
      .join(''),
  );
}

export const figure = (value = Number.NaN): string => value.toFixed(value < 10 ? 2 : 0);
