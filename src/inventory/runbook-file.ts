import {existsSync} from 'node:fs';
import {resolve} from 'node:path';
import type {Entry, Item} from '../model/entry.ts';
import {SwitcharooError} from '../model/problem.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import type {TargetKind, TargetKinds} from '../model/target.ts';
import {compiledRunbook} from './compile-runbook.ts';
import {namesIn, pathsOf} from './names.ts';
import {runbookInvalid, runbookLoadFailed, runbookNotFound} from './problems.ts';

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
      runbookInvalid(file, 'its default export is not made by defineRunbook'),
    );
  }
  // Entries that its parameters make are checked when those are known.
  return {file, runbook: runbook.isOpen ? runbook : checked(file, runbook)};
}

/** The runbook with the entries that its parameters make. */
export const runbookWith = ({file, runbook}: RunbookFile, params: unknown): AnyRunbook =>
  runbook.isOpen ? checked(file, runbook.expanded(params)) : runbook;

function checked(file: string, runbook: AnyRunbook): AnyRunbook {
  const mistake = mistakeIn(runbook);
  if (mistake) {
    throw new SwitcharooError(runbookInvalid(file, mistake));
  }
  return runbook;
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
    const text = Buffer.from(await compiledRunbook(file)).toString('base64');
    const module = (await import(`data:text/javascript;base64,${text}`)) as {default?: unknown};
    return module.default;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new SwitcharooError(runbookLoadFailed(file, message), {cause});
  }
}

// A runbook may come from another copy of this package: its shape decides, not its class.
function isRunbook(value: unknown): value is AnyRunbook {
  return typeof value === 'object' && value !== null && 'head' in value && 'items' in value;
}

/** What the types refuse, for files that were never compiled. */
function mistakeIn(runbook: AnyRunbook): string | undefined {
  const items: readonly Item[] = runbook.items;
  return (
    items
      .map((item, index) => mistakeAt(runbook, item, items.slice(0, index)))
      .find((mistake) => mistake) ??
    (runbook.entries.length === 0 ? 'it has no entries' : undefined)
  );
}

function mistakeAt({head}: AnyRunbook, item: Item, earlier: readonly Item[]): string | undefined {
  const name = itemName(item);
  if (name !== undefined && earlier.some((other) => itemName(other) === name)) {
    return `${name} is used twice`;
  }
  if (item.kind !== 'entry') {
    return undefined;
  }
  if (item.unit.kind === 'one-way' && !earlier.some(({kind}) => kind === 'point-of-no-return')) {
    return `${item.id} cannot be reversed and comes before the point of no return`;
  }
  return wrongTargetIn(item, head.targets) ?? tooLateIn(item, earlier);
}

/** A role without a target, or with a target of another kind. */
function wrongTargetIn({id, on, unit}: Entry, targets: TargetKinds): string | undefined {
  const unknown = Object.values(on).find((target) => !(target in targets));
  if (unknown !== undefined) {
    return `${id} works on ${unknown}, which is not one of the runbook's targets`;
  }
  const roles = Object.entries<TargetKind>(unit.targets);
  return roles
    .map(([role, {kind}]) => {
      const target = on[role];
      const is = target === undefined ? undefined : targets[target]?.kind;
      if (is === undefined) {
        return `${id} has no target for the role ${role}`;
      }
      return is === kind || is.startsWith(`${kind}.`)
        ? undefined
        : `${id} needs a target of kind ${kind} for the role ${role}, and ${target} is of kind ${is}`;
    })
    .find((mistake) => mistake);
}

function tooLateIn(
  {id, after, requires, group, phase}: Entry,
  earlier: readonly Item[],
): string | undefined {
  const done = earlier
    .filter((item): item is Entry => item.kind === 'entry')
    .filter((other) => group === undefined || other.group !== group || other.phase !== phase)
    .map((other) => other.id);
  const late = [...after, ...requires].find((id) => !done.includes(id));
  return late === undefined ? undefined : `${id} comes after ${late}, which is no earlier entry`;
}

function itemName(item: Item): string | undefined {
  switch (item.kind) {
    case 'entry':
      return item.id;
    case 'checkpoint':
      return item.name;
    case 'point-of-no-return':
      return undefined;
  }
}
