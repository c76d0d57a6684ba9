import {mkdtemp, readdir, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {$} from 'zx/core';
import {type Problem, SwitcharooError} from '../../../src/index.ts';
import type {HostsConfig} from '../contract.ts';
import {
  type HostPlace,
  hostCommandFailed,
  hostCommandTimeout,
  hostKeyChanged,
  hostKeyUnknown,
  hostLoginRefused,
  hostUnreachable,
  sudoRefused,
} from './problems.ts';

type HostConfig = HostsConfig['hosts'][number];

/** A host's root shell. */
export interface Shell {
  readonly name: string;
  readonly root: string;
  /** Runs a script for /bin/sh as root and returns what it wrote. Bounded, and ended by `signal`. */
  run(script: string, signal: AbortSignal, limitMs?: number): Promise<string>;
}

interface Shells {
  readonly shells: readonly Shell[];
  /** Ends the connections that were kept open. Never throws. */
  close(): Promise<void>;
}

const commandLimitMs = 20_000;
const endLimitMs = 5_000;

// The path of a unix socket has at most some 100 characters, and ssh adds 17 to it.
const socketsFolder = tmpdir().length > 60 ? '/tmp' : tmpdir();
const folderPrefix = 'switcharoo-ssh-';

/**
 * Connects at the first command, and keeps each connection for a minute: a login costs ten times as much as a command.
 */
export async function openShells(hosts: readonly HostConfig[]): Promise<Shells> {
  await removeStaleFolders();
  const folder = await mkdtemp(join(socketsFolder, `${folderPrefix}${process.pid}-`));
  const sockets = hosts.map((host, index) => ({
    host,
    options: sshOptions(host, join(folder, `${index}`)),
  }));
  return {
    shells: sockets.map(({host, options}) => ({
      name: host.name,
      root: host.root,
      run: afterFirst((script, signal, limitMs, connected) =>
        run(host, options, {script, signal, limitMs, connected}),
      ),
    })),
    close: async () => {
      await Promise.all(
        sockets.map(({host, options}) => {
          const ending = quietly({signal: AbortSignal.timeout(endLimitMs)});
          return ending`ssh ${options} -O exit -- ${host.address}`;
        }),
      );
      await rm(folder, {recursive: true, force: true});
    },
  };
}

/** Removes the folders of killed processes. Their connections have ended by themselves a minute later. */
async function removeStaleFolders(): Promise<void> {
  const names = await readdir(socketsFolder).catch(() => []);
  const stale = names.filter((name) => {
    const [, pid] = new RegExp(`^${folderPrefix}(\\d+)-`).exec(name) ?? [];
    return pid !== undefined && !isAlive(Number(pid));
  });
  // A folder of another account stays.
  await Promise.allSettled(stale.map((name) => rm(join(socketsFolder, name), {recursive: true})));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

type RunConnecting = (
  script: string,
  signal: AbortSignal,
  limitMs: number,
  connected: () => void,
) => Promise<string>;

/** The first command makes the connection that the others share. They wait for it: else each would log in by itself. */
function afterFirst(run: RunConnecting): Shell['run'] {
  let connection: Promise<void> | undefined;
  return async (script, signal, limitMs = commandLimitMs) => {
    if (connection) {
      await connection;
      return run(script, signal, limitMs, () => {});
    }
    let connected = () => {};
    connection = new Promise((resolve) => {
      connected = resolve;
    });
    // A failed first command ends the wait too: the next command connects by itself.
    return run(script, signal, limitMs, connected).finally(connected);
  };
}

/** A script with its values quoted for any POSIX shell: zx quotes as bash does, and dash does not know `$'…'`. */
export function sh(
  pieces: TemplateStringsArray,
  ...values: readonly (string | readonly string[])[]
): string {
  return String.raw({raw: pieces}, ...values.map((value) => [value].flat().map(quote).join(' ')));
}

const quote = (value: string) => `'${value.replaceAll("'", `'\\''`)}'`;

// Detached: Ctrl-C in the operator's terminal is for switcharoo, which then ends its children. Not in bash: with a
// socket as its stdin, as Node makes it, bash behaves as under sshd and reads the operator's .bashrc (bash(1)).
const quietly = $({
  ...{quiet: true, nothrow: true, detached: true, stdio: ['pipe', 'pipe', 'pipe']},
  ...{shell: '/bin/sh', prefix: 'exec ', quote},
});

function sshOptions(
  {port, user, identityFile, knownHostsFile}: HostConfig,
  socket: string,
): readonly string[] {
  const options = {
    BatchMode: 'yes',
    StrictHostKeyChecking: 'yes',
    ConnectTimeout: '5',
    ServerAliveInterval: '5',
    ServerAliveCountMax: '3',
    ControlMaster: 'auto',
    ControlPath: socket,
    ControlPersist: '60',
    ...(knownHostsFile === undefined ? {} : {UserKnownHostsFile: knownHostsFile}),
    ...(identityFile === undefined ? {} : {IdentityFile: identityFile, IdentitiesOnly: 'yes'}),
  };
  return [
    ...['-p', `${port}`, '-l', user, '-T'],
    ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
  ];
}

const startLine = '@switcharoo begins@';
// `/` belongs to root, and testing that starts no process; where it does not, as in a container, `id` prints the user.
const asRoot = `/bin/sh -c '{ test -O / || test "$(id -u)" = 0; } && exec /bin/sh -s; exec sudo -n /bin/sh -s'`;

// The script is one function, called in the last line: half a script, of a broken connection, does nothing.
// Its commands must not read the rest of the script as their own input.
const wrapped = (script: string) => `set -eu
LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL PATH
main() {
${script}
}
echo '${startLine}'
main </dev/null
`;

interface Running {
  readonly script: string;
  readonly signal: AbortSignal;
  readonly limitMs: number;
  readonly connected: () => void;
}

async function run(
  host: HostConfig,
  options: readonly string[],
  {script, signal, limitMs, connected}: Running,
): Promise<string> {
  signal.throwIfAborted();
  const limit = AbortSignal.timeout(limitMs);
  const running = quietly({
    signal: AbortSignal.any([signal, limit]),
  })`ssh ${options} -- ${host.address} ${asRoot}`;
  // ssh may end before it has read all of it, for instance when it is refused: its exit code is the reason, and not the
  // broken pipe.
  running.stdin?.on('error', () => {});
  running.stdin?.end(wrapped(script));
  running.stdout?.once('data', connected);
  const ended = await running;
  signal.throwIfAborted();
  const [before, written] = ended.stdout.split(`${startLine}\n`, 2);
  if (ended.exitCode === 0 && written !== undefined) {
    return written;
  }
  const reason = lastLine(ended.stderr) ?? lastLine(before ?? '') ?? 'no output';
  throw new SwitcharooError(
    limit.aborted
      ? hostCommandTimeout(host, limitMs)
      : problemOf(host, ended.exitCode, written !== undefined, ended.stderr, reason),
  );
}

/** ssh ends with 255 when it has no connection, and else with the exit code of the command (ssh(1)). */
function problemOf(
  host: HostPlace,
  code: number | null,
  isScriptStarted: boolean,
  stderr: string,
  reason: string,
): Problem {
  if (code !== 255) {
    return isScriptStarted ? hostCommandFailed(host, code, reason) : sudoRefused(host, reason);
  }
  // Every host out of reach is 255: only its message distinguishes a changed key from a dead host (OpenSSH 9.2,
  // sshconnect.c).
  if (stderr.includes('REMOTE HOST IDENTIFICATION HAS CHANGED')) {
    return hostKeyChanged(host);
  }
  if (stderr.includes('Host key verification failed')) {
    return hostKeyUnknown(host);
  }
  return stderr.includes('Permission denied (')
    ? hostLoginRefused(host)
    : hostUnreachable(host, reason);
}

const lastLine = (text: string) =>
  text.trim().split('\n').at(-1)?.trim().replace(/\.$/, '') || undefined;
