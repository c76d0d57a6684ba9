import {spawnSync} from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest';
import type {LabHost} from '../../../lab/hosts/host.ts';
import {createLabKey} from '../../../lab/hosts/keys.ts';
import {SwitcharooError} from '../../../src/index.ts';
import {onEveryHost} from '../../../steps/hosts/group/per-host.ts';
import {sh} from '../../../steps/hosts/shell/quote.ts';
import {openShells, type Shell} from '../../../steps/hosts/shell/shell.ts';
import {hostGroup} from '../../../steps/hosts/target.ts';
import {startHosts, type TriedHosts} from '../../lab/hosts/lab-host.ts';

const signal = new AbortController().signal;

let tried: TriedHosts;
let web1: LabHost;
let shells: Awaited<ReturnType<typeof openShells>>;

beforeEach(async () => {
  tried = await startHosts({name: 'web1'}, {name: 'web2'});
  [web1] = tried.hosts as [LabHost, LabHost]; // Two were asked for.
  shells = await openShells(tried.hosts.map((host) => placeOf(host)));
});

afterEach(async () => {
  await shells.close();
  await tried.stop();
});

const placeOf = ({name, address, sshPort, user, root}: LabHost, more = {}) => ({
  ...{name, address, port: sshPort, user, root},
  ...{identityFile: tried.identityFile, knownHostsFile: tried.knownHostsFile, ...more},
});
const shell = (index = 0) => shells.shells[index] as Shell; // There are two.

describe('a script on a host', () => {
  test('is run by a POSIX shell, with every value as it was given', async () => {
    const value = `it's "quoted" $HOME \`x\` \\ äöü`;
    expect(await shell().run(sh`printf '%s|' ${value} ${['a b', '']} end`, signal)).toBe(
      `${value}|a b||end|`,
    );
  });

  test('reads no shell file of the operator', async () => {
    const home = join(tried.directory, 'home');
    mkdirSync(home);
    writeFileSync(join(home, '.bashrc'), `echo read; : >${home}/seen`);
    vi.stubEnv('HOME', home);
    vi.stubEnv('SHLVL', undefined);
    expect(await shell().run('echo done', signal)).toBe('done\n');
    vi.unstubAllEnvs();
    expect(readdirSync(home)).not.toContain('seen');
  });

  test('ends at the first command that fails, and reports its last line', async () => {
    await expect(
      problemOf(shell().run('echo before; (echo no such thing. >&2; exit 3); echo after', signal)),
    ).resolves.toEqual({
      code: 'host-command-failed',
      message: `A command on web1 (${web1.address} port ${web1.sshPort}) ended with exit code 3: no such thing.`,
      hint: 'Fix the cause on web1, then resume or reverse the run.',
    });
  });

  test('shares one connection with all others, also with those that begin at the same time', async () => {
    const waits = `echo here >>${web1.root}/seen; while [ ! -e ${web1.root}/go ]; do sleep 0.05; done`;
    const running = Array.from({length: 5}, () => shell().run(waits, signal));
    await vi.waitFor(
      () => expect(readFileSync(join(web1.root, 'seen'), 'utf8')).toBe('here\n'.repeat(5)),
      {timeout: 60_000},
    );
    expect(connectionsTo(web1.sshPort)).toBe(1);
    writeFileSync(join(web1.root, 'go'), '');
    await Promise.all(running);
  });

  test('runs in the shell of the script before it, and finds nothing of that one', async () => {
    const script = 'echo "$$ $(printenv left || echo nothing) $PWD"';
    const first = await shell().run(script, signal);
    await shell().run('export left=something; cd /', signal);
    await expect(shell().run('exit 3', signal)).rejects.toThrow('exit code 3');
    expect(await shell().run(script, signal)).toBe(first);
  });

  test('gets another shell when the one before it was broken off', async () => {
    const first = await shell().run('echo $$', signal);
    await expect(shell().run('sleep 100', AbortSignal.timeout(200))).rejects.toThrow();
    expect(await shell().run('echo $$', signal)).not.toBe(first);
  });

  test('is not read by its own commands as input', async () => {
    expect(await shell().run('cat\necho after', signal)).toBe('after\n');
  });

  test('is not run at all when only half of it arrives', async () => {
    const half = `main() {\ntouch ${web1.root}/half\n`;
    expect((await tried.ssh(web1, '/bin/sh -s', {input: half})).code).not.toBe(0);
    expect(readdirSync(web1.root)).not.toContain('half');
  });

  test('that exceeds its time limit is ended, and that is reported', async () => {
    const problem = await problemOf(shell().run('sleep 100', signal, 300));
    expect(problem).toMatchObject({
      code: 'host-command-timeout',
      message: `web1 (${web1.address} port ${web1.sshPort}) has not finished a command after 0.3 s.`,
    });
  });
});

describe('a host that cannot be reached', () => {
  test('refuses connections', async () => {
    await web1.sshFault('refuse');
    expect(await problemOf(shell().run('true', signal))).toEqual({
      code: 'host-unreachable',
      message: `web1 (${web1.address} port ${web1.sshPort}) cannot be reached over ssh: ssh: connect to host ${web1.address} port ${web1.sshPort}: Connection refused.`,
      hint: `Try it by hand: ssh -p ${web1.sshPort} deploy@${web1.address} true. The next check shows whether an interrupted command took effect.`,
    });
    await web1.sshFault('none');
    expect(await shell().run('echo back', signal)).toBe('back\n');
  });

  test('shows another key than the known one: nothing is sent to it', async () => {
    await web1.sshFault('changed-host-key');
    expect(await problemOf(shell().run(`touch ${web1.root}/touched`, signal))).toEqual({
      code: 'host-key-changed',
      message: `The host key of web1 (${web1.address} port ${web1.sshPort}) differs from the one in known_hosts.`,
      hint: `Do not continue: another machine may answer at this address. Compare the key with: ssh-keyscan -p ${web1.sshPort} ${web1.address}`,
    });
    expect(readdirSync(web1.root)).not.toContain('touched');
  });

  test('has an unknown key', async () => {
    const knownHostsFile = `${tried.directory}/empty`;
    writeFileSync(knownHostsFile, '');
    expect((await problemWith({knownHostsFile})).code).toBe('host-key-unknown');
  });

  test('does not let this key log in', async () => {
    const {identityFile} = createLabKey(`${tried.directory}/web1`);
    expect(await problemWith({identityFile})).toEqual({
      code: 'host-login-refused',
      message: `web1 (${web1.address} port ${web1.sshPort}) refuses the login of deploy with the key at hand.`,
      hint: 'Check identityFile in the inventory, or the ssh agent, and authorized_keys of deploy on web1. An RSA key, at a server older than OpenSSH 7.2, needs PubkeyAcceptedAlgorithms +ssh-rsa in ~/.ssh/config.',
    });
  });

  test('does not let this key log in, and never reads a script that is longer than a pipe', async () => {
    const {identityFile} = createLabKey(`${tried.directory}/web1`);
    const long = `: ${'x'.repeat(1_000_000)}`;
    expect((await problemWith({identityFile}, long)).code).toBe('host-login-refused');
  });

  test('disappears in the middle of a command', async () => {
    const running = problemOf(shell().run('echo begun; sleep 100', signal));
    await sleep(300);
    await web1.sshFault('refuse');
    expect((await running).code).toBe('host-unreachable');
  });

  test('hangs: an aborted signal ends the wait within a second', async () => {
    await web1.sshFault('hang');
    const stop = new AbortController();
    const running = shell()
      .run('true', stop.signal)
      .catch((reason) => reason);
    await sleep(200);
    const reason = new Error('the operator stopped it');
    stop.abort(reason);
    expect(await Promise.race([running, sleep(10_000).then(() => 'still waiting')])).toBe(reason);
  });
});

test('the problems of several hosts are reported together', async () => {
  await Promise.all(tried.hosts.map((host) => host.sshFault('refuse')));
  const problem = await problemOf(onEveryHost(shells.shells, (each) => each.run('true', signal)));
  expect({code: problem.code, hosts: problem.message.match(/web\d \(/g)}).toEqual({
    code: 'host-unreachable',
    hosts: ['web1 (', 'web2 ('],
  });
});

test('closing ends the connections and leaves nothing behind, also twice', async () => {
  const before = socketFolders();
  const session = await hostGroup.open(hostGroup.config.parse({hosts: [placeOf(web1)]}), {
    name: 'web',
    signal,
  });
  await session.reader.hosts[0]?.processes(signal);
  const folders = socketFolders().filter((name) => !before.includes(name));
  expect(folders.map((name) => readdirSync(`${tmpdir()}/${name}`))).toEqual([['0']]);
  await session.close();
  await session.close();
  expect(socketFolders().filter((name) => folders.includes(name))).toEqual([]);
});

test('the folder of a killed process is removed by the next one, and that of a living process stays', async () => {
  const killed = spawnSync('true').pid;
  const folders = [killed, process.ppid].map((pid) =>
    mkdtempSync(join(tmpdir(), `switcharoo-ssh-${pid}-`)),
  );
  const other = await openShells([]);
  const left = folders.map((folder) => existsSync(folder));
  await other.close();
  for (const folder of folders) {
    rmSync(folder, {recursive: true, force: true});
  }
  expect(left).toEqual([false, true]);
});

test('an address that OpenSSH would take for an option is refused', () => {
  const config = {hosts: [{name: 'web1', address: '-oProxyCommand=touch', user: 'deploy'}]};
  expect(hostGroup.config.safeParse(config).success).toBe(false);
});

const socketFolders = () => readdirSync(tmpdir()).filter((name) => /^switcharoo-ssh-/.test(name));

async function problemWith(more: object, script = 'true') {
  const other = await openShells([placeOf(web1, more)]);
  try {
    return await problemOf((other.shells[0] as Shell).run(script, signal)); // One was asked for.
  } finally {
    await other.close();
  }
}

async function problemOf(work: Promise<unknown>) {
  const reason = await work.then(
    () => 'nothing went wrong',
    (thrown) => thrown,
  );
  if (!(reason instanceof SwitcharooError)) {
    throw reason;
  }
  return reason.problem;
}

/** Established ones, as the kernel lists them: local address, remote address, state 01 (proc(5)). */
const connectionsTo = (port: number) =>
  readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(`:${hex(port)}`) && state === '01').length;
const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, '0');
