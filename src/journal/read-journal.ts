import type {JournalEntry} from '../model/journal.ts';
import {SwitcharooError} from '../model/problem.ts';
import {messageOf} from '../model/thrown.ts';
import {type ReadChain, readablePart, readChain} from './chain.ts';
import {type Disk, realDisk} from './disk.ts';
import {journalEmpty, journalUnreadable} from './problems.ts';

/** Reads and verifies a journal, and changes nothing. Of bytes that it has verified before, only what was added. */
export const readJournal = (path: string, disk: Disk = realDisk): ReadChain =>
  verifyJournal(path, journalBytes(path, disk));

/** The same, of bytes that were read already. */
export function verifyJournal(path: string, bytes: Buffer): ReadChain {
  const before = lastRead.get(path);
  const hasGrown = before?.bytes.equals(bytes.subarray(0, before.bytes.length)) ?? false;
  const chain = readChain(path, bytes, hasGrown ? before?.chain : undefined);
  remember(path, {bytes: bytes.subarray(0, chain.wholeBytes), chain});
  if (chain.entries.length === 0) {
    throw new SwitcharooError(journalEmpty(path));
  }
  return chain;
}

interface Verified {
  /** Its whole lines. */
  readonly bytes: Buffer;
  readonly chain: ReadChain;
}

/** A process that follows a run reads its journal again and again. */
const lastRead = new Map<string, Verified>();
const mostRemembered = 8;

function remember(path: string, verified: Verified): void {
  lastRead.delete(path);
  lastRead.set(path, verified);
  const [oldest] = lastRead.keys();
  if (oldest !== undefined && lastRead.size > mostRemembered) {
    lastRead.delete(oldest);
  }
}

/** The entries before the damage, if there is any, each as it was written. */
interface ReadablePart {
  readonly entries: readonly JournalEntry[];
  readonly damage: SwitcharooError | null;
}

/** What can be read of a journal that may be damaged. Changes nothing. */
export function readDamagedJournal(path: string, disk: Disk = realDisk): ReadablePart {
  try {
    return {entries: readJournal(path, disk).entries, damage: null};
  } catch (error) {
    if (error instanceof SwitcharooError && error.problem.code === 'journal-damaged') {
      return {entries: readablePart(path, journalBytes(path, disk)), damage: error};
    }
    throw error;
  }
}

export function journalBytes(path: string, disk: Disk = realDisk): Buffer {
  try {
    return disk.read(path);
  } catch (cause) {
    throw new SwitcharooError(journalUnreadable(path, messageOf(cause)), {cause});
  }
}
