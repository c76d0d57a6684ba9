import {readdirSync, readFileSync} from 'node:fs';
import {dirname, join, normalize} from 'node:path';
import {fileURLToPath} from 'node:url';

/** The text of every file that is kept by hand, by its path in the repository. */
export type Tree = ReadonlyMap<string, string>;

export interface Import {
  readonly file: string;
  readonly line: number;
  /** A path in the repository, or the name of a package. */
  readonly to: string;
  readonly kind: 'value' | 'type' | 'dynamic';
  /** What is taken from it, as the file writes it: `{a, type B}`. Absent where it is imported when it is called. */
  readonly clause?: string;
}

/** Something that is not as it should be, as a person reads it. */
export type Finding = `${string}:${number}: ${string}, ${string}`;

const root = fileURLToPath(new URL('../..', import.meta.url));
const kept = [
  'src',
  'steps',
  'lab',
  'runbooks',
  'inventories',
  'test',
  'bench',
  'scripts',
  'bin',
  'docs',
  'templates',
  'examples',
  'create',
  'site',
];

/** Reads the repository once. */
export function readTree(): Tree {
  const ofRoot = readdirSync(root, {withFileTypes: true}).filter((entry) => entry.isFile());
  const below = readdirSync(root)
    .filter((folder) => kept.includes(folder))
    .flatMap((folder) =>
      readdirSync(join(root, folder), {recursive: true, withFileTypes: true})
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
        .filter((file) => !/^(lab|site)\/(dist|node_modules)\//.test(file)),
    );
  const files = [...ofRoot.map(({name}) => name), ...below].filter((file) =>
    /\.(ts|js|mjs|md|json|yaml)$/.test(file),
  );
  return new Map(files.sort().map((file) => [file, readFileSync(join(root, file), 'utf8')]));
}

/** Every import of a file: for its values, for its types alone, or only when it is called. */
export function importsOf(file: string, text: string): readonly Import[] {
  const fixed = [
    ...text.matchAll(/^(?:import|export)\s+(type\s)?(?:([^'";]*?)\sfrom\s+)?'([^']+)'/gm),
  ].map((match) => ({
    match,
    to: match[3],
    kind: match[1] ? ('type' as const) : ('value' as const),
    clause: match[2] ?? '',
  }));
  const called = [...text.matchAll(/(typeof\s+)?\bimport\(\s*'([^']+)'/g)].map((match) => ({
    match,
    to: match[2],
    kind: match[1] ? ('type' as const) : ('dynamic' as const),
  }));
  return [...fixed, ...called].map(({match, to = '', ...rest}) => ({
    file,
    line: lineAt(text, match.index),
    to: placeOf(file, to),
    ...rest,
  }));
}

export const lineAt = (text: string, index: number): number =>
  text.slice(0, index).split('\n').length;

function placeOf(file: string, specifier: string): string {
  if (specifier.startsWith('.')) {
    return normalize(join(dirname(file), specifier));
  }
  const own = /^switcharoo(?:\/(.*))?$/.exec(specifier);
  if (own) {
    const [, face] = own;
    return face === undefined
      ? 'src/index.ts'
      : face === 'testing'
        ? 'src/testing.ts'
        : `steps/${face}/index.ts`;
  }
  if (specifier === '@switcharoo/lab') {
    return 'lab/index.ts';
  }
  const [first = '', second = ''] = specifier.split('/');
  return first.startsWith('@') ? `${first}/${second}` : first;
}
