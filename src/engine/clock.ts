import {setTimeout as timeout} from 'node:timers/promises';

/** Time, as the engine sees it. A simulation has its own. */
export interface Clock {
  now(): Date;
  /** Ends early, without an error, when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Calls back once when the time is over, unless it was called off by what this returns. */
  after(ms: number, over: () => void): () => void;
}

/** What a timer of Node can hold, nearly 25 days: a longer one would go off at once. */
const longestMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => new Date(),
  sleep: (ms, signal) => timeout(ms, undefined, {signal}).catch(() => {}),
  after: (ms, over) => {
    const timer = setTimeout(over, Math.min(ms, longestMs));
    return () => clearTimeout(timer);
  },
};
