import {once} from 'node:events';
import {type AddressInfo, connect, createServer, type Socket} from 'node:net';

/** Where a client of PostgreSQL dies, by how many messages it has sent on all of its connections. */
interface Death {
  readonly after: number;
  /** PostgreSQL has done what the last one asked for, and the client does not hear of it. */
  readonly isDone: boolean;
  readonly dies: () => void;
}

export interface DyingClient {
  /** For the client. */
  readonly url: string;
  /** How many messages it has sent. */
  readonly sent: () => number;
  close(): Promise<void>;
}

/** Passes on what a client and PostgreSQL say to each other, until the client dies. */
export async function dyingClient(url: string, death: Death): Promise<DyingClient> {
  const target = new URL(url);
  const open = new Set<Socket>();
  let sent = 0;
  let isDead = false;
  const die = (): void => {
    if (!isDead) {
      isDead = true;
      death.dies();
      for (const socket of open) {
        socket.destroy();
      }
    }
  };
  const kept = (socket: Socket): Socket => {
    open.add(socket);
    return socket.on('error', () => {}).once('close', () => open.delete(socket));
  };
  const server = createServer((client) => {
    kept(client);
    const behind = kept(connect(Number(target.port), target.hostname));
    client.on('data', (bytes) => {
      sent += 1;
      if (sent < death.after || death.isDone) {
        behind.write(bytes);
      }
      if (sent >= death.after && !death.isDone) {
        die();
      }
    });
    behind.on('data', (bytes) => (sent < death.after ? client.write(bytes) : die()));
    client.once('close', () => behind.end());
    behind.once('close', () => client.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const through = new URL(url);
  through.port = String((server.address() as AddressInfo).port);
  return {
    url: through.href,
    sent: () => sent,
    close: async () => {
      for (const socket of open) {
        socket.destroy();
      }
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
