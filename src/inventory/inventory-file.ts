import {existsSync, readFileSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {load, YAMLException} from 'js-yaml';
import {SwitcharooError} from '../model/problem.ts';
import {packageRoot} from '../version.ts';
import {namesIn} from './names.ts';
import {inventoryInvalid} from './problems.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * What an inventory says, with what it `extends` below it: a parameter or a target of its own replaces the one of the
 * same name whole.
 */
export function writtenIn(file: string, extending: readonly string[] = []): unknown {
  const raw = parseYaml(file, textOf(file));
  if (!isFields(raw) || raw['extends'] === undefined) {
    return raw;
  }
  const {extends: base, ...own} = raw;
  const baseFile = extendedFile(file, base);
  if ([...extending, file].includes(baseFile)) {
    throw new SwitcharooError(inventoryInvalid(file, `it extends ${base}, which extends it`));
  }
  const below = writtenIn(baseFile, [...extending, file]);
  return isFields(below) ? extended(below, own) : own;
}

const extended = (below: Fields, own: Fields): Fields => ({
  ...below,
  ...own,
  ...Object.fromEntries(
    ['params', 'targets']
      .filter((key) => isFields(below[key]) && isFields(own[key] ?? {}))
      .map((key) => [key, {...(below[key] as Fields), ...(own[key] as Fields | undefined)}]),
  ),
});

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const shipped = 'switcharoo/inventories/';

/** An inventory that the package ships, or a file beside. */
function extendedFile(file: string, base: unknown): string {
  if (typeof base !== 'string') {
    throw new SwitcharooError(inventoryInvalid(file, '"extends" is the path of one inventory'));
  }
  const path = base.startsWith(shipped)
    ? join(
        fileURLToPath(new URL('inventories/', packageRoot)),
        `${base.slice(shipped.length)}.yaml`,
      )
    : resolve(dirname(file), base);
  if (!existsSync(path)) {
    const names = namesIn('inventories', '.yaml').map((name) => `${shipped}${name}`);
    const possible = `a path from its folder, or one of the package, such as ${names.join(', ')}`;
    throw new SwitcharooError(
      inventoryInvalid(file, `it extends ${base}, which does not exist; "extends" is ${possible}`),
    );
  }
  return path;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const {code} = cause as NodeJS.ErrnoException;
    throw new SwitcharooError(inventoryInvalid(file, `it cannot be read (${code})`), {cause});
  }
}

function parseYaml(file: string, text: string): unknown {
  try {
    return load(text);
  } catch (cause) {
    // Its message quotes the file, and the quoted line may contain a password.
    throw new SwitcharooError(inventoryInvalid(file, mistakeIn(cause)), {cause});
  }
}

function mistakeIn(cause: unknown): string {
  if (!(cause instanceof YAMLException)) {
    return String(cause);
  }
  const {reason, mark} = cause;
  return mark ? `${reason} at line ${mark.line + 1}, column ${mark.column + 1}` : reason;
}
