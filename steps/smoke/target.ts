import {z} from 'zod';
import {defineTarget} from '../../src/index.ts';
import type {SiteReader} from './contract.ts';
import {addressesOf} from './site/addresses.ts';
import {getPage} from './site/page.ts';

const config = z.object({
  /** `address:port` of the resolver to ask, instead of this machine's. */
  resolver: z.string().optional(),
});

/** A web site, as the machine of switcharoo reaches it. Nothing is ever written through it. */
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
