import {type ChildProcess, execFileSync, spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {Client} from 'pg';
import {postgresPrograms} from '../../src/fleet/postgres-programs.ts';
import {endWithTest} from '../end-with-test.ts';

/** A host of a runner: a network and a name of its own. PostgreSQL is at the other end of its only cable. */
export interface CutHost {
  readonly url: string;
  /** What starts a program there, before the program. */
  readonly within: readonly string[];
  /** Nothing passes any more, and nobody is told: packets are lost, connections stay open at both ends. */
  cut(): void;
  join(): void;
}

/** PostgreSQL in a network of its own, and hosts that reach it over one cable each. */
export interface CutNetwork {
  /** For this process: by a socket file, which no cut concerns. */
  readonly url: string;
  readonly hosts: readonly CutHost[];
  clear(): Promise<void>;
}

/** Why this machine cannot have one. */
export function whyNoNetwork(): string | undefined {
  if (process.getuid?.() !== 0) {
    return 'network namespaces need root';
  }
  const words = ['-n', '-u', 'sh', '-c', 'ip link add one type veth peer name two && setpriv -h'];
  const {status, stderr, error} = spawnSync('unshare', words, {encoding: 'utf8'});
  return status === 0 ? undefined : `no network namespaces: ${stderr?.trim() || error?.message}`;
}

const port = 5_432; // in a network of its own
/** It refuses to run as root. */
const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
const longMs = 30_000;

export async function openCutNetwork(hosts: number): Promise<CutNetwork> {
  const folder = mkdtempSync(join(tmpdir(), 'switcharoo-network-'));
  const processes: ChildProcess[] = [];
  const clear = async (): Promise<void> => {
    for (const child of processes) {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
    }
    rmSync(folder, {recursive: true, force: true, maxRetries: 20, retryDelay: 100});
  };
  try {
    const server = await startServer(folder);
    processes.push(server);
    const made: CutHost[] = [];
    for (let at = 0; at < hosts; at += 1) {
      const name = `${processes.length}`;
      const script = `hostname runner-${name}; ip link set lo up; exec sleep infinity`;
      const host = await inNetwork(['-u', 'sh', '-ec', script]);
      processes.push(host);
      made.push(plugIn(at, server.pid ?? 0, host.pid ?? 0));
    }
    const url = `postgres://postgres@localhost:${port}/postgres?host=${encodeURIComponent(folder)}`;
    await answering(url);
    return {url, hosts: made, clear};
  } catch (error) {
    await clear();
    throw error;
  }
}

function startServer(folder: string): Promise<ChildProcess> {
  chmodSync(folder, 0o755);
  const data = join(folder, 'data');
  mkdirSync(data);
  for (const path of [folder, data]) {
    chownSync(path, 65_534, 65_534);
  }
  const initdb = [join(postgresPrograms(), 'initdb'), '-D', data, '-U', 'postgres', '-A', 'trust'];
  const [setpriv = '', ...words] = [...asNobody, ...initdb, '--locale=C', '-E', 'UTF8', '-N'];
  execFileSync(setpriv, words, {cwd: '/', stdio: 'pipe'});
  appendFileSync(join(data, 'pg_hba.conf'), 'host all all 10.99.0.0/16 trust\n');
  const postgres = [
    ...[...asNobody, join(postgresPrograms(), 'postgres'), '-D', data, '-p', `${port}`],
    ...['-c', 'listen_addresses=*', '-c', `unix_socket_directories=${folder}`],
  ].map((word) => `"${word}"`);
  return inNetwork(['sh', '-ec', `ip link set lo up; exec ${postgres.join(' ')}`]);
}

/** As soon as it has a network of its own. */
async function inNetwork(words: readonly string[]): Promise<ChildProcess> {
  const child = spawn('unshare', ['-n', ...words], {cwd: '/', stdio: 'ignore'});
  endWithTest(child);
  const networkOf = (pid: string) => readlinkSync(`/proc/${pid}/ns/net`);
  await until(() => child.exitCode !== null || networkOf(`${child.pid}`) !== networkOf('self'));
  return child;
}

function plugIn(at: number, server: number, host: number): CutHost {
  const here = (pid: number) => ['-t', `${pid}`, '-n', 'sh', '-ec'];
  const address = `10.99.${at}`;
  execFileSync('nsenter', [
    ...here(server),
    `ip link add r${at} type veth peer name eth0 netns ${host}
     ip addr add ${address}.1/30 dev r${at}
     ip link set r${at} up`,
  ]);
  execFileSync('nsenter', [
    ...here(host),
    `ip addr add ${address}.2/30 dev eth0
     ip link set eth0 up`,
  ]);
  const set = (state: 'up' | 'down') =>
    execFileSync('nsenter', [...here(server), `ip link set r${at} ${state}`]);
  return {
    url: `postgres://postgres@${address}.1:${port}/postgres`,
    within: ['nsenter', '-t', `${host}`, '-n', '-u'],
    cut: () => void set('down'),
    join: () => void set('up'),
  };
}

async function answering(url: string): Promise<void> {
  await until(async () => {
    const client = new Client({connectionString: url});
    client.on('error', () => {});
    try {
      await client.connect();
      return true;
    } catch {
      return false;
    } finally {
      await client.end().catch(() => {});
    }
  });
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const limitMs = performance.now() + longMs;
  while (!(await isSo())) {
    if (performance.now() > limitMs) {
      throw new Error('The network of the test does not come up.');
    }
    await sleep(50);
  }
}
