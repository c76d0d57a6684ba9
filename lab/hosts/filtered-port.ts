import {type AddressInfo, connect, createServer, type Socket} from 'node:net';

interface FilteredPortOptions {
  readonly address: string;
  /** 0: the system picks one. */
  readonly port: number;
  readonly to: {readonly address: string; readonly port: number};
  allows(remoteAddress: string): boolean;
}

/** A port of a lab host, as its network sees it. */
export interface FilteredPort {
  readonly address: string;
  readonly port: number;
  /** Applies changed rules: connections that they no longer allow are reset, also those made before. */
  enforce(): void;
  stop(): Promise<void>;
}

/**
 * Passes TCP connections on to a server, and answers with a reset what the host's firewall refuses. A real REJECT
 * resets the first packet (ECONNREFUSED); this proxy has to accept before it sees the caller (ECONNRESET).
 */
export async function openFilteredPort({
  address,
  port,
  to,
  allows,
}: FilteredPortOptions): Promise<FilteredPort> {
  const open = new Set<Socket>();
  const server = createServer({noDelay: true}, (socket) => {
    if (!allows(socket.remoteAddress ?? '')) {
      socket.resetAndDestroy();
      return;
    }
    open.add(socket);
    passOn(socket, connect({host: to.address, port: to.port, noDelay: true}));
    socket.once('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  const end = (sockets: Iterable<Socket>) => {
    for (const socket of sockets) {
      socket.resetAndDestroy();
    }
  };
  return {
    address,
    port: (server.address() as AddressInfo).port, // A TCP server has an AddressInfo.
    enforce: () => end([...open].filter(({remoteAddress}) => !allows(remoteAddress ?? ''))),
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      end(open);
      await closed;
    },
  };
}

function passOn(socket: Socket, onward: Socket): void {
  socket.pipe(onward).pipe(socket);
  // A connection that breaks on one side is reset on the other, as it would be without this proxy.
  for (const [near, far] of [
    [socket, onward],
    [onward, socket],
  ] as const) {
    near.once('error', () => far.resetAndDestroy());
    near.once('close', () => far.destroy());
  }
}
