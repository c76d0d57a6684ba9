import {rootCertificates} from 'node:tls';

/** For a TLS connection: the CA of the target beside the usual ones; without one, what Node.js trusts. */
export const trustedCas = (ca: string | undefined): {readonly ca?: string[]} =>
  ca === undefined ? {} : {ca: [...rootCertificates, ca]};
