import {z} from 'zod';
import {blocked, defineGate, done, waiting} from '../../src/index.ts';
import {dnsZone} from '../name-servers/index.ts';
import {after, inWords, moment, utc} from './ttl/times.ts';

const seconds = z.coerce.number().nonnegative();

const input = z.object({
  /** When no server of the parent answered a DS record any more, from the journal. */
  since: moment,
  /** How long a validating resolver may remember the last one. */
  ttlSeconds: seconds,
  marginSeconds: seconds.default(0),
});

/** A CDS record that asks the parent to remove the DS, and not to set one (RFC 8078, 4). */
const removal = '0 0 0 00';

/**
 * Open once no validating resolver can hold a DS record of the domain. With one, it takes the answers of name servers
 * that do not sign for forged, and the domain is gone for everyone behind it.
 */
export const dsExpired = defineGate({
  name: 'dns.ds-expired',
  summary: 'Wait until no resolver expects signatures of the domain any more.',
  targets: {parent: dnsZone, old: dnsZone},
  input,
  output: z.object({}),
  needs: {
    parent: ['to reach each server over UDP and TCP'],
    old: ['to reach each server over UDP and TCP'],
  },
  // DS records live for one or two days.
  timeoutMs: 60 * 3_600_000,
  poll: {firstMs: 250, mostMs: 30_000},
  check: async ({
    input: {since, ttlSeconds, marginSeconds},
    targets: {parent, old},
    now,
    signal,
  }) => {
    const {domain} = old;
    for (const told of await old.ask({name: domain, type: 'CDS'}, signal)) {
      const wish = told.kind === 'told' ? told.answers.find(({type}) => type === 'CDS') : undefined;
      if (wish && wish.value !== removal) {
        return blocked(
          `${told.server.address} of ${old.name} publishes CDS ${wish.value} for ${domain}: a parent that follows it sets a DS record again.`,
          'Let the old name servers stop publishing CDS and CDNSKEY, and go on signing.',
        );
      }
    }
    const holding = (await parent.ask({name: domain, type: 'DS'}, signal)).flatMap((told) => {
      const {address} = told.server;
      if (told.kind === 'unheard') {
        return [`${address} of ${parent.name} does not answer: ${told.reason}`];
      }
      const [ds] = told.answers.filter(({type}) => type === 'DS');
      return ds
        ? [`${address} of ${parent.name} still answers DS ${ds.value}, for ${inWords(ds.ttl)}`]
        : [];
    });
    const until = after(since, ttlSeconds + marginSeconds);
    const left = Math.ceil((until.getTime() - now.getTime()) / 1_000);
    const waitingFor = [
      ...(left > 0
        ? [`${inWords(left)} until ${utc(until)}, when resolvers have forgotten the last DS record`]
        : []),
      ...holding,
    ];
    return waitingFor.length === 0 ? done({}) : waiting(`${domain} ${waitingFor.join('; ')}`);
  },
});
