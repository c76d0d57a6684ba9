import {performance} from 'node:perf_hooks';
import {setTimeout as sleep} from 'node:timers/promises';

/** A little more than a second: requests do not all travel equally long. */
const windowMs = 1_050;

/** Waits for a turn, in the order of the calls, and returns when it came (in ms of `performance.now`). */
type Turn = (perSecond: number, signal?: AbortSignal) => Promise<number>;

const turns = new Map<string, Turn>();

/**
 * One limit for all clients of this process with the same endpoint: Route 53 counts the requests of an account over all
 * zones and operations, and delays those above the limit far longer than a turn takes (developer guide, "Quotas").
 */
export function rateLimitOf(endpoint: string): Turn {
  const turn = turns.get(endpoint) ?? createRateLimit();
  turns.set(endpoint, turn);
  return turn;
}

/** Never more than `perSecond` turns in any second. */
export function createRateLimit(): Turn {
  let queue: Promise<unknown> = Promise.resolve();
  let turnsTaken: readonly number[] = [];
  let highestRate = 1;
  const next = async (perSecond: number, signal?: AbortSignal): Promise<number> => {
    signal?.throwIfAborted();
    const earliest = (turnsTaken.at(-perSecond) ?? Number.NEGATIVE_INFINITY) + windowMs;
    while (performance.now() < earliest) {
      await sleep(earliest - performance.now(), undefined, {signal});
    }
    const now = performance.now();
    highestRate = Math.max(highestRate, perSecond);
    turnsTaken = [...turnsTaken, now].slice(-highestRate);
    return now;
  };
  return (perSecond, signal) => {
    const turn = queue.then(() => next(perSecond, signal));
    queue = turn.catch(() => {});
    return unlessAborted(turn, signal);
  };
}

/** An aborted caller does not wait for those before it. */
async function unlessAborted<Result>(
  work: Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  if (!signal) {
    return work;
  }
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, {once: true});
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
