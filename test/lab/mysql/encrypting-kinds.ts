import {execFileSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import type {ServerProgram} from '../../../lab/mysql/server-program.ts';
import {current, mariadb, type ServerKind} from './server-kinds.ts';

const where = (script: string): string =>
  execFileSync(join(import.meta.dirname, '..', '..', '..', 'scripts', script), ['--where'], {
    encoding: 'utf8',
  }).trim();

const plugins = where('mariadb-plugins');
const withKeyring = join(dirname(where('mysql-current')), 'mysqld-with-keyring');

const mariadbWithKeys: ServerKind = {
  name: mariadb.name,
  missing:
    mariadb.missing ??
    (existsSync(join(plugins, 'file_key_management.so')) ? null : 'run scripts/mariadb-plugins'),
  program: async () => {
    const program = await mariadb.program();
    return {
      ...withFile(program, 'keys', () => `1;${'0123456789abcdef'.repeat(2)}\n`),
      args: [
        ...program.args,
        `--plugin-dir=${plugins}`,
        '--plugin-load-add=file_key_management',
        // Its own folder is where it works.
        '--file-key-management-filename=keys',
      ],
    };
  },
};

const currentWithKeyring: ServerKind = {
  name: current.name,
  missing: current.missing ?? (existsSync(withKeyring) ? null : 'run scripts/mysql-current'),
  program: async () => {
    const program = {...(await current.program()), command: withKeyring};
    return withFile(program, 'component_keyring_file.cnf', (data) =>
      JSON.stringify({path: join(data, 'keyring'), read_only: false}),
    );
  },
};

/** Servers that can encrypt tables; MySQL 5.6 cannot. */
export const encryptingKinds: readonly ServerKind[] = [mariadbWithKeys, currentWithKeyring];

/** With a file of its own in each data folder. */
const withFile = (
  program: ServerProgram,
  name: string,
  content: (data: string) => string,
): ServerProgram => ({
  ...program,
  makeDataFolder: async (data) => {
    await program.makeDataFolder(data);
    await writeFile(join(data, name), content(data), {mode: 0o600});
  },
});
