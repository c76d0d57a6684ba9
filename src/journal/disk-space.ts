import {type Problem, SwitcharooError} from '../model/problem.ts';
import type {Disk} from './disk.ts';
import {diskFull, diskReadOnly, diskTooSmall} from './problems.ts';

/** No space is left on the file system, or in the quota of this account. */
export const isDiskFull = (cause: unknown): boolean =>
  ['ENOSPC', 'EDQUOT'].includes((cause as NodeJS.ErrnoException | undefined)?.code ?? '');

/** A full disk first takes a part, without an error. */
export const noSpace = (taken: number, bytes: number): Error =>
  Object.assign(new Error(`the disk took ${taken} of ${bytes} bytes`), {code: 'ENOSPC'});

/** What to do about a disk that refuses a write; `null` when the reason is another one. */
export function diskProblem(
  disk: Disk,
  {path, folder, cause, neededBytes}: Refusal,
): Problem | null {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'EROFS') {
    return diskReadOnly(path, disk.space(folder).mount);
  }
  if (!isDiskFull(cause)) {
    return null;
  }
  const reason = code === 'EDQUOT' ? 'the quota of this account is used up' : 'the disk is full';
  return diskFull({path, folder, mount: disk.space(folder).mount, neededBytes, reason});
}

interface Refusal {
  readonly path: string;
  /** The folder of all runs. */
  readonly folder: string;
  readonly cause: unknown;
  readonly neededBytes: number;
}

/** Throws when the file system has less room than what a run is about to write, or takes no further files. */
export function refuseWithoutSpace(disk: Disk, folder: string, neededBytes: number): void {
  const {freeBytes, freeFiles, mount} = disk.space(folder);
  const isFull = freeBytes < neededBytes;
  if (isFull || (freeFiles !== null && freeFiles < filesOfRun)) {
    const reason = isFull
      ? `${mount} has ${kilobytes(freeBytes)} KB free, and the run needs ${kilobytes(neededBytes)} KB`
      : `${mount} takes ${freeFiles} more files, and the run needs ${filesOfRun}`;
    throw new SwitcharooError(diskTooSmall({path: folder, folder, mount, neededBytes, reason}));
  }
}

// A folder, the journal, the reserve, the lock with its draft, and a plan.
const filesOfRun = 8;

const kilobytes = (bytes: number): number => Math.floor(bytes / 1024);
