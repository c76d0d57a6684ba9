import {dirname} from 'node:path';
import {type Disk, realDisk} from './disk.ts';
import {noSpace} from './disk-space.ts';
import {attempt, syncFolders} from './file-journal.ts';

/**
 * Puts the journal of a store in the place of the one here, if there is one: what differs is kept beside it.
 *
 * @throws SwitcharooError `disk-full` or `journal-unwritable`; the journal here is as it was.
 */
export const installJournal = (path: string, text: string, disk: Disk = realDisk): void =>
  attempt(path, () => install(path, text, disk), disk);

function install(path: string, text: string, disk: Disk): void {
  const before = disk.exists(path) ? disk.read(path).toString('utf8') : '';
  if (before === text) {
    return;
  }
  if (!text.startsWith(before)) {
    const beside = freePathBeside(path, disk);
    writeFile(disk, `${beside}.unfinished`, before);
    disk.rename(`${beside}.unfinished`, beside);
  }
  writeWhole(path, text, disk);
}

/** One was kept at each take-over before. */
function freePathBeside(path: string, disk: Disk): string {
  for (let number = 1; ; number += 1) {
    const beside = path.replace(/\.jsonl$/, `.before-take-over-${number}.jsonl`);
    if (!disk.exists(beside)) {
      return beside;
    }
  }
}

/** Either the text before or all of it is there, whenever this process dies, or the power fails. */
export function writeWhole(path: string, text: string, disk: Disk = realDisk): void {
  disk.makeFolder(dirname(path));
  const unfinished = `${path}.${process.pid}.unfinished`;
  writeFile(disk, unfinished, text);
  disk.rename(unfinished, path);
  syncFolders(disk, dirname(path));
}

/** Replaces what a process left there when it died. */
function writeFile(disk: Disk, path: string, text: string): void {
  disk.remove(path);
  const file = disk.create(path);
  try {
    const bytes = Buffer.from(text);
    const taken = disk.write(file, bytes);
    if (taken < bytes.length) {
      throw noSpace(taken, bytes.length);
    }
    disk.sync(file);
  } finally {
    disk.close(file);
  }
}
