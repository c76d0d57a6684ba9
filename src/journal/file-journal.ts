import {dirname} from 'node:path';
import {
  type EntryOf,
  entryOf,
  type Fact,
  type FactOf,
  type JournalEntry,
} from '../model/journal.ts';
import {SwitcharooError} from '../model/problem.ts';
import {hashOf, lineOf, longestLine, noPrev, type ReadChain} from './chain.ts';
import type {Journal, Lock} from './contract.ts';
import {type Disk, realDisk} from './disk.ts';
import {diskProblem, isDiskFull, noSpace} from './disk-space.ts';
import {journalUnwritable} from './problems.ts';
import {readJournal} from './read-journal.ts';
import type {Redactor} from './redactor.ts';
import {giveBackReserve, reserveBeside, roomFor} from './reserve.ts';
import {safeFact} from './safe-fact.ts';

interface Around {
  readonly now: () => Date;
  /** In ms, of a clock that nobody can set. */
  readonly monotonic?: () => {readonly mark: string; readonly ms: number};
  readonly lock: Lock;
  readonly redactor: Redactor;
  readonly disk?: Disk;
  /** Called after each line for which a part of the reserve was given back: the disk is full. */
  readonly onReserveUsed?: () => void;
  /** Called once, when nothing more can be written: whatever is in flight must end. */
  readonly onBroken?: (error: SwitcharooError) => void;
}

/** Begins the journal of a new run. Its folder must not hold one yet. */
export function createJournal(path: string, around: Around): Journal {
  const {disk = realDisk} = around;
  const fd = attempt(
    path,
    () => {
      const run = dirname(path);
      disk.makeFolder(run);
      const created = disk.create(path);
      syncFolders(disk, run);
      return created;
    },
    disk,
  );
  return new FileJournal(
    path,
    fd,
    {entries: [], head: noPrev, wholeBytes: 0, tornBytes: 0},
    around,
  );
}

/** A file whose folder was not synced may be gone after a power loss, with all that was synced into it. */
export function syncFolders(disk: Disk, run: string): void {
  disk.syncFolder(run);
  disk.syncFolder(dirname(run));
  syncAbove(disk, dirname(run));
}

/**
 * The state folder may be as new as the run, and so may those above it. One that we may not read is not one that we
 * made.
 */
function syncAbove(disk: Disk, folder: string): void {
  for (let above = dirname(folder); above !== folder; above = dirname(folder)) {
    try {
      disk.syncFolder(above);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EACCES') {
        throw cause;
      }
    }
    folder = above;
  }
}

/** Opens the journal of an earlier run to go on with it. What a crash left of a last line is cut off, and said. */
export function openJournal(path: string, around: Around): Journal {
  const {disk = realDisk} = around;
  const chain = readJournal(path, disk);
  around.lock.assertHeld();
  const fd = attempt(path, () => disk.open(path), disk);
  const journal = new FileJournal(path, fd, chain, around);
  if (chain.tornBytes > 0) {
    attempt(path, () => disk.truncate(fd, chain.wholeBytes), disk);
    journal.append({kind: 'tail-cut', bytes: chain.tornBytes});
  }
  return journal;
}

class FileJournal implements Journal {
  readonly #path: string;
  readonly #fd: number;
  readonly #around: Around;
  readonly #disk: Disk;
  readonly #entries: JournalEntry[];
  readonly #inode: bigint;
  #head: string;
  #bytes: number;
  #isClosed = false;
  #broken: SwitcharooError | undefined;

  constructor(path: string, fd: number, chain: ReadChain, around: Around) {
    this.#path = path;
    this.#fd = fd;
    this.#around = around;
    this.#disk = around.disk ?? realDisk;
    this.#entries = [...chain.entries];
    this.#head = chain.head;
    this.#bytes = chain.wholeBytes;
    this.#inode = attempt(path, () => this.#disk.inodeOf(fd));
  }

  get entries(): readonly JournalEntry[] {
    return this.#entries;
  }

  get head(): string {
    return this.#head;
  }

  append<Kind extends Fact['kind']>(fact: FactOf<Kind>): EntryOf<Kind> {
    if (this.#broken) {
      if (!this.#isClosed) {
        // A process that lost the lock says so: after a disk that failed too, the run is somebody else's.
        this.#around.lock.assertHeld();
      }
      throw this.#broken;
    }
    const safe = safeFact(fact, this.#around.redactor);
    try {
      return this.#append(safe);
    } catch (error) {
      // A failed sync says nothing about what is on the disk, and asking again may answer "fine"
      // although the bytes are gone: this file is not written to again by this process.
      this.#broken = error as SwitcharooError; // #append throws nothing else
      this.#around.onBroken?.(this.#broken);
      throw error;
    }
  }

  async shared(): Promise<void> {}

  close(): void {
    this.#broken ??= new SwitcharooError(journalUnwritable(this.#path, 'it is closed'));
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#disk.close(this.#fd);
    }
  }

  #append<Kind extends Fact['kind']>(fact: FactOf<Kind>): EntryOf<Kind> {
    this.#around.lock.assertHeld();
    const {monotonic} = this.#around;
    const place = {
      seq: this.#entries.length,
      atUtc: this.#around.now().toISOString(),
      ...(monotonic ? {monotonic: monotonic()} : {}),
      prev: this.#head,
    };
    const entry = entryOf(place, fact);
    const line = lineOf(entry);
    const bytes = Buffer.from(`${line}\n`);
    const usesReserve = attempt(this.#path, () => this.#write(bytes), this.#disk, this.#roomFor());
    this.#entries.push(entry);
    this.#head = hashOf(line);
    this.#bytes += bytes.length;
    if (usesReserve) {
      this.#around.onReserveUsed?.();
    }
    return entry;
  }

  #roomFor(): number {
    const [first] = this.#entries;
    const count = first?.kind === 'run-started' ? first.runbook.entries.length : 0;
    return roomFor(count);
  }

  /** Gives whether the disk was full, and the reserve was needed. */
  #write(bytes: Buffer): boolean {
    if (bytes.length > longestLine) {
      throw new Error(`an entry of ${bytes.length} bytes is more than can be read back`);
    }
    this.#assertInPlace();
    let usesReserve = false;
    for (let full = this.#refusal(bytes); full; full = this.#refusal(bytes)) {
      if (!giveBackReserve(this.#disk, reserveBeside(this.#path), bytes.length)) {
        throw full;
      }
      usesReserve = true;
    }
    this.#disk.sync(this.#fd);
    return usesReserve;
  }

  /** Appends the bytes, or nothing: then it gives the reason, where that is a full disk. */
  #refusal(bytes: Buffer): unknown {
    try {
      const taken = this.#disk.write(this.#fd, bytes);
      if (taken === bytes.length) {
        return undefined;
      }
      this.#disk.truncate(this.#fd, this.#bytes);
      return noSpace(taken, bytes.length);
    } catch (cause) {
      if (isDiskFull(cause)) {
        return cause;
      }
      throw cause;
    }
  }

  /** What is written to a file that was removed, or that somebody else writes to as well, is not remembered. */
  #assertInPlace(): void {
    const {inode, size} = this.#disk.stat(this.#path);
    if (inode !== this.#inode) {
      throw new Error('another file lies in its place');
    }
    if (size !== this.#bytes) {
      throw new Error(`it was ${this.#bytes} bytes long and is ${size} now`);
    }
  }
}

/** What a disk refuses is a problem with a hint. */
export function attempt<Result>(
  path: string,
  work: () => Result,
  disk: Disk = realDisk,
  neededBytes = roomFor(1),
): Result {
  try {
    return work();
  } catch (cause) {
    const folder = dirname(dirname(path));
    const full = diskProblem(disk, {path, folder, cause, neededBytes});
    throw new SwitcharooError(full ?? journalUnwritable(path, messageOf(cause)), {cause});
  }
}

const messageOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause);
