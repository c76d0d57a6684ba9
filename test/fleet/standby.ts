import {type ChildProcess, execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {appendFileSync, chownSync, mkdtempSync, rmSync} from 'node:fs';
import {type AddressInfo, connect, createServer, type Socket} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {Client} from 'pg';
import {postgresPrograms} from '../../src/fleet/postgres-programs.ts';
import {endWithTest} from '../end-with-test.ts';
import {freePort} from '../lab/mysql/databases.ts';

/** A primary server and its streaming standby, behind one address that leads to the primary. */
export interface StandbyPair {
  /** Leads to the primary; to nobody after its end. */
  readonly url: string;
  readonly standbyUrl: string;
  /** The standby gets nothing more, and the primary does not wait for it. */
  detach(): Promise<void>;
  /** As if the machine of the primary had died. */
  killPrimary(): Promise<void>;
  /** `url` leads to it from then on. */
  promote(): Promise<void>;
  /** Whatever that one is now. */
  leadTo(server: 'primary' | 'standby'): void;
  clear(): Promise<void>;
}

/** It refuses to run as root. */
const isRoot = process.getuid?.() === 0;
const [program = '', ...before] = isRoot
  ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'env']
  : ['env'];

/** `isSynchronous`: the primary confirms nothing that the standby does not have. */
export async function openStandbyPair({
  isSynchronous,
}: {
  isSynchronous: boolean;
}): Promise<StandbyPair> {
  const folder = mkdtempSync(join(tmpdir(), 'switcharoo-standby-'));
  const servers: ChildProcess[] = [];
  const cable = await openCable();
  const clear = async () => {
    cable.close();
    for (const server of servers) {
      await end(server);
    }
    rmSync(folder, {recursive: true, force: true});
  };
  const start = async (name: string, ...settings: readonly string[]) => {
    const port = await freePort();
    const postgres = join(postgresPrograms(), 'postgres');
    const words = [postgres, '-D', join(folder, name), '-p', `${port}`, '-F', ...settings];
    const server = spawn(program, [...before, ...words], {cwd: '/', stdio: 'ignore'});
    endWithTest(server);
    servers.push(server);
    await answering(port);
    return {port, server};
  };
  try {
    ownFolder(folder);
    asUser(join(postgresPrograms(), 'initdb'), '-D', join(folder, 'primary'), ...initialized);
    // As pg_basebackup makes it, which not every installation has.
    asUser('cp', '-a', join(folder, 'primary'), join(folder, 'standby'));
    asUser('touch', join(folder, 'standby', 'standby.signal'));
    const own = ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='];
    const primary = await start('primary', ...own);
    const from = `primary_conninfo = 'host=127.0.0.1 port=${primary.port} user=postgres'\n`;
    appendFileSync(join(folder, 'standby', 'postgresql.auto.conf'), from);
    const standby = await start('standby', ...own);
    const primaryAsked = (text: string) => asked(primary.port, text);
    const streams = async () => (await primaryAsked('SELECT FROM pg_stat_replication')) === 1;
    await until(streams);
    if (isSynchronous) {
      await primaryAsked("ALTER SYSTEM SET synchronous_standby_names = '*'");
      await primaryAsked('SELECT pg_reload_conf()');
    }
    cable.leadTo(primary.port);
    return {
      url: urlAt(cable.port),
      standbyUrl: urlAt(standby.port),
      detach: async () => {
        await asked(standby.port, "ALTER SYSTEM SET primary_conninfo = ''");
        await asked(standby.port, 'SELECT pg_reload_conf()');
        await until(async () => !(await streams()));
      },
      killPrimary: async () => {
        cable.leadTo(undefined);
        primary.server.kill('SIGKILL');
        await once(primary.server, 'exit');
      },
      promote: async () => {
        await asked(standby.port, 'SELECT pg_promote()');
        cable.leadTo(standby.port);
      },
      leadTo: (name) => cable.leadTo({primary, standby}[name].port),
      clear,
    };
  } catch (error) {
    await clear();
    throw error;
  }
}

const urlAt = (port: number) => `postgres://postgres@127.0.0.1:${port}/postgres`;

const initialized = ['-U', 'postgres', '-A', 'trust', '-N', '--locale=C', '-E', 'UTF8'];

const asUser = (...words: readonly string[]) =>
  execFileSync(program, [...before, ...words], {cwd: '/', stdio: 'pipe'});

function ownFolder(folder: string): void {
  if (isRoot) {
    chownSync(folder, 65_534, 65_534);
  }
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode === null && server.signalCode === null) {
    server.kill('SIGQUIT');
    await once(server, 'exit');
  }
}

/** The number of rows. */
async function asked(port: number, text: string): Promise<number> {
  const client = new Client({connectionString: urlAt(port)});
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text)).rowCount ?? 0;
  } finally {
    await client.end();
  }
}

const answering = (port: number) =>
  until(() =>
    asked(port, 'SELECT').then(
      () => true,
      () => false,
    ),
  );

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) {
    await sleep(50);
  }
}

/** One address, as of a proxy in front of both servers. */
async function openCable() {
  let target: number | undefined;
  const sockets = new Set<Socket>();
  const cable = createServer((client) => {
    if (target === undefined) {
      client.destroy();
      return;
    }
    const behind = connect(target, '127.0.0.1');
    for (const [from, to] of [
      [client, behind],
      [behind, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => {});
      from.once('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  await once(cable.listen(0, '127.0.0.1'), 'listening');
  const cut = () => {
    for (const socket of sockets) {
      socket.destroy();
    }
  };
  return {
    port: (cable.address() as AddressInfo).port,
    leadTo: (port: number | undefined) => {
      target = port;
      cut();
    },
    close: () => {
      cable.close();
      cut();
    },
  };
}
