import {readFileSync} from 'node:fs';
import {rm} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import mysql from 'mysql2/promise';
import {SwitcharooError} from 'switcharoo';
import type {LabProcess, Processes} from '../processes.ts';
import {argsForRoot, type Brand, type ServerProgram} from './server-program.ts';
import {settingsOf} from './server-settings.ts';

type Row = Readonly<Record<string, unknown>>;

/** One running database server of the lab. */
export interface LabDatabase {
  readonly name: string;
  readonly brand: Brand;
  readonly port: number;
  readonly socket: string;
  /** The process as it is now: another one after `restart`. */
  readonly process: LabProcess;
  /** Runs a statement as root over the socket; gives the rows of its first result set. */
  query(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** Several statements in one session over the socket, as root or as an account without a password. */
  session<Result>(
    work: (connection: mysql.Connection) => Promise<Result>,
    user?: string,
  ): Promise<Result>;
  /** SIGKILL: a crash. */
  kill(): Promise<void>;
  /**
   * Starts again on the same data, after a clean stop if it still runs. Global settings are lost, as on any server;
   * `settings` hold from now until the next restart.
   */
  restart(settings?: readonly string[]): Promise<void>;
  /** A clean shutdown. */
  stop(): Promise<void>;
  /** SIGSTOP: the server hangs, and its connections stay open. */
  pause(): Promise<void>;
  resume(): void;
}

interface ServerOptions {
  readonly name: string;
  readonly directory: string;
  readonly processes: Processes;
  readonly program: ServerProgram;
  readonly port: number;
  readonly serverId: number;
  /** The base name of its binary logs. */
  readonly logName: string;
  readonly rootPassword: string;
  readonly settings?: readonly string[];
}

/** Starts one server on a fresh data folder, reachable over loopback and a socket, and waits until it answers. */
export async function startServer(options: ServerOptions): Promise<LabDatabase> {
  const {name, directory, port, program} = options;
  const data = join(directory, name);
  const socket = socketIn(directory, name);
  let running = await firstStart(options, data, socket);
  try {
    await setRootPassword(program.brand, socket, options.rootPassword);
  } catch (cause) {
    running.kill('SIGKILL');
    throw cause;
  }
  const root = {socket, password: options.rootPassword};

  const database: LabDatabase = {
    name,
    brand: program.brand,
    port,
    socket,
    get process() {
      return running;
    },
    query: (sql, values = []) =>
      asRoot(root, async (connection) => {
        const [result] = await connection.query({sql, timeout: queryTimeoutMs}, [...values]);
        return rowsOf(result);
      }),
    session: (work, user) => asRoot(user === undefined ? root : {socket, user, password: ''}, work),
    kill: async () => {
      running.kill('SIGKILL');
      await running.exited;
    },
    restart: async (settings = []) => {
      await database.stop();
      // A killed server leaves its socket behind, and a client that finds it is refused instead of waiting.
      await rm(socket, {force: true});
      const all = [...(options.settings ?? []), ...settings];
      running = launch({...options, settings: all}, data, socket);
      await untilAnswering(running, root);
    },
    stop: async () => {
      running.kill('SIGCONT');
      await running.stop(stopTimeoutMs);
    },
    pause: () => pause(running),
    resume: () => running.kill('SIGCONT'),
  };
  return database;
}

const queryTimeoutMs = 20_000;
const startTimeoutMs = 30_000;
const stopTimeoutMs = 10_000;
const longestSocketPath = 107;

// The kernel keeps a socket's path in 108 bytes (unix(7)), and mysqld refuses to start with a longer one.
function socketIn(directory: string, name: string): string {
  const socket = join(directory, `${name}.sock`);
  if (Buffer.byteLength(socket) > longestSocketPath) {
    throw new SwitcharooError({
      code: 'lab-path-too-long',
      message: `The lab's folder ${directory} is too long for a socket: ${Buffer.byteLength(socket)} bytes, and ${longestSocketPath} are allowed.`,
      hint: 'Set TMPDIR to a folder with a short path, such as /tmp, and start the lab again.',
    });
  }
  return socket;
}

/** Somebody may have its port for a moment: what ended instead of starting is started again, on a fresh folder. */
async function firstStart(
  options: ServerOptions,
  data: string,
  socket: string,
): Promise<LabProcess> {
  const {directory, program} = options;
  for (let tries = 1; ; tries += 1) {
    await program.makeDataFolder(data);
    const running = launch(options, data, socket);
    let hasEnded = false;
    void running.exited.then(() => {
      hasEnded = true;
    });
    try {
      await untilAnswering(running, {socket, password: ''});
      return running;
    } catch (cause) {
      if (tries === mostStarts || !hasEnded) {
        throw withLog(cause, join(directory, `${running.name}.log`));
      }
      await rm(data, {recursive: true, force: true});
      await sleep(tries * 400);
    }
  }
}

const mostStarts = 3;

/** The folder of a test is gone when somebody wants to read the log in it. */
function withLog(cause: unknown, file: string): unknown {
  if (!(cause instanceof SwitcharooError)) {
    return cause;
  }
  const errors = readFileSync(file, 'utf8').match(/(?<=\[ERROR\] ).*/g) ?? [];
  const {problem} = cause;
  const message = [problem.message, ...new Set(errors.slice(0, 3))].join(' ');
  return new SwitcharooError({...problem, message}, {cause});
}

function launch(options: ServerOptions, data: string, socket: string): LabProcess {
  const {name, processes, program} = options;
  const args = [
    ...program.args,
    ...argsForRoot(),
    `--datadir=${data}`,
    `--tmpdir=${data}`,
    `--socket=${socket}`,
    '--bind-address=127.0.0.1',
    `--port=${options.port}`,
    ...settingsOf(program.brand, options),
    ...(options.settings ?? []),
  ];
  return processes.spawn(`mysqld-${name}`, program.command, args, {env: program.env, cwd: data});
}

async function pause(running: LabProcess): Promise<void> {
  running.kill('SIGSTOP');
  // The signal is delivered some time later, and until then the server still answers.
  for (let looks = 0; running.running() && looks < 500 && !isStopped(running.pid); looks += 1) {
    await sleep(2);
  }
}

function isStopped(pid: number): boolean {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The state is the field after the command's name, which is in parentheses (proc(5)).
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
}

interface Root {
  readonly socket: string;
  readonly user?: string;
  readonly password: string;
}

async function untilAnswering(running: LabProcess, root: Root): Promise<void> {
  const giveUpAt = Date.now() + startTimeoutMs;
  while (Date.now() < giveUpAt && running.running()) {
    const answered = await asRoot(root, (connection) => connection.ping()).then(
      () => true,
      () => false,
    );
    if (answered) {
      return;
    }
    await sleep(20);
  }
  const ended = running.running() ? `does not answer after ${startTimeoutMs / 1000} s` : 'ended';
  running.kill('SIGKILL');
  throw new SwitcharooError({
    code: 'lab-server-not-started',
    message: `The lab's database server ${running.name} ${ended} instead of starting.`,
    hint: `Read the end of ${running.name}.log in the lab's folder.`,
  });
}

async function setRootPassword(brand: Brand, socket: string, password: string): Promise<void> {
  await asRoot({socket, password: ''}, async (connection) => {
    // What concerns one server's accounts must not reach its replicas.
    await connection.query('SET sql_log_bin = 0');
    if (brand === 'mysql-5.6') {
      // The template also has anonymous accounts, and root without a password from other hosts.
      await connection.query(
        "DELETE FROM mysql.user WHERE NOT (User = 'root' AND Host = 'localhost')",
      );
      await connection.query('DELETE FROM mysql.db');
      await connection.query('FLUSH PRIVILEGES');
      await connection.query('SET PASSWORD = PASSWORD(?)', [password]);
      return;
    }
    if (brand === 'mariadb') {
      await connection.query(
        "DELETE FROM mysql.global_priv WHERE User = 'root' AND Host <> 'localhost'",
      );
      await connection.query('FLUSH PRIVILEGES');
    }
    await connection.query('ALTER USER root@localhost IDENTIFIED BY ?', [password]);
  });
}

async function asRoot<Result>(
  {socket, user = 'root', password}: Root,
  work: (connection: mysql.Connection) => Promise<Result>,
): Promise<Result> {
  const connection = await mysql.createConnection({
    socketPath: socket,
    user,
    password,
    connectTimeout: 5_000,
    supportBigNumbers: true,
    // As the server wrote them: a local clock that is put forward would change some.
    dateStrings: true,
  });
  // A connection that its server drops also raises an event, which nobody else listens for.
  connection.on('error', () => {});
  try {
    return await work(connection);
  } finally {
    connection.destroy();
  }
}

/** A procedure answers with several result sets and a header; another write with a header alone. */
function rowsOf(result: unknown): readonly Row[] {
  if (!Array.isArray(result)) {
    return [];
  }
  return Array.isArray(result[0]) ? result[0] : result;
}
