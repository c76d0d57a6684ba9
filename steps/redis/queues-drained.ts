import {z} from 'zod';
import {blocked, defineGate, done, elapsedMs, type Look, waiting} from '../../src/index.ts';
import type {QueueLength} from './contract.ts';
import {redisDatabase} from './target.ts';

const targets = {redis: redisDatabase};
const input = z.object({
  /** The keys of the queues: lists, streams, sets or sorted sets, by their whole names. */
  queues: z.array(z.string().min(1)).min(1),
  /** So long they may have as many messages as before. */
  stalledSeconds: z.coerce.number().positive().max(86_400).default(60),
});

type QueuesLook = Look<typeof targets, z.output<typeof input>>;

/** The fewest messages until now, since when, and the queues that had some. */
const bookmark = z.object({lowest: z.number(), sinceUtc: z.string(), seen: z.array(z.string())});

interface Queue extends QueueLength {
  readonly name: string;
}

/** Whether consumers have done all that waited in queues of Redis. */
export const queuesDrained = defineGate({
  name: 'redis.queues-drained',
  summary:
    'Wait until queues in Redis are empty: lists, sets, sorted sets, and streams without pending entries.',
  targets,
  input,
  output: z.object({queues: z.array(z.string())}),
  needs: {redis: ['+type +llen +scard +zcard +xlen +xinfo +xrange']},
  effects: [],
  neverSkip: 'Only this gate proves that no message waits in the queues.',
  evidence: ({queues}) => [`Nothing waits in ${queues.join(', ')}.`],
  timeoutMs: 60 * 60_000,

  async check(look) {
    const {
      input: {queues: names},
      targets: {redis},
      signal,
    } = look;
    const lengths = await redis.queueLengths(names, signal);
    const queues = names.flatMap((name, index): Queue[] => {
      const length = lengths[index];
      return length ? [{name, ...length}] : [];
    });
    const other = queues.filter(({type}) => !queueTypes.has(type));
    if (other.length > 0) {
      return blocked(
        `${other.map(({name, type}) => `${name} (${type})`).join(', ')} of ${redis.name} ${other.length === 1 ? 'is not a queue' : 'are not queues'}.`,
        'Correct the names in the parameters of the runbook. A queue is a list, a stream, a set or a sorted set.',
      );
    }
    return verdictOn(look, queues);
  },
});

const queueTypes = new Set(['none', 'list', 'set', 'zset', 'stream']);

const leftIn = ({waiting: waits, pending}: Queue): number => waits + pending;

function verdictOn(look: QueuesLook, queues: readonly Queue[]) {
  const {
    input: {stalledSeconds},
    targets: {redis},
    run,
    now,
  } = look;
  const earlier = bookmark.safeParse(run.bookmark).data;
  const total = queues.reduce((sum, queue) => sum + leftIn(queue), 0);
  if (total === 0) {
    const unseen = queues.filter(
      ({name, type}) => type === 'none' && !earlier?.seen.includes(name),
    );
    return done(
      {queues: queues.map(({name}) => name)},
      ...unseen.map(
        ({name}) => `${redis.name} has no key ${name}: the queue is empty, or its name is wrong.`,
      ),
    );
  }
  const full = queues.filter((queue) => leftIn(queue) > 0);
  const text = full.map(queueText).join('; ');
  if (!earlier || total < earlier.lowest) {
    const seen = [...new Set([...(earlier?.seen ?? []), ...full.map(({name}) => name)])];
    return waiting(text, {lowest: total, sinceUtc: now.toISOString(), seen});
  }
  const stalledMs = elapsedMs(new Date(earlier.sinceUtc), now);
  if (stalledMs < stalledSeconds * 1_000) {
    return waiting(text);
  }
  const grew = total > earlier.lowest ? `; the lowest total was ${earlier.lowest}` : '';
  return blocked(
    `The queues of ${redis.name} have not shrunk for ${Math.round(stalledMs / 1_000)} s (${text}${grew}).`,
    total > earlier.lowest
      ? 'Stop what still adds messages (redis-cli CLIENT LIST shows clients). Then retry.'
      : 'Check that the consumers run, and read their logs. Move a message that always fails out of the queue by hand. Then retry.',
  );
}

/** `jobs: 12 waiting`, `events: 3 waiting, 2 not acknowledged` */
const queueText = ({name, waiting: waits, pending}: Queue): string =>
  `${name}: ${waits} waiting${pending > 0 ? `, ${pending} not acknowledged` : ''}`;
