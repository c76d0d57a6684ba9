import {createSocket} from 'node:dgram';
import {connect, createServer} from 'node:net';

/**
 * Another address for a name server, over UDP and TCP. BIND listens only at addresses that an interface has, which is
 * 127.0.0.1 alone, and follows delegations only to its own port: so each server gets an address of its own at one port.
 */
export async function relay(
  address: string,
  port: number,
  toPort: number,
): Promise<() => Promise<void>> {
  const udp = createSocket('udp4');
  const asking = new Set<() => void>();
  udp.on('message', (message, from) => {
    const out = createSocket('udp4');
    const end = () => {
      clearTimeout(timer);
      asking.delete(end);
      out.close();
    };
    const timer = setTimeout(end, 5_000);
    asking.add(end);
    out.on('error', () => {});
    out.on('message', (reply) => {
      udp.send(reply, from.port, from.address);
      end();
    });
    out.send(message, toPort, '127.0.0.1');
  });
  udp.on('error', () => {});
  const tcp = createServer((socket) => {
    const out = connect(toPort, '127.0.0.1');
    for (const [one, other] of [
      [socket, out],
      [out, socket],
    ] as const) {
      one.on('error', () => other.destroy());
      one.pipe(other);
    }
  });
  await new Promise<void>((ready) => udp.bind(port, address, ready));
  await new Promise<void>((ready) => tcp.listen(port, address, ready));
  return async () => {
    for (const end of [...asking]) {
      end();
    }
    await Promise.all([
      new Promise<void>((end) => udp.close(() => end())),
      new Promise<void>((end) => tcp.close(() => end())),
    ]);
  };
}
