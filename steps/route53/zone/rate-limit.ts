import {performance} from 'node:perf_hooks';
import {setTimeout as sleep} from 'node:timers/promises';

/** A little more than a second: requests do not all travel equally long. */
const windowMs = 1_050;

/** Waits for a turn, in the order of asking, and says when it came (in ms of `performance.now`). */
export type Pace = (perSecond: number, signal?: AbortSignal) => Promise<number>;

const paces = new Map<string, Pace>();

/**
 * One for all clients of this process that ask the same endpoint: Route 53 counts the requests of an account, whatever
 * their zone or operation, and makes those above the limit wait far longer than a turn takes (developer guide,
 * "Quotas").
 */
export function paceOf(endpoint: string): Pace {
  const pace = paces.get(endpoint) ?? createPace();
  paces.set(endpoint, pace);
  return pace;
}

/** Never more than `perSecond` turns in any second. */
export function createPace(): Pace {
  let queue: Promise<unknown> = Promise.resolve();
  let given: readonly number[] = [];
  let most = 1;
  const turn = async (perSecond: number, signal?: AbortSignal): Promise<number> => {
    signal?.throwIfAborted();
    const earliest = (given.at(-perSecond) ?? Number.NEGATIVE_INFINITY) + windowMs;
    while (performance.now() < earliest) {
      await sleep(earliest - performance.now(), undefined, {signal});
    }
    const now = performance.now();
    most = Math.max(most, perSecond);
    given = [...given, now].slice(-most);
    return now;
  };
  return (perSecond, signal) => {
    const mine = queue.then(() => turn(perSecond, signal));
    queue = mine.catch(() => {});
    return unlessAborted(mine, signal);
  };
}

/** Who is aborted while others wait in front does not wait for them. */
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
