import {SwitcharooError} from '../../../src/index.ts';
import type {RunMarker} from '../contract.ts';
import {hostFileEdited} from '../shell/problems.ts';
import {sh} from '../shell/quote.ts';
import type {Shell} from '../shell/shell.ts';
import {keptFolder, keptOfAll, keptOfRun} from './run-marker.ts';

/** The output of a script that wrote nothing, because a file differs from what the last check saw. */
export const edited = 'edited';

/** Runs a script that may print `edited`. `what` is the file, for the message. */
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

/** Removes the empty folders of a marker; files that another entry keeps there stay. */
export const removeEmptyFolders = (root: string, marker: RunMarker) =>
  sh`cd /
find ${keptFolder(root, marker)} -depth -type d -empty -delete 2>/dev/null || :
rmdir ${keptOfRun(root, marker)} ${keptOfAll(root)} 2>/dev/null || :`;
