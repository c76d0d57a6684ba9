import {mkdtemp, rm} from 'node:fs/promises';
import {type AddressInfo, connect, createServer, type Server, type Socket} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import mysql from 'mysql2/promise';
import type {Passwords} from '../../../lab/mysql/accounts.ts';
import type {LabDatabase} from '../../../lab/mysql/server.ts';
import {type Databases, startDatabases} from '../../../lab/mysql/topology.ts';
import {Processes} from '../../../lab/processes.ts';
import type {KindPair} from './server-kinds.ts';

export interface TriedDatabases extends Databases {
  readonly directory: string;
  readonly passwords: Passwords;
  /** How another server reaches the replica. */
  readonly replicaAt: {readonly host: string; readonly port: number};
  /** Opens a connection over TCP, as an application does. It is closed at the end. */
  connect(to: LabDatabase, user: keyof Passwords): Promise<mysql.Connection>;
  close(): Promise<void>;
}

export const passwords: Passwords = {
  root: "ro'ot",
  shop: 'sh op',
  switcharoo: 'sw"it',
  admin: 'ad\\min',
  repl: "re'pl",
};

/**
 * The three servers behind plain TCP forwards, in a folder of their own; of another kind than the lab's own if told
 * so.
 */
export async function tryDatabases(
  pair?: KindPair,
  settings: readonly string[] = [],
): Promise<TriedDatabases> {
  const directory = await mkdtemp(join(tmpdir(), 'switcharoo-'));
  const processes = new Processes(directory);
  const ports = {source: await freePort(), replica: await freePort(), aurora: await freePort()};
  const forwarders = [await forwardTo(ports.source), await forwardTo(ports.replica)] as const;
  const connections: mysql.Connection[] = [];
  const close = async () => {
    for (const connection of connections) {
      connection.destroy();
    }
    await processes.endAll();
    await Promise.all(forwarders.map((forwarder) => forwarder.close()));
    await rm(directory, {recursive: true});
  };
  try {
    const reachedAt = {source: forwarders[0].address, replica: forwarders[1].address};
    const databases = await startDatabases({
      ...{directory, processes, passwords, ports, reachedAt, settings},
      ...(pair ? {programs: await programsOf(pair)} : {}),
    });
    return {
      ...databases,
      directory,
      passwords,
      replicaAt: reachedAt.replica,
      connect: async ({port}, user) => {
        const connection = await mysql.createConnection({
          host: '127.0.0.1',
          port,
          user,
          password: passwords[user],
        });
        connection.on('error', () => {});
        connections.push(connection);
        return connection;
      },
      close: async () => {
        await databases.stop();
        await close();
      },
    };
  } catch (cause) {
    await close();
    throw cause;
  }
}

const programsOf = async ({source, target}: KindPair) => ({
  onPremises: await source.program(),
  aurora: await target.program(),
});

/** The host's network, without its firewall. */
async function forwardTo(port: number) {
  const open = new Set<Socket>();
  const server = createServer((incoming) => {
    const outgoing = connect(port, '127.0.0.1');
    for (const socket of [incoming, outgoing]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(socket);
        incoming.destroy();
        outgoing.destroy();
      });
    }
    incoming.pipe(outgoing).pipe(incoming);
  });
  const address = {host: '127.0.0.1', port: await listening(server)};
  const close = () =>
    new Promise<void>((closed) => {
      server.close(() => closed());
      for (const socket of open) {
        socket.destroy();
      }
    });
  return {address, close};
}

export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  await new Promise((closed) => server.close(closed));
  return port;
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // A server that listens on TCP has such an address (node:net).
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
