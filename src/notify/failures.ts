import {answerLimitMs, NotDelivered} from './channel.ts';

/** Errors of Node and OpenSSL before anything was sent (errno(3), getaddrinfo(3)), and what each means. */
const beforeSending: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name does not resolve',
  EAI_AGAIN: 'its name could not be resolved: no name server answered',
  ECONNREFUSED: 'its port refuses connections',
  EHOSTUNREACH: 'there is no network route to it',
  ENETUNREACH: 'there is no network route to it',
};

/** OpenSSL and Node name refused certificates like this (tls, X509 certificate error codes). */
const certificate =
  /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|ERR_TLS_CERT|INVALID_CA|ERR_SSL_)/;

/**
 * Why it was not delivered, in words that hold nothing of the address. `isConnected`: the receiver may have read it,
 * so it is not sent again.
 */
export function notDelivered(cause: unknown, isConnected: boolean): NotDelivered {
  if (cause instanceof NotDelivered) {
    return cause;
  }
  const {name, message, code = ''} = cause as Error & {readonly code?: string};
  const again = !isConnected;
  if (name === 'ProxyError') {
    return new NotDelivered(message, {again}, {cause});
  }
  if (certificate.test(code)) {
    return new NotDelivered(`its certificate is not accepted (${code})`, {again: false}, {cause});
  }
  const meaning = beforeSending[code];
  if (meaning) {
    return new NotDelivered(meaning, {again}, {cause});
  }
  const mayHaveArrived = isConnected ? '; it may have arrived' : '';
  const isLate = ['AbortError', 'TimeoutError'].includes(name) || code === 'ETIMEDOUT';
  const because = isLate
    ? `no answer within ${answerLimitMs / 1_000} s`
    : `the connection was lost (${code || name})`;
  return new NotDelivered(`${because}${mayHaveArrived}`, {again}, {cause});
}
