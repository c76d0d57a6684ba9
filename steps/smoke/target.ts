import {z} from 'zod';
import {defineTarget} from '../../src/index.ts';
import type {SiteReader} from './contract.ts';
import {addressesOf} from './site/addresses.ts';
import {certificateAt} from './site/certificate.ts';
import {getPage} from './site/page.ts';

const config = z.object({
  /** `address:port` of the resolver to ask, instead of this machine's. */
  resolver: z.string().optional(),
  /** Certificates of a CA that visitors trust beside the usual ones (PEM). */
  ca: z.string().optional(),
});

/** A web site, as the machine of switcharoo reaches it. Nothing is ever written through it. */
export const webSite = defineTarget({
  kind: 'site',
  config,
  open: async ({resolver, ca}, {name}) => {
    const reader: SiteReader = {
      name,
      addresses: (host, signal) => addressesOf(host, resolver, signal),
      get: (url, address, signal) => getPage(url, address, {ca, signal}),
      certificate: (host, at, signal) => certificateAt(host, at, {ca, signal}),
    };
    return {reader, writer: reader, close: async () => {}};
  },
});
