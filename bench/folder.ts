import type {ChildProcess} from 'node:child_process';
import {mkdirSync, mkdtempSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {remember, startGuard} from '../lab/process-guard.ts';

/**
 * A folder for a bench and its lab. It goes when the bench is gone, and with it every process that is remembered in it,
 * also after kill -9.
 */
export function benchFolder(name: string, above = tmpdir()): string {
  endWithParent();
  mkdirSync(above, {recursive: true});
  const folder = mkdtempSync(join(above, name));
  startGuard(folder, {removes: true});
  return folder;
}

/** A process of the bench that is no lab's. */
export function endWithBench(folder: string, {pid}: ChildProcess): void {
  if (pid !== undefined) {
    remember(folder, 'bench', pid);
  }
}

let isWatched = false;

/** `npm run` and its shell die alone when they are killed: what they started would go on for minutes. */
function endWithParent(): void {
  if (isWatched) {
    return;
  }
  isWatched = true;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) {
      process.exit(1);
    }
  }, everyMs).unref();
}

const everyMs = 500;
