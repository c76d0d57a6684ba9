import {z} from 'zod';
import {blocked, defineGate, done, waiting} from '../../src/index.ts';
import {dnsZone} from '../name-servers/index.ts';
import {hostedZone} from '../route53/index.ts';
import {dnsView} from './target.ts';
import {after, inWords, moment, utc} from './ttl/times.ts';

const seconds = z.coerce.number().nonnegative();

const input = z.object({
  /** When every server of the parent sent people to the new name servers, from the journal. */
  since: moment,
  /** How long resolvers may ask the old ones: the longer of the two NS TTLs, the parent's and the old zone's own. */
  ttlSeconds: seconds,
  marginSeconds: seconds.default(0),
});

/** Open once no resolver that honours TTLs asks the old name servers any more. Until then every change belongs into both zones. */
export const nsTtlExpired = defineGate({
  name: 'dns.ns-ttl-expired',
  summary: 'Wait until resolvers have forgotten the old name servers.',
  targets: {parent: dnsZone, zone: hostedZone, dns: dnsView},
  input,
  output: z.object({}),
  needs: {
    parent: ['to reach each server over UDP and TCP'],
    zone: ['route53:GetHostedZone'],
    dns: ['to reach each server over UDP and TCP'],
  },
  timeoutMs: 8 * 24 * 3_600_000,
  poll: {firstMs: 250, mostMs: 60_000},
  check: async ({input: {since, ttlSeconds, marginSeconds}, targets, now, signal}) => {
    const {parent, zone, dns} = targets;
    const {name: domain, nameServers} = await zone.domain(signal);
    const wanted = [...nameServers].sort().join(', ');
    for (const told of await parent.delegations(domain, signal)) {
      const names = told.kind === 'delegation' ? told.nameServers.map(({name}) => name) : [];
      if (told.kind === 'delegation' && names.join(', ') !== wanted) {
        return blocked(
          `${told.server.address} of ${parent.name} sends people to ${names.join(', ')} for ${domain} and not to ${wanted}, so that resolvers learn those anew.`,
          'Find out who changed the delegation, and wait anew once it is right: waiting from before would prove nothing.',
        );
      }
    }
    const until = after(since, ttlSeconds + marginSeconds);
    const left = Math.ceil((until.getTime() - now.getTime()) / 1_000);
    const holding = (await dns.ask({name: domain, type: 'NS'}, signal)).flatMap((reply) => {
      if (reply.role !== 'resolver') {
        return [];
      }
      if (reply.kind === 'silence') {
        return [`resolver ${reply.server} does not answer (${reply.reason})`];
      }
      const names = reply.records
        .map(({value}) => value)
        .sort()
        .join(', ');
      return names === wanted
        ? []
        : [`resolver ${reply.server} answers ${names || reply.rcode}${lifetime(reply.records)}`];
    });
    const waitingFor = [
      ...(left > 0
        ? [`${inWords(left)} until ${utc(until)}, when the old delegation is forgotten`]
        : []),
      ...holding,
    ];
    return waitingFor.length === 0 ? done({}) : waiting(`${domain} ${waitingFor.join('; ')}`);
  },
});

const lifetime = (records: readonly {readonly ttl: number}[]): string =>
  records.length === 0 ? '' : `, for ${inWords(Math.max(...records.map(({ttl}) => ttl)))} at most`;
