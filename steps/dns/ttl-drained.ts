import {z} from 'zod';
import {blocked, defineGate, done, settling} from '../../src/index.ts';
import {canonicalName} from './values.ts';
import {dnsView, misplaced, type Reply, type Silence, wordsOf} from './view.ts';

const moment = z.union([
  z.date(),
  z.iso.datetime({offset: true}).transform((text) => new Date(text)),
]);

const input = z.object({
  name: z.string(),
  type: z.string().toUpperCase().default('A'),
  /** When the TTL was lowered on all authoritative servers, from the journal. */
  since: moment,
  /** The TTL before that: the longest for which a cache may still hold it. */
  ttlSeconds: z.coerce.number().int().nonnegative(),
  /** The TTL now. Without it, what the authoritative servers say. */
  lowTtlSeconds: z.coerce.number().int().nonnegative().optional(),
  marginSeconds: z.coerce.number().nonnegative().default(0),
});

type Input = z.output<typeof input>;
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
  output: z.object({}),
  needs: {dns: ['to reach each server over UDP and TCP']},
  // The largest TTL in common use is two days.
  timeoutMs: 49 * 3_600_000,
  poll: {firstMs: 250, mostMs: 10_000},
  check: async ({input, targets: {dns}, now, signal}) => {
    const question = {name: input.name, type: input.type};
    const replies = await dns.ask(question, signal);
    const wrong = misplaced(replies, question) ?? raisedAgain(input, replies, now);
    if (wrong) {
      return wrong;
    }
    const waitingFor = [
      ...clockOf(input, now),
      ...replies.flatMap((reply) => holdingBack(input, replies, reply)),
    ];
    return waitingFor.length === 0
      ? done({})
      : settling(`${canonicalName(input.name)} ${input.type}: ${waitingFor.join('; ')}`);
  },
});

function raisedAgain(input: Input, replies: Replies, now: Date) {
  const high = authoritative(replies).find((reply) => longestTtl(reply) > lowTtl(input, replies));
  return high && now.getTime() >= input.since.getTime() + graceMs
    ? blocked(
        `${high.server} serves ${canonicalName(input.name)} ${input.type} with a TTL of ${longestTtl(high)} s, more than the lowered ${lowTtl(input, replies)} s, so that caches fill with the long one again.`,
        `Find out who raised it, lower it again, and begin the wait anew: waiting from ${utc(input.since)} would prove nothing.`,
      )
    : undefined;
}

/** How long the clock says that the long TTL may still be cached. */
function clockOf({since, ttlSeconds, marginSeconds}: Input, now: Date): readonly string[] {
  const until = new Date(since.getTime() + (ttlSeconds + marginSeconds) * 1_000);
  const leftSeconds = Math.ceil((until.getTime() - now.getTime()) / 1_000);
  return leftSeconds > 0
    ? [
        `${inWords(leftSeconds)} until ${utc(until)}, when the old TTL of ${inWords(ttlSeconds)} is over`,
      ]
    : [];
}

function holdingBack(input: Input, replies: Replies, reply: Reply | Silence): readonly string[] {
  const who = `${wordsOf(reply.role)} ${reply.server}`;
  if (reply.kind === 'silence') {
    return [`${who} does not answer (${reply.reason})`];
  }
  if (reply.records.length === 0) {
    return [`${who} has no such record (${reply.rcode})`];
  }
  const ttl = longestTtl(reply);
  return ttl > lowTtl(input, replies)
    ? [`${who} shows ${inWords(ttl)}, more than the lowered ${inWords(lowTtl(input, replies))}`]
    : [];
}

function lowTtl({lowTtlSeconds}: Input, replies: Replies): number {
  return lowTtlSeconds ?? Math.max(0, ...authoritative(replies).map(longestTtl));
}

function authoritative(replies: Replies): readonly Reply[] {
  return replies.filter(
    (reply): reply is Reply => reply.kind === 'reply' && reply.role === 'authoritative',
  );
}

const longestTtl = ({records}: Reply) => Math.max(0, ...records.map(({ttl}) => ttl));
const utc = (moment: Date) => `${moment.toISOString().slice(0, 19).replace('T', ' ')} UTC`;

function inWords(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  const parts = [
    [hours, 'h'],
    [minutes, 'min'],
    [seconds % 60, 's'],
  ] as const;
  return (
    parts.flatMap(([count, unit]) => (count > 0 ? [`${count} ${unit}`] : [])).join(' ') || '0 s'
  );
}
