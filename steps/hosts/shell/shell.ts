import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {$} from 'zx/core';
import {SwitcharooError} from '../../../src/index.ts';
import type {HostsConfig} from '../contract.ts';
import {IdleShells} from './idle-shells.ts';
import {type OpenShell, rootShell} from './open-shell.ts';
import {hostCommandTimeout, hostShellRefused} from './problems.ts';
import {quote} from './quote.ts';
import {jumpMessages, sshOptions} from './ssh-options.ts';
import {lastLine, problemOf} from './ssh-problem.ts';
import {Turns} from './turns.ts';

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
  /** Opens a root shell on each host that has none, so that the next script costs one round trip. */
  prepare(signal: AbortSignal): Promise<void>;
  /** Ends the connections that were kept open. Never throws. */
  close(): Promise<void>;
}

const commandLimitMs = 20_000;
/** An sshd begins to refuse further logins at ten that are under way (MaxStartups in sshd_config(5)). */
const loginsAtOnce = 10;
const endLimitMs = 5_000;

// The path of a unix socket has at most some 100 characters, and ssh adds 17 to it.
const socketsFolder = tmpdir().length > 60 ? '/tmp' : tmpdir();
const folderPrefix = 'switcharoo-ssh-';

/**
 * Connects at the first command, and keeps each connection and a root shell on it open: a login costs ten times as much
 * as a command.
 */
export async function openShells(hosts: readonly HostConfig[]): Promise<Shells> {
  await removeStaleFolders();
  const folder = await mkdtemp(join(socketsFolder, `${folderPrefix}${process.pid}-`));
  const logins = new Turns(loginsAtOnce);
  const sockets = hosts.map((host, index) => {
    const socket = join(folder, `${index}`);
    const options = sshOptions(host, socket);
    return {host, options, open: new HostShells(host, options, jumpMessages(socket))};
  });
  const shells = sockets.map(({host, open}) => ({
    name: host.name,
    root: host.root,
    isOpen: () => open.hasFree,
    run: afterFirst(
      (script, signal, limitMs, connected) => open.run({script, signal, limitMs, connected}),
      logins,
    ),
  }));
  return {
    shells,
    prepare: async (signal) => {
      const closed = shells.filter(({isOpen}) => !isOpen());
      await Promise.all(closed.map((shell) => shell.run(':', signal)));
    },
    close: async () => {
      await Promise.all(
        sockets.map(async ({host, options, open}) => {
          open.close();
          const ending = quietly({signal: AbortSignal.timeout(endLimitMs)});
          await ending`ssh ${options} -O exit -- ${host.address}`;
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

/**
 * The first command makes the connection that the others share. They wait for it: else each would log in by itself. A
 * hundred logins at once would keep this machine, or a bastion before the hosts, busy beyond every limit.
 */
function afterFirst(run: RunConnecting, logins: Turns): Shell['run'] {
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
    let endTurn = () => {};
    try {
      endTurn = await logins.take(signal);
      return await run(script, signal, limitMs, () => {
        endTurn();
        connected();
      });
    } finally {
      // A failed first command ends the wait too: the next command connects by itself.
      endTurn();
      connected();
    }
  };
}

// Detached: Ctrl-C in the operator's terminal is for switcharoo, which then ends its children. Not in bash: with a
// socket as its stdin, as Node makes it, bash behaves as under sshd and reads the operator's .bashrc (bash(1)).
const quietly = $({
  ...{quiet: true, nothrow: true, detached: true, stdio: ['pipe', 'pipe', 'pipe']},
  ...{shell: '/bin/sh', prefix: 'exec ', quote},
});

interface Running {
  readonly script: string;
  readonly signal: AbortSignal;
  readonly limitMs: number;
  readonly connected: () => void;
}

/** The open root shells of one host. */
class HostShells {
  readonly #host: HostConfig;
  readonly #shells: IdleShells;
  readonly #jumpMessages: string;

  constructor(host: HostConfig, options: readonly string[], messages: string) {
    this.#host = host;
    this.#shells = new IdleShells(() => rootShell([...options, '--', host.address]));
    this.#jumpMessages = messages;
  }

  /** Whether the next script finds an open shell. */
  get hasFree(): boolean {
    return this.#shells.hasFree;
  }

  async run({script, signal, limitMs, connected}: Running): Promise<string> {
    signal.throwIfAborted();
    const limit = AbortSignal.timeout(limitMs);
    const ended = await this.#shells.with(async (shell) => {
      try {
        return await shell.run(script, AbortSignal.any([signal, limit]), connected);
      } catch (error) {
        signal.throwIfAborted();
        throw limit.aborted ? this.#late(shell, limitMs) : error;
      }
    });
    signal.throwIfAborted();
    if (ended.code === 0 && ended.started) {
      return ended.stdout;
    }
    const messages = await readFile(this.#jumpMessages, 'utf8').catch(() => '');
    throw new SwitcharooError(problemOf(this.#host, ended, messages));
  }

  close(): void {
    this.#shells.close();
  }

  #late({printedInstead = ''}: OpenShell, limitMs: number): SwitcharooError {
    const instead = lastLine(printedInstead);
    return new SwitcharooError(
      instead === undefined
        ? hostCommandTimeout(this.#host, limitMs)
        : hostShellRefused(this.#host, instead),
    );
  }
}
