import {readFileSync} from 'node:fs';
import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import type {Socket} from 'node:net';
import {hasOneRequestAConnection, type UpstreamServer, upstreamIn} from './upstream.ts';

// The reverse proxy of a web host: nginx, as far as it passes requests on to the servers of one upstream block.
// On SIGHUP it reads its file again: requests under way end where they began, new ones go to the new servers.

const {LISTEN_ADDRESS = '127.0.0.1', PORT = '0', UPSTREAM_FILE = 'upstream.conf'} = process.env;

let upstream = upstreamIn(readFileSync(UPSTREAM_FILE, 'utf8'));
// As with `keepalive` in nginx's upstream block. Connections to earlier servers are not used after a reload.
let connections = new Agent({keepAlive: true});
let oneRequest = hasOneRequestAConnection(UPSTREAM_FILE);
let turn = 0;
const restedMs = 1_000;

/** The open connections, and since when no request is under way on them; `null`: one is. */
const idleSince = new Map<Socket, number | null>();

const server = createServer((asked, answer) => {
  idleSince.set(asked.socket, null);
  answer.once('close', () => {
    if (idleSince.has(asked.socket)) {
      idleSince.set(asked.socket, performance.now());
    }
  });
  turn += 1;
  answer.shouldKeepAlive &&= !oneRequest;
  const to = upstream[turn % upstream.length];
  if (to) {
    passOn(asked, answer, to);
  }
});
// Longer than any client keeps a connection: the client decides when it ends, so that no request meets a closed one.
server.keepAliveTimeout = 65_000;
server.on('connection', (socket: Socket) => {
  idleSince.set(socket, performance.now());
  socket.once('close', () => idleSince.delete(socket));
});
server.listen(Number(PORT), LISTEN_ADDRESS);

let rested: ReadonlySet<Socket> = new Set();

/**
 * nginx's earlier workers close idle connections at once, which can hit a request that is on its way. A client that is
 * at work gets the end with its next answer here; only who has rested is closed, and not before all that has arrived
 * was read: this process may have stood still.
 */
setInterval(() => {
  const now = performance.now();
  const still = [...idleSince]
    .filter(([, since]) => oneRequest && since !== null && now - since > restedMs)
    .map(([socket]) => socket);
  for (const socket of still.filter((each) => rested.has(each))) {
    socket.destroy();
  }
  rested = new Set(still);
}, 100).unref();

process.on('SIGHUP', () => {
  try {
    upstream = upstreamIn(readFileSync(UPSTREAM_FILE, 'utf8'));
    connections = new Agent({keepAlive: true});
    oneRequest = hasOneRequestAConnection(UPSTREAM_FILE);
    console.log(
      `passes requests on to ${upstream.map(({host, port}) => `${host}:${port}`).join()}`,
    );
  } catch (error) {
    // As nginx does: with an unusable file it keeps its servers.
    console.error(String(error));
  }
});
process.once('SIGTERM', () => process.exit(0));

function passOn(
  asked: IncomingMessage,
  answer: ServerResponse,
  {host, port}: UpstreamServer,
): void {
  const {method, url} = asked;
  const headers = withoutConnection(asked.headers);
  const passed = request(
    {host, port, method, path: url, headers, agent: connections, localAddress: LISTEN_ADDRESS},
    (reply) => {
      answer.writeHead(reply.statusCode ?? 502, withoutConnection(reply.headers));
      reply.pipe(answer);
    },
  );
  passed.on('error', (error) => {
    console.error(`502 ${host}:${port}: ${error.message}`);
    if (answer.headersSent) {
      answer.destroy();
    } else {
      answer.writeHead(502, {'content-type': 'text/plain'});
      answer.end(`502 Bad Gateway: ${error.message}\n`);
    }
  });
  asked.pipe(passed);
}

/** That header is about one connection, and a proxy has two (RFC 9110, section 7.6.1). */
function withoutConnection({connection: _, ...others}: IncomingHttpHeaders): IncomingHttpHeaders {
  return others;
}
