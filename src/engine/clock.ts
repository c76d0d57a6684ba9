import {setTimeout as timeout} from 'node:timers/promises';

/** Time, as the engine sees it. A simulation has its own. */
export interface Clock {
  now(): Date;
  /** Ends early, without an error, when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Aborted with a `TimeoutError` when the time is over. */
  timeout(ms: number): AbortSignal;
}

export const systemClock: Clock = {
  now: () => new Date(),
  sleep: (ms, signal) => timeout(ms, undefined, {signal}).catch(() => {}),
  timeout: (ms) => AbortSignal.timeout(ms),
};
