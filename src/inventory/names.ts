import {readdirSync} from 'node:fs';

/** The names by which the files of a folder can be asked for. */
export function namesIn(folder: string, ending: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith(ending))
      .map((file) => file.slice(0, -ending.length))
      .sort();
  } catch {
    return [];
  }
}
