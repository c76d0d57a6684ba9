import {z} from 'zod';
import {type Blocked, blocked, defineGate, done, type Look, waiting} from '../../src/index.ts';
import {dnsZone} from '../name-servers/index.ts';
import {hostedZone} from '../route53/index.ts';
import {sortedText} from './answers/answer-text.ts';
import {noReplyText} from './answers/role-text.ts';
import {dnsView} from './target.ts';
import {after, durationText, moment, secondsUntil, utcText} from './ttl/times.ts';

const seconds = z.coerce.number().nonnegative();

const input = z.object({
  /** When every server of the parent delegated the domain to the new name servers, from the journal. */
  since: moment,
  /** How long resolvers may ask the old ones: the longer of the two NS TTLs, the parent's and the old zone's own. */
  ttlSeconds: seconds,
  marginSeconds: seconds.default(0),
});

const targets = {parent: dnsZone, zone: hostedZone, dns: dnsView};
type ExpiryLook = Look<typeof targets, z.output<typeof input>>;

/** The domain and its new name servers, as sorted text. */
interface Expected {
  readonly domain: string;
  readonly nameServers: string;
}

/** Open once no resolver that honours TTLs asks the old name servers. Until then, make every change in both zones. */
export const nsTtlExpired = defineGate({
  name: 'dns.ns-ttl-expired',
  summary: 'Wait until the NS records of the old name servers have expired in resolvers.',
  targets,
  input,
  output: z.object({}),
  needs: {
    parent: ['to reach each server over UDP and TCP'],
    zone: ['route53:GetHostedZone'],
    dns: ['to reach each server over UDP and TCP'],
  },
  effects: [{fact: 'delegation', to: 'zone', is: 'settled'}],
  timeoutMs: 8 * 24 * 3_600_000,
  neverSkip: 'Until it is open, resolvers still ask the old name servers.',
  poll: {firstMs: 250, mostMs: 60_000},
  check: async (look) => {
    const {name: domain, nameServers} = await look.targets.zone.domain(look.signal);
    const expected = {domain, nameServers: sortedText(nameServers)};
    const changed = await delegationChanged(look, expected);
    if (changed) {
      return changed;
    }
    const {since, ttlSeconds, marginSeconds} = look.input;
    const until = after(since, ttlSeconds + marginSeconds);
    const left = secondsUntil(until, look.now);
    const reasons = [
      ...(left > 0
        ? [
            `${durationText(left)} until ${utcText(until)}, when resolvers have expired the old NS records`,
          ]
        : []),
      ...(await lateResolvers(look, expected)),
    ];
    return reasons.length === 0 ? done({}) : waiting(`${domain} ${reasons.join('; ')}`);
  },
});

async function delegationChanged(
  {targets: {parent}, signal}: ExpiryLook,
  {domain, nameServers}: Expected,
): Promise<Blocked | undefined> {
  for (const reply of await parent.delegations(domain, signal)) {
    const delegated =
      reply.kind === 'delegation' ? sortedText(reply.nameServers.map(({name}) => name)) : undefined;
    if (delegated !== undefined && delegated !== nameServers) {
      return blocked(
        `${reply.server.address} of ${parent.name} delegates ${domain} to ${delegated || 'no name servers'} and not to ${nameServers}: resolvers cache those again.`,
        `Correct the delegation at the registrar (it shows in: dig +trace ${domain} NS), then start the wait again: the time until now does not count.`,
      );
    }
  }
  return undefined;
}

/** The watched resolvers that do not answer with the new name servers. */
async function lateResolvers(
  {targets: {dns}, signal}: ExpiryLook,
  {domain, nameServers}: Expected,
): Promise<readonly string[]> {
  const replies = await dns.ask({name: domain, type: 'NS'}, signal);
  return replies.flatMap((reply) => {
    if (reply.role !== 'resolver') {
      return [];
    }
    if (reply.kind === 'no-reply') {
      return [noReplyText(reply)];
    }
    const values = sortedText(reply.records.map(({value}) => value));
    if (values === nameServers) {
      return [];
    }
    const ttls = reply.records.map(({ttl}) => ttl);
    const lifetime = ttls.length === 0 ? '' : `, for ${durationText(Math.max(...ttls))} at most`;
    return [`resolver ${reply.server} answers ${values || reply.rcode}${lifetime}`];
  });
}
