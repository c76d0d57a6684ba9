import {z} from 'zod';
import {defineGate, done, waiting} from '../../src/index.ts';
import {canonicalName, canonicalValue} from '../name-servers/index.ts';
import {dnsView, misplaced, type Reply, type Silence, wordsOf} from './target.ts';
import {after, latest, moment, utc} from './ttl/times.ts';

const values = z.array(z.string()).min(1);

const input = z
  .object({
    name: z.string(),
    type: z.string().toUpperCase().default('A'),
    /** As Route 53 writes them; order does not matter. */
    values: values.optional(),
    /** Instead of `values`, for a weighted record: each answer is exactly one of these. */
    oneOf: z.array(values).min(1).optional(),
    /** A server that answers one way alone fails who needs the other: long answers go over TCP. */
    over: z
      .array(z.enum(['udp', 'tcp']))
      .min(1)
      .default(['udp', 'tcp']),
    /** When all authoritative servers had the change, and the TTL until then: caches that nobody watches live that long. */
    since: moment.optional(),
    oldTtlSeconds: z.coerce.number().int().nonnegative().optional(),
  })
  .refine(({values, oneOf}) => (values === undefined) !== (oneOf === undefined), {
    message: 'give either values or oneOf',
  });
type Input = z.output<typeof input>;

/** Open once every authoritative server and every resolver answers exactly the wanted values. */
export const propagated = defineGate({
  name: 'dns.propagated',
  summary: 'Wait until all name servers and resolvers answer the new values, over UDP and TCP.',
  targets: {dns: dnsView},
  input,
  /** When the last cache that honours TTLs has forgotten the old values, where the runbook says since when it counts. */
  output: z.object({forgottenAt: z.string().optional()}),
  needs: {dns: ['to reach each server over UDP and TCP']},
  timeoutMs: 15 * 60_000,
  poll: {firstMs: 100, mostMs: 5_000},
  check: async ({input, targets: {dns}, now, signal}) => {
    const {name, type} = input;
    const asked = await Promise.all(input.over.map((way) => dns.ask({name, type}, signal, way)));
    const wrong = misplaced(asked.flat(), {name, type});
    if (wrong) {
      return wrong;
    }
    const wanted = (input.oneOf ?? [input.values ?? []]).map((set) =>
      listed(set.map((value) => canonicalValue(type, value))),
    );
    const servers = byServer(input, asked);
    const behind = servers.flatMap(({said}) => {
      const late = said.filter(
        ({reply}) => reply.kind === 'silence' || !wanted.includes(answered(reply)),
      );
      return late.length === 0 ? [] : [late];
    });
    if (behind.length === 0) {
      return done(forgottenAt(input));
    }
    const progress = `${servers.length - behind.length} of ${servers.length} servers answer ${wanted.join(' or ')} for ${canonicalName(name)}`;
    const late = behind.flatMap((said) => wordsForServer(said, input.over.length, now));
    return waiting([progress, ...late, ...lastOf(behind.flat(), input, now)].join('; '));
  },
});

interface Said {
  readonly way: 'udp' | 'tcp';
  readonly reply: Reply | Silence;
}

/** What each server said, all ways together: `ask` gives them in the same order every time. */
const byServer = ({over}: Input, asked: readonly (readonly (Reply | Silence)[])[]) =>
  (asked[0] ?? []).map((_, index) => ({
    said: over.flatMap((way, at): readonly Said[] => {
      const reply = asked[at]?.[index];
      return reply ? [{way, reply}] : [];
    }),
  }));

const listed = (values: readonly string[]) => [...values].sort().join(', ');
const answered = ({records}: Reply) => listed(records.map(({value}) => value));

/** Once, where all ways say the same; what is heard one way alone names it. */
function wordsForServer(late: readonly Said[], ways: number, now: Date): readonly string[] {
  const same = new Set(late.map(({reply}) => gistOf(reply))).size === 1 && late.length === ways;
  const longest = [...late].sort((one, other) => secondsOf(other.reply) - secondsOf(one.reply));
  // Of several silences the last one, over TCP, names the address that did not answer.
  const [first] = longest[0]?.reply.kind === 'silence' ? late.slice(-1) : longest;
  return same && first
    ? [`${whoIs(first)} ${factOf(first, now)}`]
    : late.map((said) => `${whoIs(said)} over ${said.way.toUpperCase()} ${factOf(said, now)}`);
}

const whoIs = ({reply}: Said): string => `${wordsOf(reply.role)} ${reply.server}`;

const gistOf = (reply: Reply | Silence): string =>
  reply.kind === 'silence' ? 'silence' : answered(reply) || nothingIn(reply);

const factOf = ({reply}: Said, now: Date): string =>
  reply.kind === 'silence'
    ? `does not answer (${reply.reason})`
    : `still answers ${gistOf(reply)}${lifetimeOf(reply, now)}`;

function nothingIn({rcode, leadsTo}: Reply): string {
  const nothing = rcode === 'NOERROR' ? 'no such record' : rcode;
  return leadsTo === undefined ? nothing : `a CNAME to ${leadsTo}`;
}

const secondsOf = (reply: Reply | Silence): number =>
  reply.kind === 'silence'
    ? 0
    : Math.max(reply.missingTtl, ...[...reply.records, ...reply.chain].map(({ttl}) => ttl));

/** What an authoritative server says lives on in caches for as long again; a resolver's answer until what is left of it is over. */
function lifetimeOf(reply: Reply, now: Date): string {
  const seconds = secondsOf(reply);
  if (seconds === 0) {
    return '';
  }
  return reply.role === 'resolver'
    ? `, until ${utc(after(now, seconds))} at most`
    : `, with a TTL of ${seconds} s`;
}

/** When the last resolver forgets it, unless it can still learn it anew; and when the last cache does that nobody watches. */
function lastOf(late: readonly Said[], input: Input, now: Date): readonly string[] {
  const held = late.filter(({reply}) => secondsOf(reply) > 0);
  const resolvers = new Set(held.map(({reply}) => reply.server));
  const all = held.every(({reply}) => reply.role === 'resolver') && held.length === late.length;
  const last = latest(held.map(({reply}) => after(now, secondsOf(reply))));
  const {forgottenAt: elsewhere} = forgottenAt(input);
  return [
    ...(all && resolvers.size > 1 ? [`the last of them forgets it at ${utc(last)} at most`] : []),
    ...(elsewhere ? [`caches that nobody watches forget it at ${elsewhere} at most`] : []),
  ];
}

const forgottenAt = ({since, oldTtlSeconds}: Input): {forgottenAt?: string} =>
  since && oldTtlSeconds !== undefined ? {forgottenAt: utc(after(since, oldTtlSeconds))} : {};
