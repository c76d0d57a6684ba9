import {
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import {dirname, resolve} from 'node:path';

/**
 * What the journal and the lock ask of a file system. Little enough for a simulated one, which loses what was not
 * synced.
 */
export interface Disk {
  /** Also the folders above it that are missing; for their owner alone. */
  makeFolder(path: string): void;
  /** Throws `ENOENT` when there is none. */
  read(path: string): Buffer;
  exists(path: string): boolean;
  /** Also when it is a link that leads nowhere. */
  isNameTaken(path: string): boolean;
  stat(path: string): FileStat;
  /** Makes a file to append to, for its owner alone. Throws `EEXIST` when there is one. */
  create(path: string): number;
  /** Opens a file to append to. */
  open(path: string): number;
  openToRead(path: string): number;
  /** How many of the bytes it took: a full disk takes a part, without an error. */
  write(file: number, bytes: Buffer): number;
  inodeOf(file: number): bigint;
  truncate(file: number, length: number): void;
  /** The bytes of the file, and its length, outlive a power loss. */
  sync(file: number): void;
  /** The names in the folder outlive a power loss. */
  syncFolder(path: string): void;
  close(file: number): void;
  /** Gives a file one more name. Throws `EEXIST` when it is taken. */
  link(path: string, as: string): void;
  /** Replaces a file that has the new name. */
  rename(path: string, as: string): void;
  /** Of the file system that a folder lies on, or will lie on. A quota shows only in a write. */
  space(folder: string): DiskSpace;
  /** Does nothing when there is none. */
  remove(path: string): void;
}

interface DiskSpace {
  readonly freeBytes: number;
  /** How many more files it takes; `null` where that has no limit. */
  readonly freeFiles: number | null;
  /** Where the file system is mounted. */
  readonly mount: string;
}

interface FileStat {
  readonly inode: bigint;
  readonly size: number;
  /** Another one after every change of the file, and for every other file. */
  readonly version: string;
}

const {O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY} = constants;

export const realDisk: Disk = {
  makeFolder: (path) => void mkdirSync(path, {recursive: true, mode: 0o700}),
  read: (path) => readFileSync(path),
  exists: existsSync,
  isNameTaken: (path) => lstatSync(path, {throwIfNoEntry: false}) !== undefined,
  stat: (path) => {
    const {dev, ino, size, mtimeNs, ctimeNs} = statSync(path, {bigint: true});
    return {
      inode: ino,
      size: Number(size),
      // Every line of a journal asks for the file, and few ask for this.
      get version() {
        return `${dev},${ino},${size},${mtimeNs},${ctimeNs}`;
      },
    };
  },
  create: (path) => openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600),
  open: (path) => openSync(path, O_WRONLY | O_APPEND | O_NOFOLLOW),
  write: (file, bytes) => writeSync(file, bytes),
  inodeOf: (file) => fstatSync(file, {bigint: true}).ino,
  truncate: ftruncateSync,
  openToRead: (path) => openSync(path, O_RDONLY),
  // The length of a file is among the metadata that fdatasync writes too (fdatasync(2)).
  sync: fdatasyncSync,
  syncFolder: (path) => {
    const folder = openSync(path, O_RDONLY);
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  },
  close: closeSync,
  space: (folder) => {
    let at = resolve(folder);
    while (!existsSync(at)) {
      at = dirname(at);
    }
    const {bavail, bsize, files, ffree} = statfsSync(at);
    // Some file systems make inodes as they need them, and count none.
    return {freeBytes: bavail * bsize, freeFiles: files > 0 ? ffree : null, mount: mountOf(at)};
  },
  link: linkSync,
  rename: renameSync,
  remove: (path) => rmSync(path, {force: true, recursive: true}),
};

/** The highest folder on the same device. */
function mountOf(folder: string): string {
  const {dev} = statSync(folder);
  let at = folder;
  while (dirname(at) !== at && statSync(dirname(at)).dev === dev) {
    at = dirname(at);
  }
  return at;
}
