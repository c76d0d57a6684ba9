import type {Problem} from '../../../src/index.ts';

export const siteUnresolved = (
  host: string,
  resolver: string | undefined,
  cause: unknown,
): Problem => ({
  code: 'site-unresolved',
  message: `${host} could not be looked up at ${resolver ?? "this machine's resolver"}: ${reasonOf(cause, lookUpReasons)}.`,
  hint: 'Check the name, and the resolver of the site target in the inventory.',
});

export const siteUnreachable = (url: string, address: string, cause: Error): Problem =>
  cause.name === 'ProxyError'
    ? siteBehindProxy(url, address, cause)
    : pageless(url, address, cause);

const siteBehindProxy = (url: string, address: string, {message}: Error): Problem => ({
  code: 'site-unreachable',
  message: `${url} at ${address} cannot be reached: ${message}.`,
  hint: {
    text: 'Correct HTTPS_PROXY and HTTP_PROXY, or exclude the site with NO_PROXY. Show what is set with',
    command: 'doctor',
  },
});

const pageless = (url: string, address: string, cause: Error): Problem => ({
  code: 'site-unreachable',
  message: `${url} at ${address} returned no page: ${reasonOf(cause, pageReasons)}.`,
  hint: 'Open the page in a browser, and check the web server at that address.',
});

const lookUpReasons: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no such name',
  ENODATA: 'the name has no address',
  ETIMEOUT: 'the resolver does not answer',
  ECONNREFUSED: 'the resolver does not answer',
  ESERVFAIL: 'the resolver answers SERVFAIL',
  EREFUSED: 'the resolver refuses to answer',
};

const pageReasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'no server listens there (ECONNREFUSED)',
  ECONNRESET: 'the connection was closed before an answer (ECONNRESET)',
  EHOSTUNREACH: 'there is no route to that host (EHOSTUNREACH)',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes without its issuer',
};

const reasonOf = (cause: unknown, reasons: Readonly<Record<string, string>>): string => {
  const {code = '', message} = cause as NodeJS.ErrnoException; // Sockets and resolvers throw nothing else.
  return reasons[code] ?? message;
};
