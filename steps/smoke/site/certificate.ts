import {request as requestHttps} from 'node:https';
import {checkServerIdentity, type TLSSocket} from 'node:tls';
import {proxyAgent} from '../../../src/index.ts';
import type {CertificatePlace, ServedCertificate, ServedNone} from '../contract.ts';
import {trustedCas} from './trusted-cas.ts';

const handshakeTimeoutMs = 5_000;

/** These are seen in the certificate itself. */
const seenOtherwise = [
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'Hostname/IP does not match certificate',
];

/**
 * Makes a handshake with an address as a visitor of `name` (SNI), and says which certificate it shows. It is judged
 * by the CAs of Node.js and the `ca` of the target; a bad one ends no handshake here.
 */
export async function certificateAt(
  name: string,
  {address, port}: CertificatePlace,
  {ca, signal}: {readonly ca: string | undefined; readonly signal: AbortSignal},
): Promise<ServedCertificate | ServedNone> {
  const proxy = await proxyAgent({keepAlive: false});
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const request = requestHttps({
      ...{host: address, port, servername: name, method: 'HEAD', path: '/'},
      headers: {host: port === 443 ? name : `${name}:${port}`, 'user-agent': 'switcharoo'},
      // It is judged here, so that each fault has a name.
      rejectUnauthorized: false,
      ...trustedCas(ca),
      agent: proxy ?? false,
    });
    const judge = (socket: TLSSocket) => {
      resolve(judged(name, socket));
      request.destroy();
    };
    const stop = () => request.destroy(signal.reason);
    const limit = setTimeout(
      () => request.destroy(new Error(`no handshake within ${handshakeTimeoutMs / 1_000} s`)),
      handshakeTimeoutMs,
    );
    signal.addEventListener('abort', stop, {once: true});
    request.on('socket', (socket) =>
      socket.once('secureConnect', () => judge(socket as TLSSocket)),
    );
    // Through a proxy the handshake is over before the request has its socket.
    request.on('response', (response) => judge(response.socket as TLSSocket));
    request.on('error', (error) =>
      signal.aborted ? reject(signal.reason) : resolve({kind: 'none', reason: reasonOf(error)}),
    );
    request.on('close', () => {
      clearTimeout(limit);
      signal.removeEventListener('abort', stop);
    });
    request.end();
  });
}

function judged(name: string, socket: TLSSocket): ServedCertificate | ServedNone {
  const certificate = socket.getPeerCertificate();
  if (!certificate?.valid_to) {
    return {kind: 'none', reason: 'the server shows no certificate'};
  }
  const {authorizationError: error} = socket;
  const code =
    error === null || error === undefined ? '' : ((error as {code?: string}).code ?? String(error));
  const known = seenOtherwise.some((each) => code.startsWith(each));
  return {
    kind: 'certificate',
    names:
      certificate.subjectaltname?.replaceAll('DNS:', '') ?? String(certificate.subject?.CN ?? ''),
    isForName: checkServerIdentity(name, certificate) === undefined,
    validFrom: new Date(certificate.valid_from),
    validTo: new Date(certificate.valid_to),
    ...(code === '' || known ? {} : {distrust: distrustTexts[code] ?? code}),
  };
}

const distrustTexts: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its root CA is unknown to browsers',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the server does not send its intermediate certificates',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its CA is unknown, or an intermediate certificate is missing',
  CERT_REVOKED: 'it was revoked',
};

function reasonOf(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return 'the server does not speak TLS there, or has no certificate for the name';
    case 'ECONNREFUSED':
      return 'no server listens there (ECONNREFUSED)';
    case 'ECONNRESET':
      return 'the connection was closed during the handshake (ECONNRESET)';
    default:
      return error.message;
  }
}
