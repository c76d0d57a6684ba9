import {readFile} from 'node:fs/promises';
import {isBuiltin} from 'node:module';
import {basename, dirname, relative, resolve} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {stripVTControlCharacters} from 'node:util';
import type {BundleError, Plugin, RolldownError} from 'rolldown';
import {keepSourceMap, messageOf} from '../model/thrown.ts';

/** A file of an author as it was written: TypeScript, with no build step. */
export async function moduleOf(file: string): Promise<{readonly default?: unknown}> {
  const url = await compiledRunbook(file);
  try {
    return (await import(url)) as {readonly default?: unknown};
  } catch (cause) {
    // Node names the whole module, which is in its URL.
    const [, name] = /^Failed to resolve module specifier "([^"]+)"/.exec(messageOf(cause)) ?? [];
    const [, packageName] = /^((?:@[^/]+\/)?[^/]+)/.exec(name ?? '') ?? [];
    throw packageName === undefined
      ? cause
      : new Error(
          `The package ${packageName} cannot be found from the folder of ${basename(file)}: npm install ${packageName}`,
          {cause},
        );
  }
}

/**
 * A runbook and the TypeScript that it imports as the URL of one JavaScript module, whatever the package around it
 * says, and without type checks. What is JavaScript already stays where it lies, and is imported from there. What the
 * module throws has the lines of its sources. Newer Nodes strip types themselves, but not below `node_modules`, and
 * Node 20 not at all; a loader hook would slow every later import down.
 *
 * @throws Error with the first mistake and its place
 */
export async function compiledRunbook(file: string): Promise<string> {
  const {rolldown} = await import('rolldown');
  try {
    const bundle = await rolldown({
      input: file,
      cwd: dirname(file),
      platform: 'node',
      // As Node resolves; the bundler would add a condition of its own.
      resolve: {conditionNames: ['node', 'import']},
      // A tsconfig.json may name paths that Node does not know.
      tsconfig: false,
      transform: {target: 'node20'},
      treeshake: false,
      logLevel: 'silent',
      plugins: [typescriptOnly],
    });
    const {output} = await bundle.generate({
      format: 'esm',
      codeSplitting: false,
      sourcemap: 'hidden',
      sourcemapPathTransform: (source, map) => pathToFileURL(resolve(dirname(map), source)).href,
    });
    await bundle.close();
    const [{code, map}] = output;
    const {href} = pathToFileURL(file);
    const text = `${code}\n//# sourceURL=${href}\n`;
    const url = `data:text/javascript;base64,${Buffer.from(text).toString('base64')}`;
    if (map) {
      // Some test runners name a module in a stack trace by its URL.
      keepSourceMap([href, url], map);
    }
    return url;
  } catch (cause) {
    throw isBundleError(cause) ? new Error(firstMistake(cause, dirname(file)), {cause}) : cause;
  }
}

const typescript = /\.[mc]?ts$/;

const typescriptOnly: Plugin = {
  name: 'typescript-only',
  async resolveId(specifier, importer) {
    if (importer === undefined) {
      return null;
    }
    if (isBuiltin(specifier) || specifier.startsWith('data:')) {
      return {id: specifier, external: true};
    }
    const path = specifier.startsWith('file:') ? fileURLToPath(specifier) : specifier;
    const resolved = await this.resolve(path, importer, {skipSelf: true});
    return resolved === null || typescript.test(resolved.id)
      ? resolved
      : {id: pathToFileURL(resolved.id).href, external: true};
  },
  async load(path) {
    const text = await readFile(path, 'utf8');
    return text.includes('import.meta') ? withOwnPlace(path, text) : text;
  },
};

/** Each file of the one module still knows where it was. */
async function withOwnPlace(path: string, text: string): Promise<string> {
  const place: Readonly<Record<string, string>> = {
    url: pathToFileURL(path).href,
    filename: path,
    dirname: dirname(path),
  };
  const {parseSync} = await import('rolldown/utils');
  let code = text;
  for (const {start, end} of parseSync(path, text).module.importMetas.toReversed()) {
    const [whole = '', property = ''] = /^\.(\w+)/.exec(code.slice(end)) ?? [];
    const value = place[property];
    if (value !== undefined) {
      code = code.slice(0, start) + JSON.stringify(value) + code.slice(end + whole.length);
    }
  }
  return code;
}

const isBundleError = (cause: unknown): cause is BundleError =>
  cause instanceof Error && 'errors' in cause;

function firstMistake({errors = [], message}: BundleError, folder: string): string {
  const [first] = errors;
  return first ? `${mistakeIn(first)}${placeOf(first, folder)}` : message;
}

/** The first line has the mistake, after its code in brackets; below it the source is drawn. */
function mistakeIn({message}: RolldownError): string {
  const [line = ''] = stripVTControlCharacters(message).split('\n');
  return line.replace(/^\[[A-Z_]+\] /, '');
}

const placeOf = ({loc}: RolldownError, folder: string): string =>
  loc?.file ? ` (${relative(folder, loc.file)}:${loc.line})` : '';
