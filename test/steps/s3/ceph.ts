import {type ChildProcess, execFile, spawn} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import {once} from 'node:events';
import {accessSync, constants, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {promisify} from 'node:util';
import {endWithTest} from '../../end-with-test.ts';

const programs = ['ceph', 'ceph-mon', 'ceph-osd', 'monmaptool', 'radosgw', 'radosgw-admin'];
export const hasCeph = programs.every((program) => {
  try {
    accessSync(`/usr/bin/${program}`, constants.X_OK);
    return true;
  } catch {
    return false;
  }
});
if (!hasCeph) {
  console.warn(
    'No Ceph here (scripts/ceph installs it): the tests of a shared journal on it are skipped.',
  );
}

export interface Ceph {
  readonly endpoint: string;
  readonly credentials: {readonly accessKeyId: string; readonly secretAccessKey: string};
  stop(): Promise<void>;
}

const run = promisify(execFile);
const keys = {accessKeyId: 'CEPH', secretAccessKey: 'ceph-secret'};

/** The S3 of a Ceph of one machine: a monitor, an OSD that keeps its objects in memory, and a gateway. */
export async function startCeph(): Promise<Ceph> {
  const folder = mkdtempSync(join(tmpdir(), 'switcharoo-ceph-'));
  const started: ChildProcess[] = [];
  const stop = async () => {
    for (const child of started.reverse().filter(({exitCode}) => exitCode === null)) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(folder, {recursive: true, force: true});
  };
  const conf = join(folder, 'ceph.conf');
  const daemon = (program: string, ...words: readonly string[]) => {
    const child = spawn(program, ['-c', conf, '-f', ...words], {stdio: 'ignore'});
    endWithTest(child);
    started.push(child);
  };
  try {
    const [monitor, gateway] = await freePorts(2);
    const fsid = randomUUID();
    writeFileSync(conf, settings({folder, fsid, monitor, gateway}));
    for (const part of ['mon', 'osd', 'rgw']) {
      mkdirSync(join(folder, part));
    }
    const map = join(folder, 'monmap');
    const address = `[v2:127.0.0.1:${monitor}]`;
    await run('monmaptool', ['--create', '--fsid', fsid, '--addv', 'a', address, map]);
    await run('ceph-mon', ['-c', conf, '-i', 'a', '--mkfs', '--monmap', map]);
    daemon('ceph-mon', '-i', 'a');
    const disk = randomUUID();
    await run('ceph', ['-c', conf, 'osd', 'new', disk]);
    await run('ceph-osd', ['-c', conf, '-i', '0', '--mkfs', '--osd-uuid', disk]);
    daemon('ceph-osd', '-i', '0');
    daemon('radosgw', '-n', 'client.rgw');
    const endpoint = `http://127.0.0.1:${gateway}`;
    await answering(endpoint);
    const user = ['user', 'create', '--uid=ada', '--display-name=Ada'];
    const secrets = [`--access-key=${keys.accessKeyId}`, `--secret-key=${keys.secretAccessKey}`];
    await run('radosgw-admin', ['-c', conf, ...user, ...secrets]);
    return {endpoint, credentials: keys, stop};
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Parts {
  readonly folder: string;
  readonly fsid: string;
  readonly monitor: number | undefined;
  readonly gateway: number | undefined;
}

/** A gateway wants encryption on its way to the monitor, and a Ceph without keys has none: `ms mon client mode`. */
const settings = ({folder, fsid, monitor, gateway}: Parts): string => `[global]
fsid = ${fsid}
mon host = [v2:127.0.0.1:${monitor}]
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
public addr = 127.0.0.1
cluster addr = 127.0.0.1
run dir = ${folder}
crash dir = ${folder}
admin socket =
pid file =
log file = ${folder}/$name.log
mon cluster log file = ${folder}/cluster.log
mon data = ${folder}/mon
osd data = ${folder}/osd
rgw data = ${folder}/rgw
keyring = /dev/null
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon max pg per osd = 1000
paxos propose interval = 0.02
paxos min wait = 0.01
osd objectstore = memstore
memstore device bytes = 268435456
rgw frontends = beast endpoint=127.0.0.1:${gateway}
rgw thread pool size = 16
`;

async function answering(endpoint: string): Promise<void> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const answer = await fetch(endpoint).catch(() => undefined);
    if (answer?.ok) {
      return;
    }
    await sleep(100);
  }
  throw new Error(`${endpoint} does not answer`);
}

/** Held at once, so that each is another one. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({length: count}, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address ? address.port : 0;
  });
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
