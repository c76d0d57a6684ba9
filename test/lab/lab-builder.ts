import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {buildSync} from 'esbuild';
import {afterAll} from 'vitest';

let program: readonly [string, string] | undefined;
let folder: string | undefined;

// A worker of the tests is ended from outside: its own exit comes too late to clear anything away.
afterAll(() => {
  if (folder !== undefined) {
    rmSync(folder, {recursive: true, force: true});
  }
  folder = undefined;
  program = undefined;
});

/** The lab's builder as one file: it is started often, and a compiler each time would take a second. */
export function labBuilder(): readonly [string, string] {
  program ??= bundled();
  return program;
}

function bundled(): readonly [string, string] {
  folder = mkdtempSync(join(tmpdir(), 'switcharoo-builder-'));
  const outfile = join(folder, 'builder.mjs');
  buildSync({
    entryPoints: ['lab/registry/builder.ts'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    logLevel: 'error',
  });
  return [process.execPath, outfile];
}
