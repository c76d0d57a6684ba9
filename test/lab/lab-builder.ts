import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {buildSync} from 'esbuild';

let program: readonly [string, string] | undefined;

/** The lab's builder as one file: it is started often, and a compiler each time would take a second. */
export function labBuilder(): readonly [string, string] {
  program ??= bundled();
  return program;
}

function bundled(): readonly [string, string] {
  const folder = mkdtempSync(join(tmpdir(), 'switcharoo-builder-'));
  process.once('exit', () => rmSync(folder, {recursive: true, force: true}));
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
