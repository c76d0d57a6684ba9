import {spawn} from 'node:child_process';
import {type AddressInfo, createServer, type Server, type Socket} from 'node:net';
import type {Duplex} from 'node:stream';
import ssh2 from 'ssh2';
import type {HostProgram} from './command.ts';
import {createKeyPair} from './keys.ts';
import {type ProcessGroup, processGroup} from './process-group.ts';
import {answerShims} from './shims.ts';

interface SshServerOptions {
  readonly address: string;
  readonly user: string;
  /** The one key that may log in, as in authorized_keys. */
  readonly authorizedKey: string;
  readonly bin: string;
  readonly home: string;
  readonly programs: ReadonlyMap<string, HostProgram>;
}

/** A fault of a host's ssh server. */
export type SshFault = 'none' | 'refuse' | 'hang' | 'changed-host-key';

interface SshServer {
  readonly port: number;
  /** Its line of a known_hosts file. */
  readonly knownHost: string;
  /** Cuts every session, and gives the server the fault from now on. */
  fault(fault: SshFault): Promise<void>;
  stop(): Promise<void>;
}

/**
 * A real ssh server: public-key login, `exec` channels only, each a real `/bin/sh -c` with the host's own commands
 * first on its PATH.
 */
export async function startSshServer(options: SshServerOptions): Promise<SshServer> {
  const hostKey = createKeyPair();
  const shells = processGroup(`${options.home} ssh`);
  const own = sessions(options, hostKey.privateKey, shells);
  const other = sessions(options, createKeyPair().privateKey, shells);
  const sockets = new Set<Socket>();
  let fault: SshFault = 'none';

  // Without noDelay small packets wait for each other's acknowledgement, and a login takes 280 ms instead of 30.
  const server = createServer({noDelay: true}, (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
    if (fault !== 'hang') {
      (fault === 'changed-host-key' ? other : own).injectSocket(socket);
    }
  });
  await listen(server, options.address, 0);
  const {port} = server.address() as AddressInfo; // A TCP server has an AddressInfo.
  const cut = () => {
    for (const socket of sockets) {
      socket.destroy();
    }
  };
  return {
    port,
    knownHost: `[${options.address}]:${port} ${hostKey.publicKey}`,
    fault: async (next) => {
      fault = next;
      cut();
      if (next === 'refuse' && server.listening) {
        await close(server);
      } else if (next !== 'refuse' && !server.listening) {
        await listen(server, options.address, port);
      }
    },
    stop: async () => {
      cut();
      if (server.listening) {
        await close(server);
      }
      await shells.end(200);
    },
  };
}

function sessions(options: SshServerOptions, hostKey: string, shells: ProcessGroup): ssh2.Server {
  const server = new ssh2.Server({hostKeys: [hostKey]});
  server.on('connection', (connection: ssh2.Connection) => {
    // A client that leaves in the middle of its login is no error of the server.
    connection.on('error', () => {});
    connection.on('authentication', (login) =>
      isAllowed(login, options) ? login.accept() : login.reject(['publickey']),
    );
    connection.on('session', (accept) => {
      accept().on('exec', (acceptExec, _reject, {command}) =>
        run(command, acceptExec(), options, shells),
      );
    });
  });
  return server;
}

function isAllowed(login: ssh2.AuthContext, {user, authorizedKey}: SshServerOptions): boolean {
  const key = ssh2.utils.parseKey(authorizedKey);
  if (key instanceof Error || login.method !== 'publickey' || login.username !== user) {
    return false;
  }
  const offered = login.key.algo === key.type && login.key.data.equals(key.getPublicSSH());
  // Without a signature the client only asks whether this key is acceptable (RFC 4252, section 7).
  return (
    offered &&
    (login.signature === undefined ||
      key.verify(login.blob ?? Buffer.of(), login.signature, login.hashAlgo) === true)
  );
}

function run(
  command: string,
  channel: ssh2.ServerChannel,
  {bin, home, user, programs}: SshServerOptions,
  shells: ProcessGroup,
): void {
  const shell = spawn('/bin/sh', ['-c', command], {
    cwd: home,
    env: {
      PATH: `${bin}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`,
      HOME: home,
      USER: user,
      LOGNAME: user,
      ...shells.marker,
    },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  void answerShims(shell.stdio[3] as Duplex, programs); // 'pipe' makes it a socket pair.
  // The command may end without reading all of its input, and the client may leave before the command ends.
  shell.stdin.on('error', () => {});
  channel.on('error', () => {});
  channel.pipe(shell.stdin);
  shell.stdout.pipe(channel, {end: false});
  shell.stderr.pipe(channel.stderr, {end: false});
  // As under a real sshd without a terminal, a command whose client is gone runs on until it writes.
  channel.once('close', () => {
    shell.stdin.destroy();
    shell.stdout.destroy();
    shell.stderr.destroy();
  });
  shell.once('exit', (code, signal) => {
    shell.stdio[3]?.destroy();
    shell.once('close', () => sendExit(channel, code, signal));
  });
}

function sendExit(
  channel: ssh2.ServerChannel,
  code: number | null,
  signal: NodeJS.Signals | null,
): void {
  if (!channel.writable) {
    return;
  }
  if (code === null) {
    channel.exit((signal ?? 'SIGKILL').replace('SIG', ''), false, '');
  } else {
    channel.exit(code);
  }
  channel.end();
}

function listen(server: Server, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

const close = (server: Server) => new Promise((resolve) => server.close(resolve));
