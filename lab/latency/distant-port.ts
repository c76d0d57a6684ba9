import {type AddressInfo, createServer, Socket} from 'node:net';
import {delayLine} from './delayed-line.ts';

/** Follows one connection, as its client sees it. */
export interface Tap {
  /** The client sent it. */
  sent(chunk: Buffer): void;
  /** It reached the client. */
  answered(chunk: Buffer): void;
}

interface DistantPortOptions {
  readonly address: string;
  readonly to: {readonly address: string; readonly port: number};
  readonly rttMs: number;
  readonly tap?: () => Tap;
}

/** A port of this machine that leads to a server as if that was `rttMs` away. */
export interface DistantPort {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * A TCP proxy that delays each direction by half the round-trip time.
 *
 * The kernel completes a handshake on loopback at once, and no program can delay that. A distant server would have
 * answered it after one round trip. So what a client sends before counts as sent then, and the connection reaches the
 * server after one and a half. A refused connection is reset after two round trips, instead of refused after one.
 */
export async function openDistantPort(options: DistantPortOptions): Promise<DistantPort> {
  const sockets = new Set<Socket>();
  const server = createServer({noDelay: true, allowHalfOpen: true}, (client) =>
    leadOn(client, options, sockets),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, options.address, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port, // A TCP server has an AddressInfo.
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) {
        socket.resetAndDestroy();
      }
      await closed;
    },
  };
}

function leadOn(client: Socket, {to, rttMs, tap}: DistantPortOptions, sockets: Set<Socket>): void {
  const onward = new Socket({allowHalfOpen: true}).setNoDelay(true);
  for (const socket of [client, onward]) {
    sockets.add(socket.once('close', () => sockets.delete(socket)));
  }
  const connectedMs = performance.now() + rttMs;
  const watch = tap?.();
  const there = delayLine({
    from: client,
    to: onward,
    arrivalMs: (nowMs) => Math.max(nowMs, connectedMs) + rttMs / 2,
    entered: watch?.sent,
  });
  delayLine({
    from: onward,
    to: client,
    arrivalMs: (nowMs) => nowMs + rttMs / 2,
    left: watch?.answered,
  });
  there.later(() => (client.destroyed ? onward.destroy() : onward.connect(to.port, to.address)));
}
