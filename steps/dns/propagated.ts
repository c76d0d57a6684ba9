import {z} from 'zod';
import {defineGate, done, settling} from '../../src/index.ts';
import {canonicalName, canonicalValue} from './values.ts';
import {dnsView, misplaced, type Reply, type Silence, wordsOf} from './view.ts';

const input = z.object({
  name: z.string(),
  type: z.string().toUpperCase().default('A'),
  /** As Route 53 writes them; order does not matter. */
  values: z.array(z.string()).min(1),
});

/** Open once every authoritative server and every resolver answers exactly the wanted values. */
export const propagated = defineGate({
  name: 'dns.propagated',
  summary: 'Wait until all name servers and resolvers answer the new values.',
  targets: {dns: dnsView},
  input,
  output: z.object({}),
  needs: {dns: ['to reach each server over UDP and TCP']},
  timeoutMs: 15 * 60_000,
  poll: {firstMs: 100, mostMs: 5_000},
  check: async ({input: {name, type, values}, targets: {dns}, signal}) => {
    const replies = await dns.ask({name, type}, signal);
    const wrong = misplaced(replies, {name, type});
    if (wrong) {
      return wrong;
    }
    const wanted = listed(values.map((value) => canonicalValue(type, value)));
    const behind = replies.filter(
      (reply) => reply.kind === 'silence' || answered(reply) !== wanted,
    );
    if (behind.length === 0) {
      return done({});
    }
    const progress = `${replies.length - behind.length} of ${replies.length} servers answer ${wanted} for ${canonicalName(name)}`;
    return settling(`${progress}; ${behind.map(wordsFor).join('; ')}`);
  },
});

const listed = (values: readonly string[]) => [...values].sort().join(', ');
const answered = ({records}: Reply) => listed(records.map(({value}) => value));

function wordsFor(reply: Reply | Silence): string {
  const who = `${wordsOf(reply.role)} ${reply.server}`;
  if (reply.kind === 'silence') {
    return `${who} does not answer (${reply.reason})`;
  }
  return `${who} still answers ${answered(reply) || nothingIn(reply)}${lifetimeOf(reply)}`;
}

function nothingIn({rcode, leadsTo}: Reply): string {
  const nothing = rcode === 'NOERROR' ? 'no such record' : rcode;
  return leadsTo === undefined ? nothing : `a CNAME to ${leadsTo}`;
}

/** What an authoritative server says lives on in caches for as long again; a resolver's answer for what is left of it. */
function lifetimeOf({role, records, missingTtl}: Reply): string {
  const seconds = Math.max(missingTtl, ...records.map(({ttl}) => ttl));
  if (seconds === 0) {
    return '';
  }
  return role === 'resolver' ? `, for ${seconds} s at most` : `, with a TTL of ${seconds} s`;
}
