import {dirname} from 'node:path';
import type {Lock} from '../journal/contract.ts';
import {diskProblem, isDiskFull, refuseWithoutSpace} from '../journal/disk-space.ts';
import {journalUnwritable} from '../journal/problems.ts';
import {
  fillReserve,
  giveBackReserve,
  reserveBeside,
  reserveBytesFor,
  reserveSize,
  roomFor,
} from '../journal/reserve.ts';
import {SwitcharooError} from '../model/problem.ts';
import {appliedEntries, type Progress} from '../model/progress.ts';
import type {JournalRoom} from '../report/index.ts';
import type {Host} from './host.ts';
import {isOver} from './past-runs.ts';

type Here = Pick<Host, 'state'>;

/** Throws when the file system of the journal has less room than a run of so many entries needs. */
export function refuseWithoutRoom({state}: Here, run: string, entries: number): void {
  if (state.reserves) {
    const made = reserveSize(state.disk, reserveBeside(state.journalOf(run)));
    refuseWithoutSpace(state.disk, state.path, Math.max(0, roomFor(entries) - made));
  }
}

/** For a machine that is checked before a runbook is chosen: more entries than any runbook here has. */
export const entriesOfLongRun = 100;

/** What the file system of the journals has free, and what a long run needs there. */
export function journalRoom({state}: Here): JournalRoom {
  const {freeBytes, mount} = state.disk.space(state.path);
  const entries = entriesOfLongRun;
  const room = {folder: state.path, mount, freeBytes, entries, neededBytes: roomFor(entries)};
  try {
    refuseWithoutRoom({state}, 'none', entries);
    return {...room, problem: null};
  } catch (error) {
    if (error instanceof SwitcharooError) {
      return {...room, problem: error.problem};
    }
    throw error;
  }
}

/**
 * Makes the reserve of a run, or makes it whole again, before the run acts; gives the bytes that it has now, and
 * `null` where it was whole already.
 */
export function secureReserve({state}: Here, run: string, entries: number): number | null {
  const path = reserveBeside(state.journalOf(run));
  const bytes = reserveBytesFor(entries);
  if (!state.reserves || reserveSize(state.disk, path) >= bytes) {
    return null;
  }
  try {
    fillReserve(state.disk, path, bytes);
    return bytes;
  } catch (cause) {
    const refusal = {path, folder: state.path, cause, neededBytes: roomFor(entries)};
    const problem =
      diskProblem(state.disk, refusal) ??
      journalUnwritable(path, cause instanceof Error ? cause.message : String(cause));
    throw new SwitcharooError(problem, {cause});
  }
}

/** The folder of a run that did not begin is removed: an empty one would look like a run. */
export function makeFirstReserve({state}: Here, run: string, entries: number): void {
  if (!state.reserves) {
    return;
  }
  const folder = dirname(state.journalOf(run));
  try {
    state.disk.makeFolder(folder);
    secureReserve({state}, run, entries);
  } catch (error) {
    state.disk.remove(reserveBeside(state.journalOf(run)));
    state.disk.remove(folder);
    throw error;
  }
}

/** Work that needs room on a disk that may be full: it has it from the reserve of the run. */
export function withReserve<Result>({state}: Here, run: string, work: () => Result): Result {
  for (;;) {
    try {
      return work();
    } catch (error) {
      const isFull = error instanceof SwitcharooError && isDiskFull(error.cause);
      if (!isFull || !giveBackReserve(state.disk, reserveBeside(state.journalOf(run)), 0)) {
        throw error;
      }
    }
  }
}

export const reserveLeft = ({state}: Here, run: string): number =>
  reserveSize(state.disk, reserveBeside(state.journalOf(run)));

export const fullDiskText = ({state}: Here, entries: number): string =>
  `a full disk (make room in ${state.path}: ${Math.ceil(roomFor(entries) / 1024)} KB)`;

/** Once nothing of a run can be reversed any more, by the process that still holds its lock. */
export function removeReserveOf({state}: Here, progress: Progress, lock: Lock): void {
  const {passedPointOfNoReturn, run} = progress;
  if (!isOver(progress) || !(passedPointOfNoReturn || appliedEntries(progress).length === 0)) {
    return;
  }
  try {
    lock.assertHeld();
    state.disk.remove(reserveBeside(state.journalOf(run.run)));
  } catch {
    // The new holder of the lock decides, and a reserve that stays costs nothing but its room.
  }
}
