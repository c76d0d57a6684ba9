import {readFileSync} from 'node:fs';

/** What a file holds, or null where there is none: it may be moved away after its folder was read. */
export function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return null;
    }
    throw error;
  }
}
