import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import {dirname} from 'node:path';

/** Puts the journal of a store in the place of the one here, if there is one: what differs is kept beside it. */
export function installJournal(path: string, text: string): void {
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  if (before === text) {
    return;
  }
  if (!text.startsWith(before)) {
    copyFileSync(path, freePathBeside(path), constants.COPYFILE_EXCL);
  }
  writeWhole(path, text);
}

/** One was kept at each take-over before. */
function freePathBeside(path: string): string {
  for (let number = 1; ; number += 1) {
    const beside = path.replace(/\.jsonl$/, `.before-take-over-${number}.jsonl`);
    if (!existsSync(beside)) {
      return beside;
    }
  }
}

/** Either the text before or all of it is there, whenever this process dies. */
export function writeWhole(path: string, text: string): void {
  mkdirSync(dirname(path), {recursive: true, mode: 0o700});
  const unfinished = `${path}.${process.pid}.unfinished`;
  writeFileSync(unfinished, text, {mode: 0o600, flush: true});
  renameSync(unfinished, path);
}
