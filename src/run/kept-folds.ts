import {hash, randomBytes} from 'node:crypto';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Disk} from '../journal/disk.ts';
import type {StateFolder} from '../journal/state-folder.ts';
import type {Progress} from '../model/progress.ts';
import {progressFromJson, progressToJson} from '../model/progress-json.ts';

/**
 * The folds of journals that were verified and folded before, so that `runs` does not fold a thousand of them each
 * time. A fold belongs to the bytes of its journal, all of them, by their SHA-256: it is asked for with bytes that were
 * read a moment ago, and another byte is another journal. It is only ever what the same code would make of the same
 * bytes once more, and only for what is shown: a command that acts reads the journals themselves.
 *
 * The file can be removed at any time. Each line is `<its hash> <hash of the journal> <the fold>`; a line that is
 * damaged, or that another version has written, is as good as none.
 */
export class KeptFolds {
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #kept: ReadonlyMap<string, Buffer>;
  /** Lines that were asked for, by journal: the others are of journals that are gone, or grew. */
  readonly #inUse = new Map<string, Buffer>();
  #newBytes = 0;

  private constructor(folder: string, disk: Disk, kept: ReadonlyMap<string, Buffer>) {
    this.#folder = folder;
    this.#disk = disk;
    this.#kept = kept;
  }

  static of({path, disk}: Pick<StateFolder, 'path' | 'disk'>): KeptFolds {
    const folder = join(path, 'folds');
    return new KeptFolds(folder, disk, linesOf(bytesIn(fileIn(folder), disk)));
  }

  /** The fold of these bytes: a kept one, or the one that `fold` makes of them. What throws is not kept. */
  foldOf(journal: Buffer, fold: () => Progress): Progress {
    const key = hash('sha256', journal, 'hex');
    const line = this.#kept.get(key);
    const kept = line && progressIn(line);
    if (line && kept) {
      this.#inUse.set(key, line);
      return kept;
    }
    const progress = fold();
    const text = `${key} ${progressToJson(progress)}`;
    this.#inUse.set(key, Buffer.from(`${hashOfLine(text)} ${text}\n`));
    this.#newBytes += journal.length;
    return progress;
  }

  /**
   * Replaces the file with the folds of all journals that were asked for, where that spares the next command something.
   * Throws nothing: a fold that is not kept is made again.
   */
  save(): void {
    if (this.#newBytes < worthKeeping) {
      return;
    }
    const disk = this.#disk;
    const draft = join(this.#folder, `${draftName}${randomBytes(8).toString('hex')}`);
    try {
      const lines = Buffer.concat([...this.#inUse.values()]);
      disk.makeFolder(this.#folder);
      removeDrafts(this.#folder, disk);
      if (disk.space(this.#folder).freeBytes > lines.length + spaceForRuns) {
        write(draft, lines, disk);
        disk.rename(draft, fileIn(this.#folder));
      }
    } catch {
      removeQuietly(draft, disk);
    }
  }
}

/** Journals of so many bytes are verified and folded in a few hundredths of a second. */
const worthKeeping = 1_000_000;
/** The last bytes of a disk are for journals. */
const spaceForRuns = 64_000_000;

const draftName = 'draft-';
const fileIn = (folder: string): string => join(folder, 'folds.jsonl');

function bytesIn(path: string, disk: Disk): Buffer {
  try {
    return disk.read(path);
  } catch {
    return Buffer.of();
  }
}

/** Where a line begins and ends. Whether it is whole is for `progressIn` to say. */
function linesOf(bytes: Buffer): ReadonlyMap<string, Buffer> {
  const lines = new Map<string, Buffer>();
  for (let start = 0, end = 0; end !== -1; start = end + 1) {
    end = bytes.indexOf('\n', start);
    if (end !== -1) {
      const line = bytes.subarray(start, end + 1);
      lines.set(line.toString('latin1', hashLength + 1, textStart - 1), line);
    }
  }
  return lines;
}

const hashLength = 64;
const textStart = 2 * (hashLength + 1);

function progressIn(line: Buffer): Progress | undefined {
  const hashed = line.subarray(hashLength + 1, -1);
  if (line.toString('latin1', 0, hashLength) !== hashOfLine(hashed)) {
    return undefined;
  }
  try {
    return progressFromJson(line.toString('utf8', textStart, line.length - 1));
  } catch {
    return undefined;
  }
}

/** Of a line and of the code that made it. */
const hashOfLine = (line: string | Buffer): string =>
  hash('sha256', `${codeHash()} ${hash('sha256', line, 'hex')}`, 'hex');

let knownCodeHash: string | undefined;

/** Of the sources that make a fold: another version may make another one. */
function codeHash(): string {
  knownCodeHash ??= sourcesHash();
  return knownCodeHash;
}

function sourcesHash(): string {
  try {
    const chunks = new URL('../../chunks/', import.meta.url);
    // In the package, the sources are in chunks, which have hashes in their names.
    const sources = existsSync(chunks)
      ? readdirSync(chunks)
      : ['../model/', '../journal/']
          .map((folder) => new URL(folder, import.meta.url))
          .flatMap((folder) => readdirSync(folder).map((name) => new URL(name, folder)))
          .map((file) => `${file.pathname} ${readFileSync(file, 'utf8')}`);
    return hash('sha256', sources.sort().join('\n'), 'hex');
  } catch {
    // Code that cannot tell its version keeps nothing.
    return randomBytes(hashLength / 2).toString('hex');
  }
}

function write(path: string, bytes: Buffer, disk: Disk): void {
  const file = disk.create(path);
  try {
    for (let at = 0; at < bytes.length; ) {
      const taken = disk.write(file, bytes.subarray(at));
      if (taken === 0) {
        throw new Error('the disk is full');
      }
      at += taken;
    }
  } finally {
    disk.close(file);
  }
}

/** Of processes that ended before they renamed theirs. One that is at it now keeps nothing this time. */
function removeDrafts(folder: string, disk: Disk): void {
  for (const name of readdirSync(folder)) {
    if (name.startsWith(draftName)) {
      disk.remove(join(folder, name));
    }
  }
}

function removeQuietly(path: string, disk: Disk): void {
  try {
    disk.remove(path);
  } catch {
    // The next process that keeps folds removes it.
  }
}
