import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A copy of the compiled program, and of what else is named, in a folder that whoever made it removes. */
export function copiedProgram(...more: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'switcharoo-copy-'));
  for (const part of ['bin', 'dist', 'package.json', ...more]) {
    cpSync(join(root, part), join(folder, part), {recursive: true});
  }
  symlinkSync(realpathSync(join(root, 'node_modules')), join(folder, 'node_modules'));
  return folder;
}

/** The chunks of a copy. */
export const chunksIn = (folder: string): readonly string[] =>
  readdirSync(join(folder, 'dist', 'chunks'))
    .filter((name) => name.endsWith('.js'))
    .map((name) => `dist/chunks/${name}`);

/** In the files that have it. */
export function rewrite(
  folder: string,
  files: readonly string[],
  from: RegExp | string,
  to: string,
): void {
  const changed = files.filter((file) => {
    const path = join(folder, file);
    const before = readFileSync(path, 'utf8');
    const after = before.replace(from, to);
    writeFileSync(path, after);
    return after !== before;
  });
  if (changed.length === 0) {
    throw new Error(`No file has ${from}.`);
  }
}
