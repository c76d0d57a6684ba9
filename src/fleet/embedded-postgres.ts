import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import {createServer} from 'node:net';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {Client} from 'pg';
import {SwitcharooError} from '../model/problem.ts';
import {folderNotEntered, postgresNotStarted} from './engine-problems.ts';
import {postgresPrograms} from './postgres-programs.ts';

/** The PostgreSQL of a state folder. The first process that needs it starts it; the last one to use it stops it. */
export interface OwnServer {
  readonly url: string;
  /** This process no longer needs it. Stops it when no other process uses it. */
  leave(): Promise<void>;
}

const startLimitMs = 60_000;
/** Each process that uses the server holds this lock, shared; a process that gets it alone may stop the server. */
const usersLock = 7_142_001;

export async function useOwnServer(stateFolder: string): Promise<OwnServer> {
  const place = placeIn(stateFolder);
  const startedMs = performance.now();
  let child: ChildProcess | undefined;
  for (;;) {
    initialize(place);
    const client = await clientOf(place);
    if (client) {
      return {url: urlOf(place, client.port), leave: () => leave(place, client)};
    }
    if (!runningIn(place) && (child === undefined || child.exitCode !== null)) {
      child = await start(place);
    }
    if (performance.now() - startedMs > startLimitMs) {
      throw new SwitcharooError(postgresNotStarted(place.log, lastLines(place.log)));
    }
    await sleep(50);
  }
}

interface Place {
  readonly folder: string;
  readonly data: string;
  readonly log: string;
  /** The user that the server runs as, where this process is root. */
  readonly user?: {readonly uid: number; readonly gid: number};
}

function placeIn(stateFolder: string): Place {
  const folder = join(stateFolder, 'fleet-postgres');
  mkdirSync(folder, {recursive: true, mode: 0o700});
  const user = process.getuid?.() === 0 ? userBelowRoot(stateFolder, folder) : undefined;
  return {
    folder,
    data: join(folder, 'data'),
    log: join(folder, 'log'),
    ...(user ? {user} : {}),
  };
}

/** PostgreSQL refuses to run as root. The other user may enter the two folders, and list neither. */
function userBelowRoot(stateFolder: string, folder: string) {
  const [name, id] = ['postgres', 'nobody']
    .map((user) => [user, idOf(user, '-u')] as const)
    .find(([, number]) => number !== undefined) ?? ['nobody', 65_534];
  const user = {uid: id ?? 65_534, gid: idOf(name, '-g') ?? 65_534};
  for (const path of [stateFolder, folder]) {
    chmodSync(path, (statSync(path).mode & 0o777) | 0o011);
  }
  const {status} = spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], {...user, cwd: '/'});
  if (status !== 0) {
    throw new SwitcharooError(folderNotEntered(folder, name));
  }
  return user;
}

function idOf(user: string, which: '-u' | '-g'): number | undefined {
  const {status, stdout} = spawnSync('id', [which, user], {encoding: 'utf8'});
  return status === 0 ? Number(stdout) : undefined;
}

/** A process that dies half-way leaves a folder without meaning: the data has its name only when it is complete. */
function initialize(place: Place): void {
  if (existsSync(place.data)) {
    return;
  }
  const initdb = join(postgresPrograms(), 'initdb');
  const fresh = mkdtempSync(join(place.folder, 'new-'));
  const password = randomBytes(24).toString('base64url');
  const [data, file] = [join(fresh, 'data'), join(fresh, 'password')];
  writeFileSync(file, password, {mode: 0o600});
  if (place.user) {
    // The file first: once the folder is the other user's, what a path in it names is for that user to say.
    for (const path of [file, fresh]) {
      chownSync(path, place.user.uid, place.user.gid);
    }
  }
  const args = ['-D', data, '-U', superuser, '--auth=scram-sha-256', `--pwfile=${file}`];
  const {status, stderr, error} = spawnSync(
    initdb,
    [...args, '--encoding=UTF8', '--locale=C', '--no-instructions'],
    {...place.user, cwd: '/', encoding: 'utf8'},
  );
  try {
    if (status !== 0) {
      throw new SwitcharooError(postgresNotStarted(place.log, stderr.trim() || String(error)));
    }
    // Inside the data folder, both come into place at once: of two processes that do it, one is first.
    writeFileSync(join(data, passwordFile), password, {mode: 0o600, flag: 'wx'});
    renameSync(data, place.data);
  } catch (thrown) {
    if (!existsSync(place.data)) {
      throw thrown;
    }
  } finally {
    rmSync(fresh, {recursive: true, force: true});
  }
}

const superuser = 'switcharoo';
const passwordFile = 'switcharoo-password';

/** Connected, and counted as a user of the server; `undefined` while it does not answer. */
async function clientOf(place: Place): Promise<Client | undefined> {
  const running = runningIn(place);
  if (!running?.port) {
    return undefined;
  }
  const connectionString = urlOf(place, running.port);
  const client = new Client({connectionString, connectionTimeoutMillis: 5_000});
  client.on('error', () => {}); // the server ended: whoever asks it next is told
  try {
    await client.connect();
    // Waits while another process decides whether to stop the server, and fails when it does.
    await client.query('SELECT pg_advisory_lock_shared($1)', [usersLock]);
    return client;
  } catch {
    await client.end().catch(() => {});
    return undefined;
  }
}

async function leave(place: Place, client: Client): Promise<void> {
  try {
    await client.query('SELECT pg_advisory_unlock_shared($1)', [usersLock]);
    const {rows} = await client.query('SELECT pg_try_advisory_lock($1) AS alone', [usersLock]);
    const server = runningIn(place);
    if (rows[0]?.alone === true && server) {
      process.kill(server.pid, 'SIGINT'); // a fast shutdown: nobody else uses it
      await ended(server.pid);
    }
  } catch {
    // It is not running any more.
  } finally {
    await client.end().catch(() => {});
  }
}

async function ended(pid: number): Promise<void> {
  for (let left = 200; left > 0 && isAlive(pid); left -= 1) {
    await sleep(25);
  }
}

const urlOf = ({data}: Place, port: number): string =>
  `postgres://${superuser}:${readFileSync(join(data, passwordFile), 'utf8')}@127.0.0.1:${port}/postgres`;

/** A server that was killed gets the same port again: processes that used it reach it there. */
async function start(place: Place): Promise<ChildProcess> {
  const left = pidFileIn(place);
  if (left) {
    removeIfForeign(place, left);
  }
  const port = (left?.port && (await freePort(left.port))) || (await freePort(0));
  const log = openSync(place.log, 'a', 0o600);
  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    'unix_socket_directories=',
    'max_connections=200',
    'logging_collector=off',
  ].flatMap((setting) => ['-c', setting]);
  const major = readFileSync(join(place.data, 'PG_VERSION'), 'utf8').trim();
  const child = spawn(join(postgresPrograms(major), 'postgres'), ['-D', place.data, ...settings], {
    ...place.user,
    cwd: '/',
    detached: true,
    env: {PATH: process.env['PATH'] ?? '/usr/bin:/bin'},
    stdio: ['ignore', log, log],
  });
  child.on('error', () => {});
  child.unref();
  return child;
}

/** 0: one that the system chooses. Answers 0 when it is taken. */
const freePort = (port: number): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(0));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

interface PidFile {
  readonly pid: number;
  /** Known once it listens. */
  readonly port: number | undefined;
}

function pidFileIn({data}: Place): PidFile | undefined {
  const text = textOf(() => readFileSync(join(data, 'postmaster.pid'), 'utf8'));
  const [pid, , , port] = text?.split('\n') ?? [];
  return text === undefined ? undefined : {pid: Number(pid), port: Number(port) || undefined};
}

/** `undefined`: it is not there, or not for us to read. */
function textOf(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

const runningIn = (place: Place): PidFile | undefined => {
  const file = pidFileIn(place);
  return file && isServerOf(place, file.pid) ? file : undefined;
};

/** The file of a killed server may name another process by now: PostgreSQL would not start beside it. */
function removeIfForeign(place: Place, {pid}: PidFile): void {
  if (isAlive(pid) && !isServerOf(place, pid)) {
    rmSync(join(place.data, 'postmaster.pid'), {force: true});
  }
}

/** Whether it may be the server of this folder. Only one that names another folder, or is no server, is not. */
function isServerOf({data}: Place, pid: number): boolean {
  if (!isAlive(pid)) {
    return false;
  }
  const line = textOf(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  if (line === undefined) {
    const {stdout} = spawnSync('ps', ['-p', String(pid), '-o', 'comm='], {encoding: 'utf8'});
    return stdout?.includes('postgres') ?? true;
  }
  // A process that has ended, and that nobody has asked about, has none.
  const [program = '', flag, folder = ''] = line.split('\0');
  const real = (path: string) => textOf(() => realpathSync(path));
  return (
    program.endsWith('postgres') && flag === '-D' && [real(data), undefined].includes(real(folder))
  );
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) {
    return false;
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const lastLines = (log: string): string =>
  existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').slice(-3).join(' ') : 'none';
