import {randomInt} from 'node:crypto';
import {createSocket} from 'node:dgram';
import {setMaxListeners} from 'node:events';
import {connect} from 'node:net';
import {
  type DecodedPacket,
  decode,
  encode,
  type Packet,
  RECURSION_DESIRED,
  type RecordType,
} from 'dns-packet';
import {SwitcharooError} from '../../../src/index.ts';

// A client of its own, because node:dns always sends RD=1 and shows neither AA nor the authority section.

export interface Question {
  readonly name: string;
  readonly type: string;
}

interface ExchangeOptions {
  /** RD: set for resolvers, not for authoritative servers. */
  readonly recursive: boolean;
  readonly signal: AbortSignal;
  /** For each attempt. */
  readonly timeoutMs?: number;
  /** Only over this transport. Without it: twice over UDP, then once over TCP. */
  readonly over?: Over;
}

export type Over = 'udp' | 'tcp';

/** A reply, decoded and as it came. */
interface Exchanged {
  readonly reply: DecodedPacket;
  readonly message: Buffer;
}

type Transport = (server: string, query: Buffer, signal: AbortSignal) => Promise<Exchanged>;

// What fits into one unfragmented packet everywhere (DNS Flag Day 2020).
const udpPayloadSize = 1232;

/** Asks one server (`address:port`) one question and returns its whole reply. Throws `dns-no-reply` without one. */
export async function exchange(
  server: string,
  question: Question,
  {recursive, ...options}: ExchangeOptions,
): Promise<DecodedPacket> {
  return (await exchangeMessage(server, queryFor(question, recursive), options)).reply;
}

/** The same for a query that is encoded already. */
export async function exchangeMessage(
  server: string,
  query: Buffer,
  {signal, timeoutMs = 1_500, over}: Omit<ExchangeOptions, 'recursive'>,
): Promise<Exchanged> {
  let transports = attempts[over ?? 'any'];
  let last = new Error('not asked');
  for (;;) {
    const [transport, ...others] = transports;
    if (transport === undefined) {
      throw noReply(server, last);
    }
    try {
      const exchanged = await limited(timeoutMs, signal, (limit) =>
        transport(server, query, limit),
      );
      if (!exchanged.reply.flag_tc || transport === overTcp) {
        return exchanged;
      }
      transports = [overTcp];
    } catch (error) {
      signal.throwIfAborted();
      last = error as Error; // Sockets and timers throw nothing else.
      transports = others;
    }
  }
}

// A query is repeated once, because packets are lost; networks that drop UDP, and long answers, need TCP.
const attempts: Readonly<Record<Over | 'any', readonly Transport[]>> = {
  udp: [overUdp, overUdp],
  tcp: [overTcp],
  any: [overUdp, overUdp, overTcp],
};

/** `127.0.0.1:53`, `[::1]:53`, `ns1.example.com:53`; without a port, 53. */
export function hostAndPort(server: string): {host: string; port: number} {
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(server) ?? [];
  return {host: bracketed ?? plain ?? server, port: Number(port ?? 53)};
}

function queryFor({name, type}: Question, recursive: boolean): Buffer {
  return encode({
    type: 'query',
    id: randomInt(65_536),
    flags: recursive ? RECURSION_DESIRED : 0,
    questions: [{name, type: type as RecordType}], // dns-packet knows every type that a hosted zone may hold.
    additionals: [
      {
        type: 'OPT',
        name: '.',
        udpPayloadSize,
        extendedRcode: 0,
        ednsVersion: 0,
        flags: 0,
        flag_do: false,
        options: [],
      },
    ],
  });
}

function overUdp(server: string, query: Buffer, signal: AbortSignal): Promise<Exchanged> {
  const {host, port} = hostAndPort(server);
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const replied = new Promise<Exchanged>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), {once: true});
    socket.on('error', reject);
    socket.on('message', (message) => {
      const reply = replyTo(query, message);
      // Anything else that arrives here is late, or forged.
      if (reply) {
        resolve(reply);
      }
    });
    // On a connected socket the kernel drops packets from other addresses, and reports a closed port at once.
    socket.connect(port, host, () => socket.send(query));
  });
  return replied.finally(() => socket.close());
}

function overTcp(server: string, query: Buffer, signal: AbortSignal): Promise<Exchanged> {
  const socket = connect(hostAndPort(server));
  const replied = new Promise<Exchanged>((resolve, reject) => {
    let received = Buffer.alloc(0);
    signal.addEventListener('abort', () => reject(signal.reason), {once: true});
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the connection was closed without a reply')));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const length = received.length < 2 ? Number.POSITIVE_INFINITY : received.readUInt16BE(0);
      const reply =
        received.length < length + 2 ? undefined : replyTo(query, received.subarray(2, length + 2));
      if (reply) {
        resolve(reply);
      }
    });
    socket.write(Buffer.concat([Buffer.from([query.length >> 8, query.length & 255]), query]));
  });
  return replied.finally(() => socket.destroy());
}

/** Not `AbortSignal.any`: hundreds of attempts a second would each stay tied to the long-lived `signal`. */
async function limited<Result>(
  ms: number,
  signal: AbortSignal,
  work: (limit: AbortSignal) => Promise<Result>,
): Promise<Result> {
  signal.throwIfAborted();
  // Many servers, and many names, are asked at the same time with the same signal.
  setMaxListeners(0, signal);
  const controller = new AbortController();
  const abort = () => controller.abort(signal.reason);
  const timer = setTimeout(() => controller.abort(new Error(`no reply within ${ms} ms`)), ms);
  signal.addEventListener('abort', abort, {once: true});
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

/** The reply in `message`, when it answers `query`: same id, same question. */
function replyTo(query: Buffer, message: Buffer): Exchanged | undefined {
  try {
    const [asked, reply] = [decode(query), decode(message)];
    return reply.flag_qr && reply.id === asked.id && questionOf(reply) === questionOf(asked)
      ? {reply, message}
      : undefined;
  } catch {
    return undefined;
  }
}

function questionOf({questions}: Packet): string {
  return (questions ?? []).map(({name, type}) => `${name.toLowerCase()} ${type}`).join();
}

const noReply = (server: string, cause: Error) =>
  new SwitcharooError(
    {
      code: 'dns-no-reply',
      message: `The name server ${server} did not answer: ${cause.message}.`,
      hint: 'Check its address and port, and that this machine can reach it over UDP and TCP.',
    },
    {cause},
  );
