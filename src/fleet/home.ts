import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {StateFolder} from '../journal/state-folder.ts';
import {sha256} from '../model/canonical.ts';

/**
 * Names a state folder for ever: what began in it continues in it, even on another machine, as
 * a volume of a container.
 */
export function homeOf({path, disk, machine}: StateFolder): string {
  const file = join(path, 'fleet-home');
  disk.makeFolder(path);
  try {
    writeFileSync(file, machine.freshToken(), {flag: 'wx', mode: 0o600});
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw error;
    }
  }
  const token = readFileSync(file, 'utf8').trim();
  return sha256(token === '' ? `${machine.id} ${path}` : token).slice(0, 32);
}
