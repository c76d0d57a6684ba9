import {createHash} from 'node:crypto';
import {
  chmod,
  lstat,
  mkdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import {dirname, join, sep} from 'node:path';
import {SwitcharooError} from '../../../src/index.ts';
import {pathOutsideFolder} from './problems.ts';

/** A file in a before-image: without its content, which may be a key. */
export interface FilePrint {
  /** The first digits of the SHA-256 of its content. */
  readonly digest: string;
  readonly mode: number;
}

export const digestOf = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex').slice(0, 12);

/** Files below one folder. A path that a link leads out of it is refused: a repository may contain any link. */
export class FolderFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async print(path: string): Promise<FilePrint | null> {
    const place = await this.#placeOf(path);
    try {
      const [bytes, {mode}] = await Promise.all([readFile(place), stat(place)]);
      return {digest: digestOf(bytes), mode: mode & 0o777};
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        return null;
      }
      throw error;
    }
  }

  async write(path: string, bytes: Uint8Array, mode: number, signal: AbortSignal): Promise<void> {
    const place = await this.#placeOf(path);
    signal.throwIfAborted();
    await mkdir(dirname(place), {recursive: true, mode: 0o700});
    // Removed first: it may be a link of the repository, which must not be written through.
    await rm(`${place}.new`, {force: true});
    await writeFile(`${place}.new`, bytes, {mode: 0o600, flag: 'wx'});
    await chmod(`${place}.new`, mode);
    await rename(`${place}.new`, place);
  }

  /** Keeps a copy of a file that is about to be replaced. */
  async keep(path: string, signal: AbortSignal): Promise<void> {
    const bytes = await readFile(await this.#placeOf(path));
    signal.throwIfAborted();
    await mkdir(this.#copyAt(''), {recursive: true, mode: 0o700});
    await writeFile(this.#copyAt(digestOf(bytes)), bytes, {mode: 0o600});
  }

  async copy(digest: string): Promise<Uint8Array | undefined> {
    return readFile(this.#copyAt(digest)).catch(() => undefined);
  }

  async remove(path: string, signal: AbortSignal): Promise<void> {
    const place = await this.#placeOf(path);
    signal.throwIfAborted();
    await rm(place, {force: true});
  }

  async #placeOf(path: string): Promise<string> {
    const place = join(this.#folder, path);
    const root = await realpath(this.#folder).catch(() => undefined);
    const parent = root === undefined ? undefined : await nearest(dirname(place));
    const isInside = parent === root || parent?.startsWith(`${root}${sep}`);
    if (!place.startsWith(`${this.#folder}${sep}`) || !isInside || (await isLink(place))) {
      throw new SwitcharooError(pathOutsideFolder(path, this.#folder));
    }
    return place;
  }

  // Beside the sources: files in their folder get into images.
  #copyAt(digest: string): string {
    return join(this.#folder, '.kept', digest);
  }
}

/** The nearest folder above that exists, with all links followed. */
async function nearest(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    return nearest(dirname(path));
  }
}

const isLink = async (path: string): Promise<boolean> =>
  (await lstat(path).catch(() => undefined))?.isSymbolicLink() ?? false;
