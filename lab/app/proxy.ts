import {readFileSync} from 'node:fs';
import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import {hasOneRequestAConnection, type UpstreamServer, upstreamIn} from './upstream.ts';

// The reverse proxy of a web host: nginx, as far as it passes requests on to the servers of one upstream block.
// On SIGHUP it reads its file again: requests under way end where they began, new ones go to the new servers.

const {LISTEN_ADDRESS = '127.0.0.1', PORT = '0', UPSTREAM_FILE = 'upstream.conf'} = process.env;

let upstream = upstreamIn(readFileSync(UPSTREAM_FILE, 'utf8'));
// As with `keepalive` in nginx's upstream block. Connections to earlier servers are not used after a reload.
let connections = new Agent({keepAlive: true});
let oneRequest = hasOneRequestAConnection(UPSTREAM_FILE);
let turn = 0;

const server = createServer((asked, answer) => {
  turn += 1;
  answer.shouldKeepAlive &&= !oneRequest;
  const to = upstream[turn % upstream.length];
  if (to) {
    passOn(asked, answer, to);
  }
});
// Longer than any client keeps a connection: the client decides when it ends, so that no request meets a closed one.
server.keepAliveTimeout = 65_000;
server.listen(Number(PORT), LISTEN_ADDRESS);

process.on('SIGHUP', () => {
  try {
    upstream = upstreamIn(readFileSync(UPSTREAM_FILE, 'utf8'));
    connections = new Agent({keepAlive: true});
    oneRequest = hasOneRequestAConnection(UPSTREAM_FILE);
    if (oneRequest) {
      // As nginx's earlier workers do. A client that is at work gets the end with its next answer instead.
      setTimeout(() => server.closeIdleConnections(), 1_000).unref();
    }
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
