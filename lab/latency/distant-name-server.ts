import {createSocket, type Socket} from 'node:dgram';
import {type DistantPort, openDistantPort, type Tap} from './distant-port.ts';

interface DistantNameServerOptions {
  readonly to: {readonly address: string; readonly port: number};
  readonly rttMs: number;
  readonly tap?: () => Tap;
}

/** Longer than any client waits for the answer to one query. */
const answerWithinMs = 10_000;

/** Leads to a DNS server as if it was `rttMs` away: over TCP, and over UDP on the same port. */
export async function openDistantNameServer(
  options: DistantNameServerOptions,
): Promise<DistantPort> {
  const {to} = options;
  for (let tries = 1; ; tries += 1) {
    const tcp = await openDistantPort({...options, address: to.address});
    const udp = createSocket('udp4');
    try {
      await new Promise<void>((resolve, reject) => {
        udp.once('error', reject);
        udp.bind(tcp.port, to.address, resolve);
      });
    } catch (error) {
      await tcp.stop();
      if (tries === 20) {
        throw error;
      }
      continue;
    }
    const relay = relayQueries(udp, options);
    return {port: tcp.port, stop: async () => void (await Promise.all([relay.stop(), tcp.stop()]))};
  }
}

function relayQueries(udp: Socket, {to, rttMs, tap}: DistantNameServerOptions) {
  const asking = new Set<Socket>();
  udp.on('error', () => {});
  udp.on('message', (query, from) => {
    const watch = tap?.();
    watch?.sent(query);
    const onward = createSocket('udp4');
    asking.add(onward);
    const end = () => {
      if (asking.delete(onward)) {
        onward.close();
      }
    };
    onward.on('error', end);
    onward.once('message', (answer) => {
      end();
      setTimeout(() => {
        watch?.answered(answer);
        udp.send(answer, from.port, from.address, () => {});
      }, rttMs / 2);
    });
    setTimeout(() => asking.has(onward) && onward.send(query, to.port, to.address), rttMs / 2);
    setTimeout(end, answerWithinMs).unref();
  });
  return {
    stop: async () => {
      for (const onward of asking) {
        onward.close();
      }
      asking.clear();
      await new Promise<void>((resolve) => udp.close(() => resolve()));
    },
  };
}
