import type {ChildProcess} from 'node:child_process';
import {mkdtempSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {remember, startGuard} from '../lab/process-guard.ts';

let folder: string | undefined;

/** Kills the process when this one is gone, also after kill -9. */
export function endWithTest({pid}: Pick<ChildProcess, 'pid'>): void {
  if (pid !== undefined) {
    folder ??= guarded();
    remember(folder, 'test', pid);
  }
}

function guarded(): string {
  const made = mkdtempSync(join(tmpdir(), 'switcharoo-guard-'));
  startGuard(made, {removes: true});
  return made;
}
