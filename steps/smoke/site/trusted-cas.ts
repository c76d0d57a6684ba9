import {createSecureContext, rootCertificates, type SecureContext} from 'node:tls';

const contexts = new Map<string, SecureContext>();

/**
 * For a TLS connection: the CA of the target beside the usual ones; without one, what Node.js trusts. The usual ones
 * are read once for each CA: they are 150, and reading them takes as long as several handshakes.
 */
export function trustedCas(ca: string | undefined): {readonly secureContext?: SecureContext} {
  if (ca === undefined) {
    return {};
  }
  const secureContext = contexts.get(ca) ?? createSecureContext({ca: [...rootCertificates, ca]});
  contexts.set(ca, secureContext);
  return {secureContext};
}
