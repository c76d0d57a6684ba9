import {dirname, join, normalize} from 'node:path';
import {parseAst} from 'vitest/node';
import {type Import, importsOf, lineAt, type Tree} from './tree.ts';

/** What is read here of a syntax tree (ESTree); every node has at least its type and its place. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

export interface FunctionSize {
  readonly file: string;
  readonly line: number;
  readonly lines: number;
}

export interface Export {
  readonly file: string;
  readonly line: number;
  readonly name: string;
}

const rooms = /^(src|steps|lab|runbooks)\//;

/** The sources that the measures count: the product, its steps, the lab and the runbooks. */
export const sourcesOf = (tree: Tree): readonly (readonly [string, string])[] =>
  [...tree].filter(([file]) => rooms.test(file) && file.endsWith('.ts'));

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value;

/** Every node of a file, outermost first. */
export function nodesOf(text: string): readonly Node[] {
  const nodes: Node[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      value.forEach(visit);
    } else if (isNode(value)) {
      nodes.push(value);
      Object.values(value).forEach(visit);
    }
  };
  visit(parseAst(text, {lang: 'ts'}));
  return nodes;
}

const isFunction = ({type}: Node): boolean => /^(Arrow)?Function/.test(type);

/** Every function of more than one line. */
export function functionsIn(file: string, text: string): readonly FunctionSize[] {
  return nodesOf(text)
    .filter(isFunction)
    .map(({start, end}) => {
      const line = lineAt(text, start);
      return {file, line, lines: lineAt(text, end) - line + 1};
    })
    .filter(({lines}) => lines > 1);
}

/** Groups of files that import each other, directly or through others (Tarjan's strongly connected components). */
export function circlesIn(tree: Tree): readonly (readonly string[])[] {
  const imports = new Map(
    sourcesOf(tree).map(([file, text]) => [
      file,
      importsOf(file, text)
        .map(({to}) => to)
        .filter((to) => tree.has(to)),
    ]),
  );
  const search = new CircleSearch(imports);
  return search.circles();
}

class CircleSearch {
  readonly #imports: ReadonlyMap<string, readonly string[]>;
  readonly #order = new Map<string, number>();
  readonly #lowest = new Map<string, number>();
  readonly #open: string[] = [];
  readonly #circles: (readonly string[])[] = [];

  constructor(imports: ReadonlyMap<string, readonly string[]>) {
    this.#imports = imports;
  }

  circles(): readonly (readonly string[])[] {
    for (const file of this.#imports.keys()) {
      this.#visit(file);
    }
    return this.#circles;
  }

  #visit(file: string): number {
    const order = this.#order.get(file);
    if (order !== undefined) {
      return this.#open.includes(file) ? order : Number.POSITIVE_INFINITY;
    }
    const own = this.#order.size;
    this.#order.set(file, own);
    this.#open.push(file);
    for (const to of this.#imports.get(file) ?? []) {
      const reached = this.#visit(to);
      this.#lowest.set(file, Math.min(this.#lowest.get(file) ?? own, reached));
    }
    const lowest = Math.min(this.#lowest.get(file) ?? own, own);
    if (lowest === own) {
      const circle = this.#open.splice(this.#open.indexOf(file)).sort();
      if (circle.length > 1) {
        this.#circles.push(circle);
      }
    }
    return lowest;
  }
}

/** Exports that no other file imports, and that no face of the package lists. */
export function unusedExportsIn(tree: Tree): readonly Export[] {
  const used = usedNames(tree);
  const faces = facesOf(tree);
  return sourcesOf(tree)
    .filter(([file]) => !faces.has(file))
    .flatMap(([file, text]) => exportsIn(file, text))
    .filter(({file, name}) => !used.has(`${file}:${name}`));
}

/** The files that `exports` of a package.json leads to: what they export is public. */
function facesOf(tree: Tree): ReadonlySet<string> {
  const packages = [...tree].filter(([file]) => /(^|\/)package\.json$/.test(file));
  return new Set(
    packages.flatMap(([file, text]) =>
      [...text.matchAll(/"switcharoo-source": "\.\/([^"]+)"/g)].map(([, to = '']) =>
        normalize(join(dirname(file), to)),
      ),
    ),
  );
}

function exportsIn(file: string, text: string): readonly Export[] {
  const declared =
    /^export (?:declare |abstract |async )*(?:const|let|function\*?|class|interface|type) (\w+)/gm;
  return [...text.matchAll(declared)].map((match) => ({
    file,
    line: lineAt(text, match.index),
    name: match[1] ?? '',
  }));
}

/** `file:name` for each name that a file takes from another one. */
function usedNames(tree: Tree): ReadonlySet<string> {
  const used = new Set<string>();
  for (const [file, text] of tree) {
    if (!/\.(ts|js|mjs)$/.test(file)) {
      continue;
    }
    for (const found of importsOf(file, text)) {
      for (const name of namesTaken(found, text)) {
        used.add(`${found.to}:${name}`);
      }
    }
  }
  return used;
}

function namesTaken(found: Import, text: string): readonly string[] {
  const {clause} = found;
  if (clause === undefined || clause.includes('*')) {
    // `import()` and `import *`: any word of the file may be a name that it takes.
    return text.match(/\w+/g) ?? [];
  }
  return [...clause.matchAll(/(?:type\s+)?(\w+)(?:\s+as\s+\w+)?/g)].map(([, name = '']) => name);
}
