import type {FileState, ProgramFile, RunMarker} from '../contract.ts';
import {readFiles} from '../files/set-aside.ts';
import type {Shell} from '../shell/shell.ts';
import {declaredIn} from './config-text.ts';

/** Files that supervisord reads. */
export const readProgramFiles = (
  shell: Shell,
  paths: readonly string[],
  marker: RunMarker,
  signal: AbortSignal,
): Promise<readonly FileState<ProgramFile>[]> =>
  readFiles(shell, paths, marker, signal, (_path, text) => declaredIn(text));
