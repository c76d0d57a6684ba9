import {z} from 'zod';
import {blocked, defineGate, done, elapsedMs, type Look, waiting} from '../../src/index.ts';
import type {QueueCounts} from './contract.ts';
import {sqsQueues} from './target.ts';

const targets = {sqs: sqsQueues};
const input = z.object({
  /** The names of the queues. */
  queues: z.array(z.string().min(1)).min(1),
  /**
   * So long all counts must be 0. They are approximate, and right about a minute after the last message was sent
   * (Amazon SQS API reference, GetQueueAttributes).
   */
  steadySeconds: z.coerce.number().min(1).max(3_600).default(75),
});

type DrainedLook = Look<typeof targets, z.output<typeof input>>;

/** Since when all counts have been 0, and when they were last. */
const bookmark = z.object({emptySinceUtc: z.string(), emptyAtUtc: z.string()});

/** An imitation of SQS on this machine has exact counts; SQS itself has not. */
const leastSeconds = 61;

/** After a longer pause, nobody knows what was in between. */
const longestPauseMs = 60_000;

/** Whether consumers have done all that waited in queues of SQS. */
export const sqsDrained = defineGate({
  name: 'sqs.drained',
  summary:
    'Wait until SQS queues have had no messages for over a minute, in flight and delayed ones included.',
  targets,
  input,
  output: z.object({queues: z.array(z.string()), steadySeconds: z.number()}),
  needs: {sqs: ['sqs:GetQueueUrl', 'sqs:GetQueueAttributes', 'sqs:ListQueues']},
  effects: [],
  neverSkip: 'Only this gate proves that no message waits in the queues.',
  evidence: ({queues, steadySeconds}) => [
    `SQS has counted no messages in ${queues.join(', ')} for ${steadySeconds} s.`,
  ],
  poll: {firstMs: 1_000, mostMs: 10_000},
  timeoutMs: 60 * 60_000,

  async check(look) {
    const {
      input: {queues: names, steadySeconds},
      targets: {sqs},
      signal,
    } = look;
    if (steadySeconds < leastSeconds && !sqs.isLocal) {
      return blocked(
        `steadySeconds is ${steadySeconds} for ${sqs.name}, but SQS needs about a minute after the last message to count correctly.`,
        `Set steadySeconds to ${leastSeconds} or more in the parameters of the runbook, or remove it.`,
      );
    }
    const counts = await Promise.all(names.map((name) => sqs.counts(name, signal)));
    const queues = names.flatMap((name, index) => {
      const count = counts[index];
      return count ? [{name, ...count}] : [];
    });
    const missing = names.filter((_name, index) => counts[index] === undefined);
    if (missing.length > 0) {
      const others = await sqs.names(signal);
      return blocked(
        `${sqs.name} has no queue ${missing.join(', ')}; it has ${others.slice(0, 5).join(', ') || 'none'}.`,
        'Correct the names in the runbook, or the region in the inventory: aws sqs list-queues',
      );
    }
    const full = queues.filter((queue) => queue.waiting + queue.inFlight + queue.delayed > 0);
    if (full.length === 0) {
      return steady(look);
    }
    const text = full.map(queueText).join('; ');
    // What was noted while they were empty counts no more.
    return look.run.bookmark ? waiting(text, null) : waiting(text);
  },
});

function steady({input: {queues, steadySeconds}, run, now}: DrainedLook) {
  const earlier = bookmark.safeParse(run.bookmark).data;
  const isKnown =
    earlier !== undefined && elapsedMs(new Date(earlier.emptyAtUtc), now) <= longestPauseMs;
  const since = isKnown ? new Date(earlier.emptySinceUtc) : now;
  const emptyMs = elapsedMs(since, now);
  return emptyMs >= steadySeconds * 1_000
    ? done({queues, steadySeconds})
    : waiting(
        `no messages for ${Math.floor(emptyMs / 1_000)} of ${steadySeconds} s, in ${queues.join(', ')}`,
        {emptySinceUtc: since.toISOString(), emptyAtUtc: now.toISOString()},
      );
}

/** `jobs: 12 waiting, 3 in flight, 1 delayed` */
const queueText = ({name, waiting: waits, inFlight, delayed}: QueueCounts & {name: string}) =>
  `${name}: ${waits} waiting, ${inFlight} in flight, ${delayed} delayed`;
