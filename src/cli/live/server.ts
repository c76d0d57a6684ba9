import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import {type AddressInfo, isIP} from 'node:net';
import {hostname} from 'node:os';
import {type Problem, SwitcharooError} from '../../model/problem.ts';
import {type Followed, policyOf} from '../../report/index.ts';

/** What a live page shows, made once for all of its viewers. */
export interface Feed {
  isFresh(): boolean;
  /** Changes with everything but the time. */
  tag(): string;
  /** The time by which the clocks of the page tick; `null` while they must not. */
  nowUtc(): string | null;
  /** What `state.json` holds. */
  state(): unknown;
  html(from: Followed): string;
}

interface Address {
  readonly host: string;
  /** 0: one that the system picks. */
  readonly port: number;
}

interface LiveServer {
  readonly url: string;
  close(): Promise<void>;
}

/** No live page has this many viewers. */
const mostConnections = 1_000;

/** Serves a live page, and its state. It only reads, and has no other path. */
export async function serveLive(feed: Feed, {host, port}: Address): Promise<LiveServer> {
  const names = new Set(['localhost', host.toLowerCase(), hostname().toLowerCase()]);
  const server = createServer((request, response) => {
    answer(request, response, {feed, names});
  });
  server.maxConnections = mostConnections;
  const bound = await listening(server, {host, port});
  // Nobody can open the address that stands for all.
  const isAll = bound.address === '0.0.0.0' || bound.address === '::';
  const address = isIP(bound.address) === 6 ? `[${bound.address}]` : bound.address;
  const shown = isAll ? hostname() : address;
  return {
    url: `http://${shown}:${bound.port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const listening = (server: Server, {host, port}: Address): Promise<AddressInfo> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(new SwitcharooError(addressUnusable(host, port, cause.code ?? ''), {cause}));
    });
    server.listen({host, port}, () => resolve(server.address() as AddressInfo));
  });

const addressUnusable = (host: string, port: number, code: string): Problem => ({
  code: 'live-address-unusable',
  message: `The live page cannot be served at ${host}, port ${port} (${code}).`,
  hint: 'Leave out --port to use a free port, or set --host to an address of this machine.',
});

interface Serving {
  readonly feed: Feed;
  /** Names under which the page may be requested, besides its addresses. */
  readonly names: ReadonlySet<string>;
}

function answer(request: IncomingMessage, response: ServerResponse, {feed, names}: Serving): void {
  for (const [name, value] of Object.entries(headersOfAll)) {
    response.setHeader(name, value);
  }
  const send = (status: number, type: string, text: string) => {
    response.writeHead(status, {
      'content-type': `${type}; charset=utf-8`,
      'content-length': Buffer.byteLength(text),
    });
    response.end(request.method === 'HEAD' ? undefined : text);
  };
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    send(405, 'text/plain', 'This page is read-only.\n');
    return;
  }
  if (!isKnown(request.headers.host, names)) {
    send(421, 'text/plain', otherName(names));
    return;
  }
  const path = request.url?.split('?', 1)[0];
  if (path !== '/' && path !== '/state.json') {
    send(404, 'text/plain', 'There is only one page here: /\n');
    return;
  }
  if (!feed.isFresh()) {
    send(503, 'text/plain', 'What this page shows has not been read for some seconds.\n');
    return;
  }
  if (path === '/') {
    send(200, 'text/html', feed.html('server'));
    return;
  }
  response.setHeader('etag', `"${feed.tag()}"`);
  response.setHeader('switcharoo-now', feed.nowUtc() ?? '');
  if (request.headers['if-none-match'] === `"${feed.tag()}"`) {
    response.writeHead(304).end();
    return;
  }
  send(200, 'application/json', JSON.stringify(feed.state()));
}

const otherName = (names: ReadonlySet<string>): string =>
  `Open this page at an IP address, or as ${[...names].join(' or ')}. For another name, start it with: switcharoo live --host NAME\n`;

const headersOfAll = {
  'cache-control': 'no-store',
  'content-security-policy': `${policyOf(true)}; frame-ancestors 'none'`,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/**
 * Another site can make its own name resolve to this server, and would read the answer as its own. An IP address
 * cannot be such a name.
 */
function isKnown(host: string | undefined, names: ReadonlySet<string>): boolean {
  const name = host
    ?.replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  return name !== undefined && (isIP(name) !== 0 || names.has(name));
}
