import {SwitcharooError} from '../../../src/index.ts';
import {hostFileEdited} from './problems.ts';
import {keepFolder, type Mark} from './run-marker.ts';
import {type Shell, sh} from './shell.ts';

/** What a script says instead of writing anything, when it finds something else than the last look found. */
export const edited = 'edited';

/** Runs a script that may say `edited`. */
export async function guardedRun(
  shell: Shell,
  what: string,
  script: string,
  signal: AbortSignal,
): Promise<void> {
  if ((await shell.run(script, signal)).trim() === edited) {
    throw new SwitcharooError(hostFileEdited(shell.name, what));
  }
}

/** What is empty of our own folders goes; what another entry keeps there stays. */
export const leave = (root: string, mark: Mark) =>
  sh`cd /
find ${keepFolder(root, mark)} -depth -type d -empty -delete 2>/dev/null || :
rmdir "$(dirname -- ${keepFolder(root, mark)})" ${`${root}/var/lib/switcharoo`} 2>/dev/null || :`;
