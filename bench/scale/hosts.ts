import {execFileSync, spawn} from 'node:child_process';
import {mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {hostGroup} from '../../steps/hosts/target.ts';
import {benchFolder, endWithBench} from '../folder.ts';
import {figure, row, say} from './child.ts';
import {freePort} from './port.ts';

/** One sshd stands for all of them, so what it takes to log in is divided by nobody: real hosts are faster. */
export async function benchHosts(counts: readonly number[]): Promise<void> {
  say('\nHosts behind one OpenSSH server on this machine\n');
  row(['hosts', 'log in s', 'a look s', 'processes s']);
  const folder = benchFolder('scale-');
  const port = await freePort();
  const server = startServer(folder, port);
  try {
    await untilListening(port);
    for (const count of counts) {
      row([count, ...(await measured(folder, port, count)).map(figure)]);
    }
  } finally {
    server.kill();
    rmSync(folder, {recursive: true, force: true});
  }
}

async function measured(folder: string, port: number, count: number): Promise<readonly number[]> {
  const {signal} = new AbortController();
  const hosts = Array.from({length: count}, (_, at) => ({
    ...{name: `web${at + 1}`, address: `127.77.9.${at + 1}`, port, user: 'root', root: ''},
    ...{identityFile: join(folder, 'user'), knownHostsFile: join(folder, 'known_hosts')},
  }));
  const session = await hostGroup.open({hosts}, {name: 'webHosts', signal});
  try {
    const times: number[] = [];
    const timed = async (work: () => Promise<unknown>) => {
      const began = performance.now();
      await work();
      times.push((performance.now() - began) / 1_000);
    };
    const ping = () => hostGroup.ping?.send(session.reader, signal) ?? Promise.resolve();
    await timed(ping);
    await timed(ping);
    await timed(() => Promise.all(session.reader.hosts.map((host) => host.processes(signal))));
    return times;
  } finally {
    await session.close();
  }
}

function startServer(folder: string, port: number) {
  // The folder of its unprivileged part, which the system makes when its own server starts.
  mkdirSync('/run/sshd', {recursive: true});
  for (const name of ['host', 'user']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
  }
  const key = readFileSync(join(folder, 'host.pub'), 'utf8').trim();
  writeFileSync(join(folder, 'known_hosts'), `[127.77.9.*]:${port} ${key}\n`);
  writeFileSync(
    join(folder, 'config'),
    [
      `Port ${port}`,
      'ListenAddress 0.0.0.0',
      'AllowUsers root@127.*',
      `HostKey ${join(folder, 'host')}`,
      `AuthorizedKeysFile ${join(folder, 'user.pub')}`,
      'PasswordAuthentication no',
      'PermitRootLogin prohibit-password',
      'StrictModes no',
      'UsePAM no',
      'PidFile none',
      // It stands for many servers, of which each would have one client.
      'MaxStartups 1000',
      'MaxSessions 100',
    ].join('\n'),
  );
  const words = ['-D', '-e', '-f', join(folder, 'config')];
  const server = spawn('/usr/sbin/sshd', words, {stdio: 'ignore'});
  endWithBench(folder, server);
  return server;
}

async function untilListening(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    try {
      execFileSync('ssh-keyscan', ['-p', String(port), '127.0.0.1'], {stdio: 'ignore'});
      return;
    } catch {
      await sleep(100);
    }
  }
}
