import {z} from 'zod';
import {type Blocked, blocked, defineGate, done, waiting} from '../../src/index.ts';
import {canonicalName, type DnsRecord} from '../name-servers/index.ts';
import {type DnsReader, dnsView, misplaced, type Reply, type Silence, wordsOf} from './target.ts';
import {clocksOf, delegationTtl, type Input, input} from './ttl/drain-clocks.ts';
import {inWords, utc} from './ttl/times.ts';

type Replies = readonly (Reply | Silence)[];

// Route 53 says INSYNC when all its servers have a change; other providers may be slower.
const graceMs = 60_000;

/**
 * Open once no cache that honours TTLs can hold the old, long one. It counts from `since`, so that
 * its end stays where it is when the run is resumed, and it also asks: the clock alone proves nothing.
 */
export const ttlDrained = defineGate({
  name: 'dns.ttl-drained',
  summary: 'Wait until caches can no longer hold the long TTL.',
  targets: {dns: dnsView},
  input,
  /** The longest that a watched cache holds what it learns from now on: the lowered TTL, or what a resolver raises it to. */
  output: z.object({heldSeconds: z.number()}),
  needs: {dns: ['to reach each server over UDP and TCP']},
  // The largest TTL in common use is two days.
  timeoutMs: 49 * 3_600_000,
  poll: {firstMs: 250, mostMs: 10_000},
  check: async ({input, targets: {dns}, now, signal}) => {
    const question = {name: input.name, type: input.type};
    const replies = await dns.ask(question, signal);
    const wrong =
      parentsMissing(input, dns) ??
      misplaced(replies, question) ??
      raisedAgain(input, replies, now);
    if (wrong) {
      return wrong;
    }
    const delegation = await delegationTtl(input, dns, signal);
    const missingTtl = Math.max(0, ...authoritative(replies).map((reply) => reply.missingTtl));
    const clocks = clocksOf(input, {missingTtl, delegationTtl: delegation.seconds});
    const running = clocks.filter(({until}) => until > now);
    const over = running.length === 0;
    const waitingFor = [
      ...running.map(({until, why}) => `${leftUntil(until, now)} until ${utc(until)}, ${why}`),
      ...replies.flatMap((reply) => holdingBack(input, {replies, over}, reply)),
      ...delegation.silent.map(unanswered),
    ];
    return waitingFor.length === 0
      ? done({heldSeconds: heldSeconds(input, replies)})
      : waiting(`${canonicalName(input.name)} ${input.type}: ${waitingFor.join('; ')}`);
  },
});

const parentsMissing = ({delegation}: Input, dns: DnsReader): Blocked | undefined =>
  delegation && delegation.ttlSeconds === undefined && dns.parents === 0
    ? blocked(
        `${dns.name} names no name server of the domain above, and so nobody says how long caches keep the delegation of ${utc(delegation.since)}.`,
        'Give parents of the dns target in the inventory, or delegation.ttlSeconds in the runbook.',
      )
    : undefined;

function raisedAgain(input: Input, replies: Replies, now: Date) {
  const low = lowTtl(input, replies);
  const high = authoritative(replies).find((reply) => longestTtl(input, reply) > low);
  if (!high || now.getTime() < input.since.getTime() + graceMs) {
    return undefined;
  }
  const [longest] = linksOf(high);
  return blocked(
    `${high.server} serves ${longest?.name ?? canonicalName(input.name)} ${longest?.type ?? input.type} with a TTL of ${longestTtl(input, high)} s, more than the lowered ${low} s, so that caches fill with the long one again.`,
    `Find out who raised it, lower it again, and begin the wait anew: waiting from ${utc(input.since)} would prove nothing.`,
  );
}

function holdingBack(
  input: Input,
  {replies, over}: {readonly replies: Replies; readonly over: boolean},
  reply: Reply | Silence,
): readonly string[] {
  if (reply.kind === 'silence') {
    return [unanswered(reply)];
  }
  const who = `${wordsOf(reply.role)} ${reply.server}`;
  if (linksOf(reply).length === 0 && !input.absent) {
    return [`${who} has no such record (${reply.rcode})`];
  }
  const [ttl, low] = [longestTtl(input, reply), lowTtl(input, replies)];
  if (ttl <= low || (over && reply.role === 'resolver' && ttl <= input.clampSeconds)) {
    return [];
  }
  const shows = `${who} shows ${inWords(ttl)}, more than the lowered ${inWords(low)}`;
  // No cache that honours TTLs holds the old one any more: it learnt the long TTL late, or makes it itself.
  return over && reply.role === 'resolver'
    ? [
        `${shows}: a cache that honours TTLs cannot, so it was told the long one later, or raises TTLs itself (clampSeconds is ${input.clampSeconds})`,
      ]
    : [shows];
}

function lowTtl(input: Input, replies: Replies): number {
  return (
    input.lowTtlSeconds ??
    Math.max(0, ...authoritative(replies).map((reply) => longestTtl(input, reply)))
  );
}

/** What a resolver that raises TTLs shows is at most what is left of it: it may hold the next answer for all that is borne with. */
function heldSeconds(input: Input, replies: Replies): number {
  const low = lowTtl(input, replies);
  const raised = replies.some(
    (reply) =>
      reply.kind === 'reply' && reply.role === 'resolver' && longestTtl(input, reply) > low,
  );
  return raised ? Math.max(low, input.clampSeconds) : low;
}

function authoritative(replies: Replies): readonly Reply[] {
  return replies.filter(
    (reply): reply is Reply => reply.kind === 'reply' && reply.role === 'authoritative',
  );
}

/** The records and the CNAMEs on the way to them, the longest TTL first: each of them is cached on its own. */
const linksOf = ({records, chain}: Reply): readonly DnsRecord[] =>
  [...chain, ...records].sort((one, other) => other.ttl - one.ttl);

const longestTtl = (input: Input, reply: Reply): number =>
  linksOf(reply)[0]?.ttl ?? (input.absent ? reply.missingTtl : 0);

const leftUntil = (until: Date, now: Date): string =>
  inWords(Math.ceil((until.getTime() - now.getTime()) / 1_000));

const unanswered = ({role, server, reason}: Silence): string =>
  `${wordsOf(role)} ${server} does not answer (${reason})`;
