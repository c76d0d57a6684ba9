import {type AddressInfo, connect, createServer, type Socket} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';

interface FilteredPortOptions {
  readonly address: string;
  /** 0: the system picks one. */
  readonly port: number;
  readonly to: {readonly address: string; readonly port: number};
  allows(remoteAddress: string): boolean;
  /** Whether the first packet of a connection is dropped now. */
  drops(): boolean;
  /** Whether anything listens: else a connection is refused. */
  listens(): boolean;
}

/** A port of a lab host, as its network sees it. */
export interface FilteredPort {
  readonly address: string;
  readonly port: number;
  /** Applies changed rules: connections that they no longer allow are reset, also those made before. */
  enforce(): void;
  /** Both ends of each connection that reached the server: a client whose first packets are dropped has none. */
  connections(): readonly {readonly local: string; readonly remote: string}[];
  stop(): Promise<void>;
}

/**
 * Passes TCP connections on to a server, and answers with a reset what the host's firewall refuses. A real REJECT
 * resets the first packet (ECONNREFUSED); this proxy has to accept before it sees the caller (ECONNRESET). For the same
 * reason a client of a held port is connected here, and its request waits where its first packet would.
 */
export async function openFilteredPort(options: FilteredPortOptions): Promise<FilteredPort> {
  const {address, port: asked, to, allows, drops} = options;
  const [waiting, open] = [new Set<Socket>(), new Set<Socket>()];
  const server = createServer({noDelay: true, pauseOnConnect: true}, async (socket) => {
    waiting.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => waiting.delete(socket));
    if (!(await reaches(socket, drops))) {
      return;
    }
    waiting.delete(socket);
    if (!allows(socket.remoteAddress ?? '')) {
      socket.resetAndDestroy();
      return;
    }
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    passOn(socket, connect({host: to.address, port: to.port, noDelay: true}));
  });
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, address, () => {
        server.off('error', reject);
        resolve();
      });
    });
  await listen(asked);
  const {port} = server.address() as AddressInfo; // A TCP server has an AddressInfo.
  const following = setInterval(() => {
    if (server.listening !== options.listens()) {
      server.listening ? server.close() : void listen(port).catch(() => {});
    }
  }, followMs);
  const end = (sockets: Iterable<Socket>) => {
    for (const socket of sockets) {
      socket.resetAndDestroy();
    }
  };
  return {
    address,
    port,
    enforce: () => end([...open].filter(({remoteAddress}) => !allows(remoteAddress ?? ''))),
    connections: () =>
      [...open].map((socket) => ({
        local: `${socket.localAddress}:${socket.localPort}`,
        remote: `${socket.remoteAddress}:${socket.remotePort}`,
      })),
    stop: async () => {
      clearInterval(following);
      const closed = new Promise((resolve) => server.close(resolve));
      end([...open, ...waiting]);
      await closed;
    },
  };
}

const followMs = 10;

/** When a client's kernel sends its first packet again, after the one before it (tcp(7), tcp_syn_retries). */
const retriesMs = [1_000, 2_000, 4_000, 8_000];

/** Waits until a first packet of the client gets through; `false` when it has given up before. */
async function reaches(socket: Socket, drops: () => boolean): Promise<boolean> {
  for (const waitMs of retriesMs) {
    if (!drops()) {
      return !socket.destroyed;
    }
    await sleep(waitMs);
    if (socket.destroyed) {
      return false;
    }
  }
  socket.resetAndDestroy();
  return false;
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
