import {dirname, join} from 'node:path';
import {SwitcharooError} from '../model/problem.ts';
import {type Disk, realDisk} from './disk.ts';
import {diskProblem, noSpace} from './disk-space.ts';
import {type Holder, holder, unreadable} from './lock-holder.ts';
import {stateFolderUnusable} from './problems.ts';
import {roomFor} from './reserve.ts';

/** Where the locks of one scope lie. */
export interface Place {
  readonly disk: Disk;
  readonly folder: string;
  readonly base: string;
  /** The file that succeeds the holder of a token. */
  after(token: string): string;
}

export interface Current {
  readonly holder: Holder;
  readonly baseToken: string;
}

export function placeOf({
  folder,
  scope,
  disk = realDisk,
}: {
  readonly folder: string;
  readonly scope: string;
  readonly disk?: Disk | undefined;
}): Place {
  const name = join(folder, scope.replaceAll(/[^A-Za-z0-9@._-]/g, '_'));
  return {
    disk,
    folder,
    base: `${name}.lock`,
    after: (token) => `${name}.after-${token}.lock`,
  };
}

export function currentHolder(place: Place): Current | undefined {
  const base = readHolder(place.disk, place.base);
  if (!base) {
    return undefined;
  }
  return {holder: chainFrom(place, base).at(-1) ?? base, baseToken: base.token};
}

/**
 * A holder, and all that came after it. One whose token came before is a copied file, and no successor. Where nothing
 * can
 * be read at all (in a folder without access, for example) it ends: a successor of an unknown holder is unknown too.
 */
export function chainFrom(place: Place, first: Holder): readonly Holder[] {
  const chain = [first];
  const tokens = new Set([first.token]);
  for (let last = first; ; ) {
    const path = place.after(last.token);
    const next = readHolder(place.disk, path);
    if (!next) {
      return chain;
    }
    last = tokens.has(next.token) ? unreadable(path) : next;
    tokens.add(last.token);
    chain.push(last);
    if (last.unreadable !== undefined && !isSurelyThere(place.disk, path)) {
      return chain;
    }
  }
}

const isSurelyThere = (disk: Disk, path: string): boolean =>
  orUndefined(() => disk.isNameTaken(path)) === true;

/** The draft is complete before it gets its name: no process sees an empty or half-written lock. */
export function claim({disk}: Place, path: string, mine: Holder): boolean {
  const draft = `${path}.${mine.token}.draft`;
  try {
    writeWhole(disk, draft, JSON.stringify(mine));
    disk.link(draft, path);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') {
      return false;
    }
    throw unusable(disk, path, cause);
  } finally {
    disk.remove(draft);
  }
}

/** The state folder, or a lock in it, cannot be made. */
export function unusable(disk: Disk, path: string, cause: unknown): SwitcharooError {
  const full = diskProblem(disk, {path, folder: dirname(path), cause, neededBytes: roomFor(1)});
  const text = cause instanceof Error ? cause.message : String(cause);
  return new SwitcharooError(full ?? stateFolderUnusable(path, text), {cause});
}

function writeWhole(disk: Disk, path: string, text: string): void {
  const fd = disk.create(path);
  try {
    const bytes = Buffer.from(text);
    const written = disk.write(fd, bytes);
    if (written < bytes.length) {
      throw noSpace(written, bytes.length);
    }
    disk.sync(fd);
  } finally {
    disk.close(fd);
  }
}

export function readHolder(disk: Disk, path: string): Holder | undefined {
  for (let tries = 1; ; tries += 1) {
    try {
      return holderIn(disk, path);
    } catch (cause) {
      const {code} = cause as NodeJS.ErrnoException;
      const isGone = code === 'ENOENT';
      // ENOTDIR: a file has taken the place of the folder, and no lock can lie in it.
      if (code === 'ENOTDIR' || (isGone && !disk.isNameTaken(path))) {
        return undefined;
      }
      // It may have been made a moment after this look. A link that leads nowhere stays unreadable, and prevents a
      // new lock.
      if (!isGone || tries === mostTries) {
        return unreadable(path);
      }
    }
  }
}

const mostTries = 20;

const holderIn = (disk: Disk, path: string): Holder =>
  holder.parse(JSON.parse(disk.read(path).toString()));

export function orUndefined<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
