import {existsSync} from 'node:fs';
import {resolve} from 'node:path';
import {refuseAny, SwitcharooError} from '../model/problem.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import {authorsLine, inYourCode, messageOf} from '../model/thrown.ts';
import {moduleOf} from './compile-runbook.ts';
import {namesIn, ownNamesIn, pathsOf} from './names.ts';
import {
  runbookInvalid,
  runbookLoadFailed,
  runbookNotFound,
  runbookNotNamed,
  runbookThrew,
} from './problems.ts';
import {mistakesIn} from './runbook-mistakes.ts';

interface RunbookFile {
  readonly file: string;
  readonly runbook: AnyRunbook;
}

/** Loads a runbook as it was written: TypeScript, with no build step. */
export async function loadRunbook(nameOrPath: string): Promise<RunbookFile> {
  const file = findFile(nameOrPath);
  const runbook = await defaultExportOf(file);
  if (!isRunbook(runbook)) {
    throw new SwitcharooError(
      runbookInvalid(file, {what: 'its default export is not made by defineRunbook'}),
    );
  }
  // Entries that its parameters make are checked when those are known.
  return {file, runbook: runbook.isOpen ? runbook : checked(file, runbook)};
}

/** The runbook with the entries that its parameters make. */
export const runbookWith = ({file, runbook}: RunbookFile, params: unknown): AnyRunbook =>
  runbook.isOpen ? checked(file, expandedWith(file, runbook, params)) : runbook;

function expandedWith(file: string, runbook: AnyRunbook, params: unknown): AnyRunbook {
  try {
    return inYourCode('Making the entries of .each', () => runbook.expanded(params));
  } catch (error) {
    if (error instanceof SwitcharooError) {
      throw error;
    }
    const what = `the entries of .each cannot be made: ${messageOf(error)}`;
    throw new SwitcharooError(runbookInvalid(file, {what}), {cause: error});
  }
}

function checked(file: string, runbook: AnyRunbook): AnyRunbook {
  refuseAny(mistakesIn(runbook).map((mistake) => runbookInvalid(file, mistake)));
  return runbook;
}

/** The only runbook of this folder; the given one where it has none. */
export function onlyRunbook(otherwise: string): string {
  const names = ownNamesIn('runbooks', '.ts');
  if (names.length > 1) {
    throw new SwitcharooError(runbookNotNamed(names));
  }
  return names[0] ?? otherwise;
}

function findFile(nameOrPath: string): string {
  const tried = /[./]/.test(nameOrPath)
    ? [nameOrPath]
    : pathsOf({folder: 'runbooks', name: nameOrPath, ending: '.ts'});
  const file = tried.find((path) => existsSync(path));
  if (file === undefined) {
    throw new SwitcharooError(runbookNotFound(nameOrPath, tried, namesIn('runbooks', '.ts')));
  }
  return resolve(file);
}

async function defaultExportOf(file: string): Promise<unknown> {
  try {
    return (await moduleOf(file)).default;
  } catch (cause) {
    const thrown = authorsLine(cause);
    throw new SwitcharooError(
      thrown ? runbookThrew(file, thrown) : runbookLoadFailed(file, messageOf(cause)),
      {cause},
    );
  }
}

// A runbook may come from another copy of this package: its shape decides, not its class.
function isRunbook(value: unknown): value is AnyRunbook {
  return typeof value === 'object' && value !== null && 'head' in value && 'items' in value;
}
