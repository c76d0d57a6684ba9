import {z} from 'zod';
import {type Blocked, blocked, defineGate, done, type Look, waiting} from '../../src/index.ts';
import {dnsZone} from '../name-servers/index.ts';
import {after, durationText, moment, secondsUntil, utcText} from './ttl/times.ts';

const seconds = z.coerce.number().nonnegative();

const input = z.object({
  /** When the last server of the parent stopped answering a DS record, from the journal. */
  since: moment,
  /** How long a validating resolver may cache the last one. */
  ttlSeconds: seconds,
  marginSeconds: seconds.default(0),
});

const targets = {parent: dnsZone, old: dnsZone};
type ExpiryLook = Look<typeof targets, z.output<typeof input>>;

/** A CDS record that asks the parent to remove the DS, and not to set one (RFC 8078, 4). */
const removal = '0 0 0 00';

/**
 * Open once no validating resolver can hold a DS record of the domain. A resolver that holds one rejects the answers of
 * name servers that do not sign, and its clients cannot resolve the domain.
 */
export const dsExpired = defineGate({
  name: 'dns.ds-expired',
  summary: 'Wait until the DS records of the domain have expired in validating resolvers.',
  targets,
  input,
  output: z.object({}),
  needs: {
    parent: ['to reach each server over UDP and TCP'],
    old: ['to reach each server over UDP and TCP'],
  },
  effects: [{fact: 'ds', of: 'old', are: 'expired'}],
  // DS records live for one or two days.
  timeoutMs: 60 * 3_600_000,
  neverSkip:
    'Until it is open, validating resolvers refuse every answer from the new name servers.',
  poll: {firstMs: 250, mostMs: 30_000},
  check: async (look) => {
    const published = await publishedCds(look);
    if (published) {
      return published;
    }
    const {since, ttlSeconds, marginSeconds} = look.input;
    const until = after(since, ttlSeconds + marginSeconds);
    const left = secondsUntil(until, look.now);
    const reasons = [
      ...(left > 0
        ? [
            `${durationText(left)} until ${utcText(until)}, when resolvers have expired the last DS record`,
          ]
        : []),
      ...(await parentsWithDs(look)),
    ];
    const {domain} = look.targets.old;
    return reasons.length === 0 ? done({}) : waiting(`${domain} ${reasons.join('; ')}`);
  },
});

/** A parent that follows CDS records sets the DS record again. */
async function publishedCds({targets: {old}, signal}: ExpiryLook): Promise<Blocked | undefined> {
  const {domain} = old;
  for (const reply of await old.ask({name: domain, type: 'CDS'}, signal)) {
    const cds =
      reply.kind === 'answer' ? reply.answers.find(({type}) => type === 'CDS') : undefined;
    if (cds && cds.value !== removal) {
      return blocked(
        `${reply.server.address} of ${old.name} publishes CDS ${cds.value} for ${domain}: a parent that follows it sets a DS record again.`,
        'At the old name servers, stop publishing CDS and CDNSKEY, and keep signing the zone.',
      );
    }
  }
  return undefined;
}

async function parentsWithDs({
  targets: {parent, old},
  signal,
}: ExpiryLook): Promise<readonly string[]> {
  const replies = await parent.ask({name: old.domain, type: 'DS'}, signal);
  return replies.flatMap((reply) => {
    const server = `${reply.server.address} of ${parent.name}`;
    if (reply.kind === 'no-answer') {
      return [`${server} does not answer (${reply.reason})`];
    }
    const [ds] = reply.answers.filter(({type}) => type === 'DS');
    return ds ? [`${server} still answers DS ${ds.value}, for ${durationText(ds.ttl)}`] : [];
  });
}
