import {dirname} from 'node:path';
import type {Disk} from '../../src/journal/disk.ts';

interface Room {
  readonly bytes: Buffer;
  used: number;
}

const nothing = Buffer.alloc(0);
const noRoom: Room = {bytes: nothing, used: 0};

/** A file, or a folder. Its number is its own for ever. */
class Inode {
  readonly number: bigint;
  readonly isFolder: boolean;
  /** What processes read. */
  bytes: Buffer = nothing;
  /** What a power loss leaves, at least. */
  synced: Buffer = nothing;
  changes = 0;
  #room = noRoom;

  constructor(number: bigint, isFolder: boolean) {
    this.number = number;
    this.isFolder = isFolder;
  }

  /** What is there already stays where it is: copies share it, and only the first that goes on can do so in place. */
  append(added: Buffer): void {
    const {length} = this.bytes;
    const end = length + added.length;
    if (this.#room.used !== length || this.#room.bytes.length < end) {
      const bytes = Buffer.alloc(end * 2);
      this.bytes.copy(bytes);
      this.#room = {bytes, used: length};
    }
    added.copy(this.#room.bytes, length);
    this.#room.used = end;
    this.bytes = this.#room.bytes.subarray(0, end);
    this.changes += 1;
  }

  copy(): Inode {
    const copy = new Inode(this.number, this.isFolder);
    copy.bytes = this.bytes;
    copy.synced = this.synced;
    copy.changes = this.changes;
    copy.#room = this.#room;
    return copy;
  }
}

const folders = new Map<string, string>();

/** `dirname`, which a power loss asks for a million times. */
function folderOf(path: string): string {
  const folder = folders.get(path) ?? dirname(path);
  folders.set(path, folder);
  return folder;
}

/** How many of the bytes that were written and not synced a power loss leaves. */
export type Kept = (unsynced: number) => number;

/**
 * A disk that keeps apart what was written and what was synced, for bytes and for names. A killed process loses nothing
 * of what it wrote; a power loss takes what was not synced, and may tear the last write at any byte.
 */
export class SimulatedDisk {
  #names = new Map<string, Inode>();
  #syncedNames = new Map<string, Inode>();
  /** The keys of `#names`, as long as they stay the same: most copies of a disk share them. */
  #paths: readonly string[] | null = null;
  #last = 0n;
  /** A full disk takes no more bytes than this. */
  freeBytes = Number.POSITIVE_INFINITY;

  constructor(folders: readonly string[] = []) {
    for (const folder of folders) {
      this.#syncedNames.set(folder, this.#make(folder, true));
    }
  }

  copy(): SimulatedDisk {
    const copy = new SimulatedDisk();
    const copies = new Map<Inode, Inode>();
    for (const [from, to] of [
      [this.#names, copy.#names],
      [this.#syncedNames, copy.#syncedNames],
    ] as const) {
      for (const [path, inode] of from) {
        const known = copies.get(inode) ?? inode.copy();
        copies.set(inode, known);
        to.set(path, known);
      }
    }
    copy.#paths = this.#paths;
    copy.#last = this.#last;
    return copy;
  }

  /** What a power loss could take now. */
  get atRisk(): {readonly bytes: boolean; readonly names: boolean} {
    let bytes = false;
    let names = this.#names.size !== this.#syncedNames.size;
    for (const [path, inode] of this.#names) {
      bytes ||= inode.bytes !== inode.synced;
      names ||= this.#syncedNames.get(path) !== inode;
    }
    return {bytes, names};
  }

  /** Nothing would be lost now. */
  get isSynced(): boolean {
    const {bytes, names} = this.atRisk;
    return !bytes && !names;
  }

  /** Names that were not synced may come through all the same, and even without the bytes of their file. */
  losePower(kept: Kept, areNamesKept = false): void {
    if (areNamesKept) {
      this.#syncedNames = new Map(this.#names);
    }
    const isNameAtRisk = this.atRisk.names;
    for (const names of [this.#names, this.#syncedNames]) {
      for (const inode of names.values()) {
        if (inode.bytes !== inode.synced) {
          inode.synced = remainsOf(inode, kept);
          inode.bytes = inode.synced;
          inode.changes += 1;
        }
      }
    }
    if (!isNameAtRisk) {
      return;
    }
    // A file whose folder is not there is not there either.
    const isLost = (path: string) => !this.#syncedNames.has(folderOf(path));
    for (let lost = [...this.#syncedNames.keys()].filter(isLost); lost.length > 0; ) {
      for (const path of lost) {
        this.#syncedNames.delete(path);
      }
      lost = [...this.#syncedNames.keys()].filter(isLost);
    }
    this.#names = new Map(this.#syncedNames);
    this.#paths = null;
  }

  /** What a power loss would surely leave of a file. */
  syncedText(path: string): string {
    return this.#syncedNames.get(path)?.synced.toString() ?? '';
  }

  /** What a reader would find. */
  bytesAt(path: string): Buffer | undefined {
    return this.#names.get(path)?.bytes;
  }

  /** The same array until a name is made or removed. */
  paths(): readonly string[] {
    this.#paths ??= [...this.#names.keys()];
    return this.#paths;
  }

  /**
   * The disk as one process has it open. `passed` is called after each change, and may throw: that process is dead
   * then.
   */
  openedBy(passed: (what: string) => void, alive: () => void = () => {}): Disk {
    const files = new Map<number, Inode>();
    let lastFile = 2;
    const opened = (inode: Inode): number => {
      lastFile += 1;
      files.set(lastFile, inode);
      return lastFile;
    };
    const inodeAt = (path: string): Inode => {
      alive();
      const inode = this.#names.get(path);
      if (!inode) {
        throw errno('ENOENT', path);
      }
      return inode;
    };
    const inodeOf = (file: number): Inode => {
      alive();
      const inode = files.get(file);
      if (!inode) {
        throw errno('EBADF', String(file));
      }
      return inode;
    };
    return {
      makeFolder: (path) => {
        alive();
        const missing: string[] = [];
        for (let at = path; !this.#names.has(at); at = dirname(at)) {
          missing.unshift(at);
        }
        for (const folder of missing) {
          this.#make(folder, true);
          passed(`made ${folder}`);
        }
      },
      read: (path) => inodeAt(path).bytes,
      exists: (path) => {
        alive();
        return this.#names.has(path);
      },
      isNameTaken: (path) => {
        alive();
        return this.#names.has(path);
      },
      stat: (path) => {
        const {number, bytes, changes} = inodeAt(path);
        return {inode: number, size: bytes.length, version: `${number} ${changes}`};
      },
      create: (path) => {
        alive();
        if (this.#names.has(path)) {
          throw errno('EEXIST', path);
        }
        inodeAt(dirname(path));
        const file = opened(this.#make(path, false));
        passed(`created ${path}`);
        return file;
      },
      open: (path) => opened(inodeAt(path)),
      openToRead: (path) => opened(inodeAt(path)),
      write: (file, bytes) => {
        const inode = inodeOf(file);
        if (this.freeBytes <= 0) {
          throw errno('ENOSPC', 'write');
        }
        const taken = bytes.subarray(0, this.freeBytes);
        this.freeBytes -= taken.length;
        inode.append(taken);
        passed('wrote');
        return taken.length;
      },
      inodeOf: (file) => inodeOf(file).number,
      space: () => ({freeBytes: this.freeBytes, freeFiles: null, mount: '/'}),
      truncate: (file, length) => {
        const inode = inodeOf(file);
        this.freeBytes += inode.bytes.length - length;
        inode.bytes = inode.bytes.subarray(0, length);
        inode.changes += 1;
        passed('truncated');
      },
      sync: (file) => {
        const inode = inodeOf(file);
        inode.synced = inode.bytes;
        passed('synced');
      },
      syncFolder: (path) => {
        inodeAt(path);
        this.#syncNames(path);
        passed(`synced ${path}`);
      },
      close: (file) => {
        alive();
        files.delete(file);
      },
      link: (path, as) => {
        const inode = inodeAt(path);
        if (this.#names.has(as)) {
          throw errno('EEXIST', as);
        }
        this.#names.set(as, inode);
        this.#paths = null;
        passed(`linked ${as}`);
      },
      rename: (path, as) => {
        this.#names.set(as, inodeAt(path));
        this.#names.delete(path);
        this.#paths = null;
        passed(`renamed ${as}`);
      },
      remove: (path) => {
        alive();
        const inode = this.#names.get(path);
        this.#paths = null;
        if (this.#names.delete(path)) {
          const isLinked = [...this.#names.values()].some((other) => other === inode);
          this.freeBytes += isLinked ? 0 : (inode?.bytes.length ?? 0);
          passed(`removed ${path}`);
        }
      },
    };
  }

  #make(path: string, isFolder: boolean): Inode {
    this.#last += 1n;
    const inode = new Inode(this.#last, isFolder);
    this.#names.set(path, inode);
    this.#paths = null;
    return inode;
  }

  #syncNames(folder: string): void {
    for (const path of new Set([...this.#names.keys(), ...this.#syncedNames.keys()])) {
      const inode = this.#names.get(path);
      if (dirname(path) !== folder || path === folder) {
        continue;
      }
      if (inode) {
        this.#syncedNames.set(path, inode);
      } else {
        this.#syncedNames.delete(path);
      }
    }
  }
}

/** Of bytes that were only added, any number may have come through. A cut came through, or did not. */
function remainsOf({bytes, synced}: Inode, kept: Kept): Buffer {
  const added = bytes.length - synced.length;
  if (added <= 0 || !bytes.subarray(0, synced.length).equals(synced)) {
    return kept(1) > 0 ? bytes : synced;
  }
  return bytes.subarray(0, synced.length + kept(added));
}

function errno(code: string, what: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${what}`), {code});
}
