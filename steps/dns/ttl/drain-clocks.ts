import {z} from 'zod';
import type {DnsReader, Reply, Silence} from '../target.ts';
import {after, inWords, moment, utc} from './times.ts';

const seconds = z.coerce.number().int().nonnegative();

export const input = z
  .object({
    name: z.string(),
    type: z.string().toUpperCase().default('A'),
    /** When the TTL was lowered on all authoritative servers, from the journal. */
    since: moment,
    /** The TTL before that: the longest for which a cache may still hold it. */
    ttlSeconds: seconds.optional(),
    /** The TTL now. Without it, what the authoritative servers say. */
    lowTtlSeconds: seconds.optional(),
    marginSeconds: z.coerce.number().nonnegative().default(0),
    /**
     * The record does not exist yet: what caches hold is that there is none, for as long as the SOA says.
     * Without `ttlSeconds`, what it says now.
     */
    absent: z.boolean().default(false),
    /** Once the old TTL is over, a resolver that makes TTLs longer is borne with up to this. */
    clampSeconds: seconds.default(300),
    /**
     * The zone moved to these name servers shortly before: caches may ask the old ones until the TTL of the delegation
     * is over, and then hold what those said for the old TTL. Without `ttlSeconds`, the longest that the servers of
     * the zone and those of the domain above say now.
     */
    delegation: z.object({since: moment, ttlSeconds: seconds.optional()}).optional(),
  })
  .refine(({ttlSeconds, absent}) => ttlSeconds !== undefined || absent, {
    message: 'give ttlSeconds, the TTL before it was lowered',
    path: ['ttlSeconds'],
  });
export type Input = z.output<typeof input>;

/** Until when, and why until then. */
export interface Clock {
  readonly until: Date;
  readonly why: string;
}

/** What the servers said of TTLs that the runbook leaves open. */
export interface Known {
  readonly missingTtl: number;
  readonly delegationTtl: number;
}

/** How long the clock says that something old may still be cached. */
export function clocksOf(input: Input, {missingTtl, delegationTtl}: Known): readonly Clock[] {
  const {since, marginSeconds, absent, delegation} = input;
  const old = input.ttlSeconds ?? missingTtl;
  const record: Clock = {
    until: after(since, old + marginSeconds),
    why: absent
      ? `when no cache remembers any more that there is no such record (${inWords(old)}, from the SOA)`
      : `when the old TTL of ${inWords(old)} is over`,
  };
  if (!delegation) {
    return [record];
  }
  const moved: Clock = {
    until: after(delegation.since, delegationTtl + old + marginSeconds),
    why: `when nobody asks the old name servers any more (the delegation of ${utc(delegation.since)} has a TTL of ${inWords(delegationTtl)}) and what they said last is forgotten`,
  };
  return [record, moved];
}

/** How long caches may go on asking the name servers of before, and who did not say so. */
export interface DelegationTtl {
  readonly seconds: number;
  readonly silent: readonly Silence[];
}

/** By the zone's own NS records, and by those of the domain above: there are resolvers that go by either. */
export async function delegationTtl(
  {name, delegation}: Input,
  dns: DnsReader,
  signal: AbortSignal,
): Promise<DelegationTtl> {
  if (delegation?.ttlSeconds !== undefined || !delegation) {
    return {seconds: delegation?.ttlSeconds ?? 0, silent: []};
  }
  const own = await dns.ask({name, type: 'NS'}, signal);
  // A name inside of the zone has no name servers of its own; the reply says whose zone it is.
  const apex = own.flatMap((reply) =>
    reply.kind === 'reply' && reply.apex ? [reply.apex] : [],
  )[0];
  const question = {name: apex ?? name, type: 'NS'};
  const [child, parent] = await Promise.all([
    apex ? dns.ask(question, signal) : own,
    dns.askParents(question, signal),
  ]);
  const replies = [...child, ...parent].filter(({role}) => role !== 'resolver');
  return {
    seconds: Math.max(0, ...replies.flatMap(nsTtls)),
    silent: replies.filter((reply) => reply.kind === 'silence'),
  };
}

const nsTtls = (reply: Reply | Silence): readonly number[] =>
  reply.kind === 'reply' ? [...reply.records, ...reply.delegation].map(({ttl}) => ttl) : [];
