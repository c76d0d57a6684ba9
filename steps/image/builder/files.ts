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
import {outsideOfFolder} from './problems.ts';

/** A file as a before-image knows it: never its content, which may be a key. */
export interface FilePrint {
  /** The beginning of its content's SHA-256. */
  readonly digest: string;
  readonly mode: number;
}

export const digestOf = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex').slice(0, 12);

/** Files below one folder. What a link leads out of it is refused: a repository may hold any link. */
export function filesIn(folder: string) {
  const placeOf = async (path: string): Promise<string> => {
    const whole = join(folder, path);
    const root = await realpath(folder).catch(() => undefined);
    const parent = root === undefined ? undefined : await nearest(dirname(whole));
    const isInside = parent === root || parent?.startsWith(`${root}${sep}`);
    if (!whole.startsWith(`${folder}${sep}`) || !isInside || (await isLink(whole))) {
      throw new SwitcharooError(outsideOfFolder(path, folder));
    }
    return whole;
  };
  // Beside the sources: what lies in their folder gets into images.
  const keptAt = (digest: string) => join(folder, '.kept', digest);

  return {
    async print(path: string): Promise<FilePrint | null> {
      const place = await placeOf(path);
      try {
        const [bytes, {mode}] = await Promise.all([readFile(place), stat(place)]);
        return {digest: digestOf(bytes), mode: mode & 0o777};
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
          return null;
        }
        throw error;
      }
    },

    async write(path: string, bytes: Uint8Array, mode: number, signal: AbortSignal): Promise<void> {
      const place = await placeOf(path);
      signal.throwIfAborted();
      await mkdir(dirname(place), {recursive: true, mode: 0o700});
      // Whatever lies there already, a link of the repository for instance, is not written through.
      await rm(`${place}.new`, {force: true});
      await writeFile(`${place}.new`, bytes, {mode: 0o600, flag: 'wx'});
      await chmod(`${place}.new`, mode);
      await rename(`${place}.new`, place);
    },

    /** Keeps a copy of a file that is about to be replaced. */
    async keep(path: string, signal: AbortSignal): Promise<void> {
      const bytes = await readFile(await placeOf(path));
      signal.throwIfAborted();
      await mkdir(keptAt(''), {recursive: true, mode: 0o700});
      await writeFile(keptAt(digestOf(bytes)), bytes, {mode: 0o600});
    },

    kept: async (digest: string): Promise<Uint8Array | undefined> =>
      readFile(keptAt(digest)).catch(() => undefined),

    async remove(path: string, signal: AbortSignal): Promise<void> {
      const place = await placeOf(path);
      signal.throwIfAborted();
      await rm(place, {force: true});
    },
  };
}

/** The nearest folder above that is there, with all links followed. */
async function nearest(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    return nearest(dirname(path));
  }
}

const isLink = async (path: string): Promise<boolean> =>
  (await lstat(path).catch(() => undefined))?.isSymbolicLink() ?? false;
