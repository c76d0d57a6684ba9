import {lookup, Resolver} from 'node:dns/promises';
import {request as requestHttp} from 'node:http';
import {request as requestHttps} from 'node:https';
import {isIP} from 'node:net';
import {z} from 'zod';
import {defineTarget, SwitcharooError} from '../../src/index.ts';

const config = z.object({
  /** `address:port` of the resolver to ask, instead of this machine's. */
  resolver: z.string().optional(),
});

export interface Page {
  readonly status: number;
  /** Where a redirect leads. It is not followed. */
  readonly location?: string;
  /** The first megabyte. */
  readonly body: string;
}

/** A web site as its visitors reach it. */
export interface SiteReader {
  readonly name: string;
  /** All addresses of a host name, as the resolver has them now. */
  addresses(host: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Gets a page from one address, with the name of the URL's host for virtual hosts and certificates. */
  get(url: string, address: string, signal: AbortSignal): Promise<Page>;
}

/** A web site, looked at from where switcharoo runs. Nothing is ever written through it. */
export const webSite = defineTarget({
  kind: 'site',
  config,
  open: async ({resolver}, {name}) => {
    const reader: SiteReader = {
      name,
      addresses: (host, signal) => addressesOf(host, resolver, signal),
      get: getPage,
    };
    return {reader, writer: reader, close: async () => {}};
  },
});

const lookUpTimeoutMs = 1_500;
const pageTimeoutMs = 5_000;
const longestBody = 1_000_000;

async function addressesOf(
  host: string,
  resolver: string | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> {
  signal.throwIfAborted();
  const plain = host.replace(/^\[|\]$/g, '');
  if (isIP(plain)) {
    return [plain];
  }
  try {
    return await (resolver === undefined
      ? fromSystem(host, signal)
      : fromResolver(host, resolver, signal));
  } catch (cause) {
    signal.throwIfAborted();
    throw unresolved(host, resolver, cause);
  }
}

async function fromSystem(host: string, signal: AbortSignal): Promise<readonly string[]> {
  // The system's look-up cannot be cancelled; its answer is then ignored.
  const found = await Promise.race([lookup(host, {all: true}), aborted(signal)]);
  return found.map(({address}) => address);
}

/** A new one each time: node's resolvers remember answers. */
async function fromResolver(
  host: string,
  server: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const resolver = new Resolver({timeout: lookUpTimeoutMs, tries: 2});
  resolver.setServers([server]);
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel, {once: true});
  try {
    const [v4, v6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    const found = [v4, v6].flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    const failed = [v4, v6].find((one) => one.status === 'rejected' && !isMissing(one.reason));
    // With half of the answer missing, addresses would go unasked.
    if (failed?.status === 'rejected') {
      throw failed.reason;
    }
    if (found.length === 0 && v4.status === 'rejected') {
      throw v4.reason;
    }
    return found;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

const isMissing = ({code}: NodeJS.ErrnoException) => code === 'ENODATA' || code === 'ENOTFOUND';

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), {once: true});
  });
}

async function getPage(url: string, address: string, signal: AbortSignal): Promise<Page> {
  signal.throwIfAborted();
  const {protocol, host, hostname, port, pathname, search} = new URL(url);
  const isHttps = protocol === 'https:';
  const options = {
    ...{host: address, path: pathname + search, agent: false as const},
    port: port || (isHttps ? 443 : 80),
    headers: {host, 'user-agent': 'switcharoo', connection: 'close'},
    // A certificate is for the name, whatever the address; a bare address has no name to send.
    ...(isIP(hostname.replace(/^\[|\]$/g, '')) ? {} : {servername: hostname}),
  };
  return new Promise((resolve, reject) => {
    const asked = (isHttps ? requestHttps : requestHttp)(options, (answer) => {
      let body = '';
      const finish = () => {
        const {location} = answer.headers;
        const status = answer.statusCode ?? 0;
        resolve(location === undefined ? {status, body} : {status, location, body});
        asked.destroy();
      };
      answer.setEncoding('utf8').on('error', reject).on('end', finish);
      answer.on('data', (chunk) => {
        body += chunk;
        if (body.length >= longestBody) {
          finish();
        }
      });
    });
    const stop = () => asked.destroy(signal.reason);
    const limit = setTimeout(
      () => asked.destroy(new Error(`no answer within ${pageTimeoutMs / 1_000} s`)),
      pageTimeoutMs,
    );
    signal.addEventListener('abort', stop, {once: true});
    asked.on('error', (cause) =>
      reject(signal.aborted ? signal.reason : unreachable(url, address, cause)),
    );
    asked.on('close', () => {
      clearTimeout(limit);
      signal.removeEventListener('abort', stop);
    });
    asked.end();
  });
}

const lookUpWords: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no such name',
  ENODATA: 'the name has no address',
  ETIMEOUT: 'the resolver does not answer',
  ECONNREFUSED: 'the resolver does not answer',
  ESERVFAIL: 'the resolver could not find out',
  EREFUSED: 'the resolver refuses to answer',
};

const pageWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there (ECONNREFUSED)',
  ECONNRESET: 'the connection was closed before an answer (ECONNRESET)',
  EHOSTUNREACH: 'there is no way to that host (EHOSTUNREACH)',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes without its issuer',
};

const words = (cause: unknown, known: Readonly<Record<string, string>>) => {
  const {code = '', message} = cause as NodeJS.ErrnoException; // Sockets and resolvers throw nothing else.
  return known[code] ?? message;
};

const unresolved = (host: string, resolver: string | undefined, cause: unknown) =>
  new SwitcharooError(
    {
      code: 'site-unresolved',
      message: `${host} could not be looked up at ${resolver ?? "this machine's resolver"}: ${words(cause, lookUpWords)}.`,
      hint: 'Check the name, and the resolver of the site target in the inventory.',
    },
    {cause},
  );

const unreachable = (url: string, address: string, cause: unknown) =>
  new SwitcharooError(
    {
      code: 'site-unreachable',
      message: `${url} at ${address} gave no page: ${words(cause, pageWords)}.`,
      hint: 'Open the page yourself, and look at the web server behind that address.',
    },
    {cause},
  );
