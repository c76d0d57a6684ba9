import {readFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {transform} from 'esbuild';

/**
 * Loads a TypeScript file as the module that it is, whatever the package around it says, and without type checks.
 * Newer Nodes strip types themselves, but not below node_modules, and Node 20 not at all. Plain JavaScript: hooks
 * run in a thread of their own, before anything could compile them.
 */
export async function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !/\.m?ts$/.test(url)) {
    return nextLoad(url, context);
  }
  const sourcefile = fileURLToPath(url);
  const {code} = await transform(await readFile(sourcefile, 'utf8'), {
    loader: 'ts',
    format: 'esm',
    target: 'node20',
    sourcefile,
    sourcemap: 'inline',
  });
  return {format: 'module', source: code, shortCircuit: true};
}
