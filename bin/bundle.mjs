import {existsSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join, relative} from 'node:path';
import {fileURLToPath} from 'node:url';
import {rolldown} from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Puts the compiled modules of `dist` together into `dist/chunks`: a command would load hundreds of small files. What
 * is imported by name stays where it is, as a file that leads to its chunk. Types stay.
 */
async function bundle(dist) {
  const entries = entriesOf(dist);
  const nameOf = (entry) => entry.replace(/\.js$/, '').replaceAll('/', '.');
  const chunks = join(dist, 'chunks');
  const bundled = await rolldown({
    input: Object.fromEntries(entries.map((entry) => [nameOf(entry), join(dist, entry)])),
    platform: 'node',
    // Packages are loaded from where they are installed.
    external: (id) => /^[^./\0]/.test(id) && !commonJs.test(id),
    plugins: [ownPlaces(chunks), required],
    // As the compiler wrote it: in the same order, with all that a module does when it is loaded.
    treeshake: false,
    preserveEntrySignatures: 'strict',
  });
  const {output} = await bundled.write({
    dir: chunks,
    entryFileNames: '[name]-[hash].js',
    chunkFileNames: '[name]-[hash].js',
    keepNames: true,
    sourcemap: 'hidden',
  });
  await bundled.close();
  for (const file of readdirSync(chunks).filter((name) => name.endsWith('.map'))) {
    const {sourcesContent: _, ...map} = JSON.parse(readFileSync(join(chunks, file), 'utf8'));
    writeFileSync(join(chunks, file), JSON.stringify(map));
  }
  removeModules(dist);
  for (const {isEntry, name, fileName} of output) {
    const entry = isEntry ? entries.find((each) => nameOf(each) === name) : undefined;
    if (entry !== undefined) {
      const chunk = relative(dirname(entry), join('chunks', fileName));
      writeFileSync(join(dist, entry), `export * from './${chunk}';\n`);
    }
  }
}

/** What others import, and what the program finds by its place. */
function entriesOf(dist) {
  const {exports: exported} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const named = Object.values(exported).flatMap((each) => each.default ?? []);
  const steps = readdirSync(join(dist, 'steps')).map((name) => `steps/${name}/index.js`);
  return [
    ...new Set([
      'src/cli/main.js',
      ...named.filter((path) => path.startsWith('./dist/')).map((path) => path.slice(7)),
      ...steps.filter((path) => existsSync(join(dist, path))),
    ]),
  ];
}

/** A module that asks for its place still hears where it was. */
const ownPlaces = (chunks) => ({
  name: 'own-places',
  transform(code, path) {
    const place = `new URL(${JSON.stringify(relative(chunks, path))}, import.meta.url).href`;
    return code.includes('import.meta.url') ? code.replaceAll('import.meta.url', place) : null;
  },
});

/** Packages that are CommonJS. */
const commonJs = /^(@aws-sdk\/|@smithy\/|mysql2|dns-packet$)/;

/** As `require` loads them: `import` of CommonJS reads each file two more times, for its kind and for its names. */
const required = {
  name: 'required',
  resolveId: {
    filter: {id: commonJs},
    handler: (id, _importer, {kind}) =>
      kind === 'require-call' ? {id, external: true} : {id: `\0required:${id}`},
  },
  load: {
    filter: {id: /^\0required:/},
    handler: (id) => `module.exports = require(${JSON.stringify(id.slice(10))});`,
  },
};

function removeModules(dist) {
  for (const part of ['src', 'steps']) {
    const folder = join(dist, part);
    for (const file of readdirSync(folder, {recursive: true})) {
      if (file.endsWith('.js')) {
        rmSync(join(folder, file));
      }
    }
  }
}

await bundle(process.argv[2]);
