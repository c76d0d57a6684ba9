import {readFile} from 'node:fs/promises';
import {isBuiltin} from 'node:module';
import {dirname} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import type {BuildFailure, OnResolveArgs, Plugin, PluginBuild} from 'esbuild';

/**
 * A runbook and the TypeScript that it imports as one JavaScript module, whatever the package around it says, and without
 * type checks. What is JavaScript already stays where it lies, and is imported from there. Newer Nodes strip types
 * themselves, but not below `node_modules`, and Node 20 not at all; a loader hook would slow every later import down.
 *
 * @throws Error with the first mistake and its place
 */
export async function compiledRunbook(file: string): Promise<string> {
  const {build} = await import('esbuild');
  try {
    const {outputFiles} = await build({
      entryPoints: [file],
      // Mistakes are told by the way from here.
      absWorkingDir: dirname(file),
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      // As Node resolves; esbuild would add a condition of its own.
      conditions: [],
      // A tsconfig.json may name paths that Node does not know.
      tsconfigRaw: '{}',
      logLevel: 'silent',
      footer: {js: `//# sourceURL=${pathToFileURL(file).href}`},
      plugins: [typescriptOnly],
    });
    return outputFiles[0]?.text ?? '';
  } catch (cause) {
    throw isBuildFailure(cause) ? new Error(firstMistake(cause), {cause}) : cause;
  }
}

const typescript = /\.[mc]?ts$/;

const typescriptOnly: Plugin = {
  name: 'typescript-only',
  setup: (builder) => {
    builder.onResolve({filter: /.*/}, (args) => resolved(builder, args));
    builder.onLoad({filter: typescript}, async ({path}) => ({
      contents: await withItsOwnPlace(builder, path),
      loader: 'ts',
    }));
  },
};

/** Marks our own question to esbuild, which comes to the same plugin again. */
const asked = Symbol('asked');

async function resolved(builder: PluginBuild, args: OnResolveArgs) {
  const {path, kind, importer, resolveDir, pluginData} = args;
  if (kind === 'entry-point' || pluginData === asked) {
    return undefined;
  }
  if (isBuiltin(path) || path.startsWith('data:')) {
    return {path, external: true};
  }
  const wanted = path.startsWith('file:') ? fileURLToPath(path) : path;
  const found = await builder.resolve(wanted, {kind, importer, resolveDir, pluginData: asked});
  if (found.errors.length > 0 || typescript.test(found.path)) {
    return {path: found.path, errors: found.errors};
  }
  return {path: pathToFileURL(found.path).href, external: true};
}

/** Each file of the one module still knows where it was. */
async function withItsOwnPlace({esbuild}: PluginBuild, path: string): Promise<string> {
  const text = await readFile(path, 'utf8');
  if (!text.includes('import.meta')) {
    return text;
  }
  const {code} = await esbuild.transform(text, {
    loader: 'ts',
    target: 'node20',
    tsconfigRaw: '{}',
    sourcefile: path,
    define: {
      'import.meta.url': JSON.stringify(pathToFileURL(path).href),
      'import.meta.filename': JSON.stringify(path),
      'import.meta.dirname': JSON.stringify(dirname(path)),
    },
  });
  return code;
}

const isBuildFailure = (cause: unknown): cause is BuildFailure =>
  cause instanceof Error && 'errors' in cause;

function firstMistake({errors: [first], message}: BuildFailure): string {
  const place = first?.location ? ` (${first.location.file}:${first.location.line})` : '';
  return first ? `${first.text}${place}` : message;
}
