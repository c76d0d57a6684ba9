import {z} from 'zod';
import {type Blocked, blocked, defineGate, done, waiting} from '../../src/index.ts';
import {canonicalName, type DnsRecord} from '../name-servers/index.ts';
import {digCommand} from './answers/dig.ts';
import {noReplyText, roleText} from './answers/role-text.ts';
import {severalText} from './answers/several.ts';
import {wrongServer} from './answers/wrong-server.ts';
import type {DnsReader, NoReply, Reply} from './contract.ts';
import {dnsView} from './target.ts';
import {clocksOf, delegationTtl, type Input, input, recordsOf} from './ttl/drain-clocks.ts';
import {durationText, secondsUntil, utcText} from './ttl/times.ts';

type Replies = readonly (Reply | NoReply)[];

// Route 53 says INSYNC when all its servers have a change; other providers may be slower.
const graceMs = 60_000;

/**
 * Open once no cache that honours TTLs can hold a record with the old, long TTL. The time counts from `since`, so that
 * a resumed run does not wait longer; and every server is asked, because a TTL may have been raised again.
 */
export const ttlDrained = defineGate({
  name: 'dns.ttl-drained',
  summary: 'Wait until the records with the long TTL have expired in caches.',
  targets: {dns: dnsView},
  input,
  /** How long a watched cache holds a record from now on: the lowered TTL, or the one a resolver raises it to. */
  output: z.object({cachedSeconds: z.number()}),
  needs: {dns: ['to reach each server over UDP and TCP']},
  // The largest TTL in common use is two days.
  timeoutMs: 49 * 3_600_000,
  neverSkip: 'Until it is open, caches send visitors to the old side long after the swap.',
  poll: {firstMs: 250, mostMs: 10_000},
  check: async ({input, targets: {dns}, now, signal}) => {
    const all = await Promise.all(
      recordsOf(input).map((record) => drainOf(record, {dns, now, signal})),
    );
    const blockage = all.find((each) => typeof each === 'object');
    const progress = all.filter((each) => typeof each === 'string');
    const seconds = all.filter((each) => typeof each === 'number');
    return (
      blockage ??
      (progress.length === 0
        ? done({cachedSeconds: Math.max(...seconds)})
        : waiting(severalText(progress)))
    );
  },
});

interface Means {
  readonly dns: DnsReader;
  readonly now: Date;
  readonly signal: AbortSignal;
}

/** For how many seconds caches hold one record from now on; in words, what is still waited for. */
async function drainOf(
  input: Input,
  {dns, now, signal}: Means,
): Promise<number | string | Blocked> {
  const question = {name: input.name, type: input.type};
  const replies = await dns.ask(question, signal);
  const blockage =
    parentsMissing(input, dns) ?? wrongServer(replies, question) ?? ttlRaised(input, replies, now);
  if (blockage) {
    return blockage;
  }
  const delegation = await delegationTtl(input, dns, signal);
  const missingTtl = Math.max(0, ...authoritative(replies).map((reply) => reply.missingTtl));
  const clocks = clocksOf(input, {missingTtl, delegationTtl: delegation.seconds});
  const running = clocks.filter(({until}) => until > now);
  const over = running.length === 0;
  const reasons = [
    ...running.map(
      ({until, reason}) =>
        `${durationText(secondsUntil(until, now))} until ${utcText(until)}, ${reason}`,
    ),
    ...replies.flatMap((reply) => lateReply(input, {replies, over}, reply)),
    ...delegation.unanswered.map(noReplyText),
  ];
  return reasons.length === 0
    ? cachedSeconds(input, replies)
    : `${canonicalName(input.name)} ${input.type}: ${reasons.join('; ')}`;
}

const parentsMissing = ({delegation}: Input, dns: DnsReader): Blocked | undefined =>
  delegation && delegation.ttlSeconds === undefined && dns.parents === 0
    ? blocked(
        `${dns.name} has no name servers of the parent domain: how long caches keep the delegation of ${utcText(delegation.since)} is unknown.`,
        'Set parents of the dns target in the inventory, or delegation.ttlSeconds in the runbook.',
      )
    : undefined;

function ttlRaised(input: Input, replies: Replies, now: Date): Blocked | undefined {
  const low = lowTtl(input, replies);
  const high = authoritative(replies).find((reply) => longestTtl(input, reply) > low);
  if (!high || now.getTime() < input.since.getTime() + graceMs) {
    return undefined;
  }
  const [longest] = linksOf(high);
  const name = longest?.name ?? canonicalName(input.name);
  const type = longest?.type ?? input.type;
  return blocked(
    `${high.server} serves ${name} ${type} with a TTL of ${longestTtl(input, high)} s, more than the lowered ${low} s: caches hold it that long again.`,
    `Lower the TTL again (it shows in: ${digCommand(high.server, {name, type})}), then start the wait again: the time since ${utcText(input.since)} does not count.`,
  );
}

/** Why a reply keeps the gate closed. */
function lateReply(
  input: Input,
  {replies, over}: {readonly replies: Replies; readonly over: boolean},
  reply: Reply | NoReply,
): readonly string[] {
  if (reply.kind === 'no-reply') {
    return [noReplyText(reply)];
  }
  const server = `${roleText(reply.role)} ${reply.server}`;
  if (linksOf(reply).length === 0 && !input.absent) {
    return isKeptAbsence(reply, replies) ? [] : [`${server} has no such record (${reply.rcode})`];
  }
  const [ttl, low] = [longestTtl(input, reply), lowTtl(input, replies)];
  if (ttl <= low || (over && reply.role === 'resolver' && ttl <= input.clampSeconds)) {
    return [];
  }
  const difference = `${server} has ${durationText(ttl)}, more than the lowered ${durationText(low)}`;
  // No cache that honours TTLs holds the old record now: it got the long TTL later, or raises TTLs itself.
  return over && reply.role === 'resolver'
    ? [
        `${difference}: it got the long TTL later, or it raises TTLs itself (clampSeconds is ${input.clampSeconds})`,
      ]
    : [difference];
}

/**
 * A resolver that was asked while the record did not exist, as after a cutover that was reversed, keeps that for the
 * negative TTL of the zone (RFC 2308). It holds no old record. A name that it does not know at all is another matter.
 */
const isKeptAbsence = ({role, rcode, missingTtl}: Reply, replies: Replies): boolean =>
  role === 'resolver' &&
  rcode === 'NOERROR' &&
  missingTtl > 0 &&
  authoritative(replies).some((reply) => linksOf(reply).length > 0);

function lowTtl(input: Input, replies: Replies): number {
  return (
    input.lowTtlSeconds ??
    Math.max(0, ...authoritative(replies).map((reply) => longestTtl(input, reply)))
  );
}

/** A resolver that raises TTLs shows the rest of its own: it may hold the next answer for `clampSeconds`. */
function cachedSeconds(input: Input, replies: Replies): number {
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

/** The records and the CNAMEs before them, the longest TTL first: caches hold each of them separately. */
const linksOf = ({records, chain}: Reply): readonly DnsRecord[] =>
  [...chain, ...records].sort((first, second) => second.ttl - first.ttl);

const longestTtl = (input: Input, reply: Reply): number =>
  linksOf(reply)[0]?.ttl ?? (input.absent ? reply.missingTtl : 0);
