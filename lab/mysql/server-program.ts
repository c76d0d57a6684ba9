import {execFile} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import {constants} from 'node:fs';
import {access, cp, mkdir, readFile, realpath, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {promisify} from 'node:util';
import {SwitcharooError} from 'switcharoo';

/** A database server that the lab can start, and how to make a data folder for it. */
export interface ServerProgram {
  readonly command: string;
  readonly brand: Brand;
  /** Where it finds its own files; begins every command line. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Fills a folder that does not exist yet with an empty server: `root` has no password. */
  makeDataFolder(folder: string): Promise<void>;
}

/** Servers that are set up alike: MySQL 5.6, MySQL from 8.4 on, MariaDB from 10.4 on. */
export type Brand = 'mysql-5.6' | 'mysql' | 'mariadb';

/** The npm package brings a mysqld, the one library it needs, and the data folder of an empty server. */
export function packagedServer(folder: string): ServerProgram {
  return {
    command: join(folder, 'mysqld'),
    brand: 'mysql-5.6',
    args: ['--no-defaults', `--lc-messages-dir=${join(folder, 'share')}`],
    env: {LD_LIBRARY_PATH: folder},
    makeDataFolder: (data) => copyDataFolder(join(folder, 'data', 'mysql'), data),
  };
}

/** What a program says that it is. */
export interface Identity {
  readonly command: string;
  readonly version: string;
  /** `null` for one that the lab cannot start. */
  readonly brand: Brand | null;
}

export async function identify(command: string): Promise<Identity> {
  const version = await versionOf(command);
  return {command, version, brand: brandOf(version)};
}

/** A server as a distribution installs it, or as scripts/mysql-current unpacks it. */
export async function installedServer({command, version, brand}: Identity): Promise<ServerProgram> {
  if (brand === 'mysql') {
    return initializing(command);
  }
  const share = await shareOf(command);
  if (!brand || !share) {
    throw new SwitcharooError(unknownServer(command, version));
  }
  return bootstrapped({command, brand}, share);
}

/** What `--version` says: `mysqld  Ver 5.6.24`, `mariadbd  Ver 10.11.19-MariaDB-…`. */
function brandOf(version: string): Brand | null {
  const [, major = '', minor = ''] = /Ver (\d+)\.(\d+)/.exec(version) ?? [];
  const number = Number(major) + Number(minor) / 100;
  if (/mariadb/i.test(version)) {
    return number >= 10.04 ? 'mariadb' : null;
  }
  return number === 5.06 ? 'mysql-5.6' : number >= 8.04 ? 'mysql' : null;
}

/** It makes its own data folder; where an empty one lies beside the program, a copy is much faster. */
function initializing(command: string): ServerProgram {
  // With --no-defaults it would not read what SET PERSIST kept either.
  const args = ['--defaults-file=/dev/null'];
  const empty = join(dirname(command), '..', 'empty-data');
  return {
    command,
    brand: 'mysql',
    args,
    env: {},
    makeDataFolder: async (data) => {
      if (await isThere(empty, constants.R_OK)) {
        return await copyDataFolder(empty, data);
      }
      await run(command, [...args, ...argsForRoot(), '--initialize-insecure', `--datadir=${data}`]);
    },
  };
}

/** An older one's data folder is made from the SQL that comes with it. */
function bootstrapped(
  says: Pick<ServerProgram, 'command' | 'brand'>,
  share: string,
): ServerProgram {
  const {command} = says;
  const args = ['--no-defaults', `--lc-messages-dir=${share}`];
  return {
    ...says,
    args,
    env: {},
    makeDataFolder: async (data) => {
      await mkdir(join(data, 'mysql'), {recursive: true, mode: 0o700});
      const bootstrapping = run(command, [
        ...args,
        ...argsForRoot(),
        '--bootstrap',
        `--datadir=${data}`,
        // A server that starts clears temporary tables away, also those of another one that has the same folder for
        // them.
        `--tmpdir=${data}`,
        '--innodb-log-file-size=4M',
      ]);
      bootstrapping.child.stdin?.end(await systemTables(share));
      await bootstrapping;
    },
  };
}

async function copyDataFolder(from: string, to: string): Promise<void> {
  await cp(from, to, {recursive: true});
  // Two servers with one server_uuid refuse to replicate (errno 1593), and MySQL 5.6 gave two that were first started
  // in
  // the same moment the same one.
  await writeFile(join(to, 'auto.cnf'), `[auto]\nserver-uuid=${randomUUID()}\n`);
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

export async function isThere(file: string, mode: number): Promise<boolean> {
  return access(file, mode).then(
    () => true,
    () => false,
  );
}

const run = promisify(execFile);

const unknownServer = (command: string, version: string) => ({
  code: 'lab-server-unsupported',
  message: `The lab cannot start ${command}, which reports: ${version}.`,
  hint: 'The lab supports MySQL 5.6, MySQL from 8.4 on, and MariaDB from 10.4 on; set SWITCHAROO_MYSQLD to one of them, or unset it.',
});

const deafServer = (command: string) => ({
  code: 'lab-server-unsupported',
  message: `${command} does not answer --version, so the lab cannot start it.`,
  hint: 'Set SWITCHAROO_MYSQLD to the path of a mysqld, or unset it to use the npm package.',
});
