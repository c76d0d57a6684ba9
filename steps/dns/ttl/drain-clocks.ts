import {z} from 'zod';
import type {DnsReader, NoReply, Reply} from '../contract.ts';
import {after, durationText, moment, utcText} from './times.ts';

const seconds = z.coerce.number().int().nonnegative();

const type = z.string().toUpperCase().default('A');

export const input = z
  .object({
    name: z.string().optional(),
    type,
    /** Instead of one name: several records with their TTLs, as `route53.lower-ttl` outputs them. */
    records: z
      .array(
        z.object({
          name: z.string(),
          type,
          ttlSeconds: seconds.optional(),
          lowTtlSeconds: seconds.optional(),
        }),
      )
      .min(1)
      .optional(),
    /** When the TTL was lowered on all authoritative servers, from the journal. */
    since: moment,
    /** The TTL before that: the longest time that a cache may still hold the record. */
    ttlSeconds: seconds.optional(),
    /** The TTL now. Without it, the TTL that the authoritative servers answer. */
    lowTtlSeconds: seconds.optional(),
    marginSeconds: z.coerce.number().nonnegative().default(0),
    /**
     * The record does not exist yet: caches hold that there is none, for the negative TTL of the SOA.
     * Without `ttlSeconds`, the TTL that the SOA has now.
     */
    absent: z.boolean().default(false),
    /** Once the old TTL is over, a resolver that raises TTLs is tolerated up to this one. */
    clampSeconds: seconds.default(300),
    /**
     * The zone moved to these name servers shortly before: caches may ask the old ones until the TTL of the delegation
     * is over, and then hold their answers for the old TTL. Without `ttlSeconds`, the longest TTL that the servers of
     * the zone and of the parent domain have now.
     */
    delegation: z.object({since: moment, ttlSeconds: seconds.optional()}).optional(),
  })
  .refine(({name, records}) => (name === undefined) !== (records === undefined), {
    message: 'give either name or records',
  })
  .refine(
    (given) =>
      given.absent ||
      (given.records ?? [given]).every(
        (each) => (each.ttlSeconds ?? given.ttlSeconds) !== undefined,
      ),
    {
      message: 'give ttlSeconds, the TTL before it was lowered',
      path: ['ttlSeconds'],
    },
  );
type Given = z.output<typeof input>;

/** The wait for one record. */
export type Input = Omit<Given, 'records' | 'name'> & {readonly name: string};

/** The records of the input, each with its own TTLs where it has some. */
export function recordsOf({records, name = '', ...common}: Given): readonly Input[] {
  return records === undefined
    ? [{...common, name}]
    : records.map(({name, type, ttlSeconds = common.ttlSeconds, lowTtlSeconds}) => ({
        ...common,
        name,
        type,
        ttlSeconds,
        lowTtlSeconds: lowTtlSeconds ?? common.lowTtlSeconds,
      }));
}

/** A time until which caches may hold an old record, and the reason. */
interface Clock {
  readonly until: Date;
  readonly reason: string;
}

/** The TTLs that the servers have now: they count where the runbook sets none. */
interface ServedTtls {
  readonly missingTtl: number;
  readonly delegationTtl: number;
}

/** How long caches may still hold something old, by the clock alone. */
export function clocksOf(input: Input, {missingTtl, delegationTtl}: ServedTtls): readonly Clock[] {
  const {since, marginSeconds, absent, delegation} = input;
  const old = input.ttlSeconds ?? missingTtl;
  const record: Clock = {
    until: after(since, old + marginSeconds),
    reason: absent
      ? `when caches have expired that there is no such record (${durationText(old)}, from the SOA)`
      : `when the old TTL of ${durationText(old)} is over`,
  };
  if (!delegation) {
    return [record];
  }
  const moved: Clock = {
    until: after(delegation.since, delegationTtl + old + marginSeconds),
    reason: `when no cache asks the old name servers (the delegation of ${utcText(delegation.since)} has a TTL of ${durationText(delegationTtl)}) and their last answers have expired`,
  };
  return [record, moved];
}

/** How long caches may ask the previous name servers, and the servers that did not answer. */
interface DelegationTtl {
  readonly seconds: number;
  readonly unanswered: readonly NoReply[];
}

/** By the NS records of the zone itself and of the parent: some resolvers use one, some the other. */
export async function delegationTtl(
  {name, delegation}: Input,
  dns: DnsReader,
  signal: AbortSignal,
): Promise<DelegationTtl> {
  if (delegation?.ttlSeconds !== undefined || !delegation) {
    return {seconds: delegation?.ttlSeconds ?? 0, unanswered: []};
  }
  const replies = await dns.ask({name, type: 'NS'}, signal);
  // A name inside the zone has no NS records; the SOA in the reply names the zone.
  const apex = replies.flatMap((reply) =>
    reply.kind === 'reply' && reply.apex ? [reply.apex] : [],
  )[0];
  const question = {name: apex ?? name, type: 'NS'};
  const [child, parent] = await Promise.all([
    apex ? dns.ask(question, signal) : replies,
    dns.askParents(question, signal),
  ]);
  const servers = [...child, ...parent].filter(({role}) => role !== 'resolver');
  return {
    seconds: Math.max(0, ...servers.flatMap(nsTtls)),
    unanswered: servers.filter((reply) => reply.kind === 'no-reply'),
  };
}

const nsTtls = (reply: Reply | NoReply): readonly number[] =>
  reply.kind === 'reply' ? [...reply.records, ...reply.delegation].map(({ttl}) => ttl) : [];
