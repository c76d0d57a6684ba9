import {z} from 'zod';
import {defineTarget} from '../../../src/index.ts';
import {awsConfig, awsRights} from '../../aws/index.ts';
import type {NameServer, RegistrarWriter} from '../contract.ts';
import {domainsApi} from './api.ts';

const config = z.discriminatedUnion('by', [
  awsConfig.extend({by: z.literal('route53-domains'), domain: z.string()}),
  z.object({
    by: z.literal('hand'),
    domain: z.string(),
    /** Its name, as the operator knows it. */
    registrar: z.string(),
  }),
]);

/** The registrar of a domain. */
export const registrar = defineTarget({
  kind: 'registrar',
  config,
  // IAM knows no single domains (Service Authorization Reference, Amazon Route 53 Domains).
  rights: async (given, needs, context) => [
    given.by === 'hand'
      ? {account: null, grants: [{form: 'words', text: personFor(given)}], needs: []}
      : await awsRights(given, needs, () => ['*'], context),
  ],
  open: async (given, {name}) => {
    const domain = `${given.domain.toLowerCase().replace(/\.$/, '')}.`;
    if (given.by === 'hand') {
      const writer = byHand(name, domain, given.registrar);
      return {reader: writer, writer, close: async () => {}};
    }
    return domainsApi({name, domain, aws: given});
  },
});

const personFor = ({domain, registrar}: {readonly domain: string; readonly registrar: string}) =>
  `somebody who may change name servers and DS records of ${plainName(domain)} at ${registrar}`;

/** A person enters it. What is to be entered is said; the steps see at the parent when it is done. */
function byHand(name: string, domain: string, registrar: string): RegistrarWriter {
  return {
    name,
    domain,
    who: `by hand at ${registrar}`,
    entered: async () => undefined,
    underway: async () => undefined,
    setNameServers: async (wanted, signal, say) => {
      signal.throwIfAborted();
      say(
        `at ${registrar}, enter as the name servers of ${plainName(domain)} ${inWords(wanted)}, and no other`,
      );
    },
    setKeys: async (_wanted, ds, signal, say) => {
      signal.throwIfAborted();
      say(
        ds.length === 0
          ? `at ${registrar}, remove every DS record (or DNSSEC key) of ${plainName(domain)}`
          : `at ${registrar}, enter for ${plainName(domain)} the DS ${ds.length === 1 ? 'record' : 'records'} ${ds.join('; ')}`,
      );
    },
  };
}

/** Without its last dot, as people write a domain. */
export const plainName = (domain: string): string => domain.replace(/\.$/, '');

/** `ns1.shop.test (192.0.2.1), ns2.example.com`, as registrars want them: without the last dot. */
export const inWords = (servers: readonly NameServer[]): string =>
  servers
    .map(({name, glue}) => `${plainName(name)}${glue.length > 0 ? ` (${glue.join(', ')})` : ''}`)
    .join(', ');
