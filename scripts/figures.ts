import {readdirSync, readFileSync, statSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {circlesIn, functionsIn, sourcesOf, unusedExportsIn} from '../test/tidy/code.ts';
import {readTree, type Tree} from '../test/tidy/tree.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The size and shape of the sources (src, steps, lab, runbooks) and of a production install. */
export interface Figures {
  readonly files: number;
  readonly lines: number;
  /** Lines of the longest file. */
  readonly maxFile: number;
  /**
   * Lines of functions that have more than one: 99 of 100 are no longer than this, and the longest is as long as
   * that.
   */
  readonly functionP99: number;
  readonly functionMax: number;
  /** Groups of files that import each other. */
  readonly circles: number;
  readonly unusedExports: number;
  /** What `exports` of package.json lists. */
  readonly publicEntries: number;
  /** Of the packages that `npm install --omit=dev switcharoo` brings, in megabytes on disk. */
  readonly productionMB: number;
  /** How many of them have a script that runs on install. */
  readonly installScripts: number;
}

export function figuresOf(tree: Tree): Figures {
  const sources = sourcesOf(tree);
  const fileLines = sources.map(([, text]) => text.split('\n').length - 1);
  const functionLines = sources
    .flatMap(([file, text]) => functionsIn(file, text))
    .map(({lines}) => lines)
    .sort((first, second) => first - second);
  const installed = productionPackages();
  return {
    files: sources.length,
    lines: fileLines.reduce((sum, lines) => sum + lines, 0),
    maxFile: Math.max(...fileLines),
    functionP99: functionLines[Math.floor(functionLines.length * 0.99)] ?? 0,
    functionMax: functionLines.at(-1) ?? 0,
    circles: circlesIn(tree).length,
    unusedExports: unusedExportsIn(tree).length,
    publicEntries: Object.keys(manifestOf(root).exports ?? {}).length,
    productionMB: Math.round(installed.reduce((sum, {bytes}) => sum + bytes, 0) / 1_000_000),
    installScripts: installed.filter(({hasInstallScript}) => hasInstallScript).length,
  };
}

interface Installed {
  readonly folder: string;
  readonly bytes: number;
  readonly hasInstallScript: boolean;
}

interface Manifest {
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
}

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

/** The dependencies of the root package and theirs, as Node finds them: the nearest `node_modules` that has one. */
function productionPackages(): readonly Installed[] {
  const packages = new Map<string, Installed>();
  const open = [root];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const {dependencies = {}, optionalDependencies = {}} = manifestOf(folder);
    for (const name of Object.keys({...dependencies, ...optionalDependencies})) {
      const place = placeOf(name, folder);
      if (place !== undefined && !packages.has(place)) {
        packages.set(place, installedAt(place));
        open.push(place);
      }
    }
  }
  return [...packages.values()];
}

function placeOf(name: string, folder: string): string | undefined {
  const place = join(folder, 'node_modules', name);
  if (statSync(join(place, 'package.json'), {throwIfNoEntry: false})) {
    return place;
  }
  return dirname(folder) === folder ? undefined : placeOf(name, dirname(folder));
}

function installedAt(folder: string): Installed {
  const {scripts = {}} = manifestOf(folder);
  const builds = statSync(join(folder, 'binding.gyp'), {throwIfNoEntry: false}) !== undefined;
  const files = readdirSync(folder, {recursive: true, withFileTypes: true}).filter(
    (entry) =>
      entry.isFile() && !entry.parentPath.slice(folder.length).split('/').includes('node_modules'),
  );
  return {
    folder,
    bytes: files.reduce((sum, {parentPath, name}) => sum + onDisk(join(parentPath, name)), 0),
    // npm runs node-gyp for a package with a binding.gyp that names no script of its own.
    hasInstallScript:
      builds || ['preinstall', 'install', 'postinstall'].some((event) => event in scripts),
  };
}

/** Files take whole blocks; `stat` counts in blocks of 512 bytes (POSIX). */
const onDisk = (file: string): number => statSync(file).blocks * 512;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const figures = figuresOf(readTree());
  process.stdout.write(
    process.argv.includes('--json')
      ? `${JSON.stringify(figures)}\n`
      : Object.entries(figures)
          .map(([name, value]) => `${name.padEnd(16)}${value}\n`)
          .join(''),
  );
}
