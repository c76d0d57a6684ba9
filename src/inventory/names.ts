import {existsSync, readdirSync} from 'node:fs';
import {basename, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {packageRoot} from '../version.ts';

/** A file of a folder that exists here, and that this package ships too: runbooks/, inventories/. */
interface NamedFile {
  readonly folder: string;
  readonly name: string;
  /** With its dot. */
  readonly ending: string;
}

/** The paths at which a file may lie: in the folder here, then in the folder that this package ships. */
export const pathsOf = ({folder, name, ending}: NamedFile): readonly string[] =>
  placesOf(folder).map((place) => join(place, `${name}${ending}`));

/** What a person types for a runbook: its name, where that finds this very file from here; otherwise its path. */
export const runbookWord = (file: string): string => wordFor(file, 'runbooks', '.ts');

/** The same for an inventory. */
export const inventoryWord = (file: string): string => wordFor(file, 'inventories', '.yaml');

function wordFor(file: string, folder: string, ending: string): string {
  const name = basename(file, ending);
  const path = pathsOf({folder, name, ending}).find((each) => existsSync(each));
  return path !== undefined && resolve(path) === file && !name.includes('.') ? name : file;
}

/** The names of the files in a folder, here and in this package. */
export function namesIn(folder: string, ending: string): readonly string[] {
  return namesAmong(placesOf(folder).flatMap(filesIn), ending);
}

function namesAmong(files: readonly string[], ending: string): readonly string[] {
  const names = files
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length));
  return [...new Set(names)].sort();
}

/** The names of the files in the folder here, if it is not the one that this package ships. */
export const ownNamesIn = (folder: string, ending: string): readonly string[] =>
  placesOf(folder).length === 1 ? [] : namesAmong(filesIn(folder), ending);

function placesOf(folder: string): readonly string[] {
  const shipped = fileURLToPath(new URL(folder, packageRoot));
  return resolve(folder) === shipped ? [folder] : [folder, shipped];
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
