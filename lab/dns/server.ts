import {createSocket, type Socket as UdpSocket} from 'node:dgram';
import {createServer, type Server, type Socket} from 'node:net';
import {
  type Answer,
  decode,
  encode,
  type Packet,
  type Question,
  TRUNCATED_RESPONSE,
} from 'dns-packet';

export interface DnsServer {
  readonly address: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** A response; the server adds id and question, and truncates a message that is too long. */
export interface DnsResponse {
  readonly rcode: keyof typeof rcodes;
  /** AA, RA. */
  readonly flags: number;
  readonly answers: readonly Answer[];
  readonly authorities: readonly Answer[];
  /** Addresses of name servers. */
  readonly additionals?: readonly Answer[];
}

/** `undefined`: never answered. */
type Respond = (question: Question, query: Packet) => Promise<DnsResponse | undefined>;

const rcodes = {NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5} as const;
const opcodeMask = 0x7800;
const copiedFlags = opcodeMask | 0x0100; // Opcode and RD.
const plainUdpLimit = 512; // Bytes, without EDNS (RFC 1035, 4.2.1).
const ednsLimit = 1232; // Bytes, what this server takes and sends at most.

/** Serves DNS over UDP and TCP on the same port of one address. */
export async function serveDns(
  address: string,
  respond: Respond,
  /** 0: the system picks one. */
  givenPort = 0,
): Promise<DnsServer> {
  const {udp, tcp, port} = await bindBoth(address, givenPort);
  const connections = new Set<Socket>();
  // Network errors of single packets do not stop a server.
  udp.on('error', () => {});
  udp.on('message', async (message, {port: toPort, address: to}) => {
    const [reply] = await repliesTo(message, respond, 'udp');
    if (reply && !stopped) {
      udp.send(reply, toPort, to);
    }
  });
  tcp.on('connection', (socket) => {
    connections.add(socket.on('close', () => connections.delete(socket)).on('error', () => {}));
    serveStream(socket, respond).catch(() => socket.destroy());
  });
  let stopped = false;
  return {
    address,
    port,
    stop: async () => {
      if (!stopped) {
        stopped = true;
        for (const socket of connections) {
          socket.destroy();
        }
        await Promise.all([new Promise<void>((end) => udp.close(end)), closed(tcp)]);
      }
    },
  };
}

/** The system picks the port for UDP; another process may use the same one for TCP, so it tries again. */
async function bindBoth(
  address: string,
  givenPort: number,
): Promise<{udp: UdpSocket; tcp: Server; port: number}> {
  for (let tries = 1; ; tries += 1) {
    const udp = createSocket('udp4');
    const tcp = createServer();
    try {
      await started(udp, (ready) => udp.bind(givenPort, address, ready));
      const {port} = udp.address();
      await started(tcp, (ready) => tcp.listen(port, address, ready));
      return {udp, tcp, port};
    } catch (error) {
      udp.close();
      if (tries === 20 || givenPort > 0) {
        throw error;
      }
    }
  }
}

function started(server: UdpSocket | Server, start: (ready: () => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    start(() => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

const closed = (server: Server) => new Promise<void>((end) => server.close(() => end()));

/** Messages over TCP are prefixed with their length, and one connection may carry many (RFC 7766). */
async function serveStream(socket: Socket, respond: Respond): Promise<void> {
  let received = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 2 && received.length >= received.readUInt16BE(0) + 2) {
      const end = received.readUInt16BE(0) + 2;
      const replies = await repliesTo(received.subarray(2, end), respond, 'tcp');
      received = received.subarray(end);
      for (const reply of replies) {
        socket.write(Buffer.concat([Buffer.from([reply.length >> 8, reply.length & 255]), reply]));
      }
    }
  }
}

/** One message, none, or the several of a transfer (RFC 5936, 2.2). */
async function repliesTo(
  message: Buffer,
  respond: Respond,
  over: 'udp' | 'tcp',
): Promise<readonly Buffer[]> {
  let query: Packet;
  try {
    query = decode(message);
  } catch {
    return [];
  }
  const response = await responseTo(query, respond);
  if (response === undefined) {
    return [];
  }
  try {
    if (over === 'tcp' && query.questions?.[0]?.type === 'AXFR') {
      return inParts(response).map((part) => encode(packetOf(query, part)));
    }
    const whole = encode(packetOf(query, response));
    return [whole.length <= limitOf(query, over) ? whole : encode(truncated(query, response))];
  } catch {
    // A record whose value cannot be put on the wire.
    return [encode(packetOf(query, problem('SERVFAIL')))];
  }
}

/** As many records a message as fit into it, if their values are not unusually long. */
function inParts(response: DnsResponse): readonly DnsResponse[] {
  const {answers} = response;
  const count = Math.max(1, Math.ceil(answers.length / recordsOfMessage));
  return Array.from({length: count}, (_, at) => ({
    ...response,
    answers: answers.slice(at * recordsOfMessage, (at + 1) * recordsOfMessage),
  }));
}

const recordsOfMessage = 200;

async function responseTo(query: Packet, respond: Respond): Promise<DnsResponse | undefined> {
  const [question, ...others] = query.questions ?? [];
  if (((query.flags ?? 0) & opcodeMask) !== 0) {
    return problem('NOTIMP');
  }
  if (question === undefined || others.length > 0) {
    return problem('FORMERR');
  }
  // dns-packet reads the class of an ordinary question as "IN".
  return question.class === 'IN'
    ? respond(question, query).catch(() => problem('SERVFAIL'))
    : problem('REFUSED');
}

const problem = (rcode: DnsResponse['rcode']): DnsResponse => ({
  rcode,
  flags: 0,
  answers: [],
  authorities: [],
});

function packetOf(
  query: Packet,
  {rcode, flags, answers, authorities, additionals = []}: DnsResponse,
): Packet {
  return {
    type: 'response',
    id: query.id,
    flags: flags | ((query.flags ?? 0) & copiedFlags) | rcodes[rcode],
    questions: query.questions,
    answers: [...answers],
    authorities: [...authorities],
    additionals: [...additionals, ...(optOf(query) ? [ownOpt] : [])],
  };
}

/** An empty answer that says "ask again over TCP". */
function truncated(query: Packet, response: DnsResponse): Packet {
  const flags = response.flags | TRUNCATED_RESPONSE;
  return packetOf(query, {...response, flags, answers: [], authorities: [], additionals: []});
}

function limitOf(query: Packet, over: 'udp' | 'tcp'): number {
  const asked = optOf(query)?.udpPayloadSize ?? plainUdpLimit;
  return over === 'tcp' ? 65_535 : Math.min(ednsLimit, Math.max(plainUdpLimit, asked));
}

const optOf = ({additionals = []}: Packet) => additionals.find((extra) => extra.type === 'OPT');

const ownOpt: Answer = {
  type: 'OPT',
  name: '.',
  udpPayloadSize: ednsLimit,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
};
