import {setMaxListeners} from 'node:events';

/** A time limit passed before the answer came. */
export class TimedOut extends Error {
  readonly limitMs: number;

  constructor(limitMs: number) {
    super(`no answer within ${limitMs} ms`);
    this.limitMs = limitMs;
  }
}

/**
 * Calls back after so much time in which this process could take an answer: while it loads a library on a busy machine,
 * the answer may be there and nobody reads it.
 */
function afterRunning(limitMs: number, act: () => void): () => void {
  const sliceMs = Math.ceil(limitMs / 10);
  let leftMs = limitMs;
  let timer: NodeJS.Timeout;
  const wait = () => {
    const ms = Math.min(sliceMs, leftMs);
    timer = setTimeout(() => {
      leftMs -= ms;
      if (leftMs > 0) {
        wait();
      } else {
        act();
      }
    }, ms);
  };
  wait();
  return () => clearTimeout(timer);
}

/** Waits for `work`, at most `limitMs`, and no longer than `signal` allows. */
export async function withTimeout<Result>(
  work: Promise<Result>,
  limitMs: number,
  signal?: AbortSignal,
): Promise<Result> {
  // The loser of the race may still reject, which is expected.
  work.catch(() => {});
  if (signal) {
    // Many sessions may be opened at once with the same signal.
    setMaxListeners(0, signal);
  }
  let stop = () => {};
  const over = new Promise<never>((_resolve, reject) => {
    const stopTimer = afterRunning(limitMs, () => reject(new TimedOut(limitMs)));
    const onAbort = () => reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, {once: true});
    stop = () => {
      stopTimer();
      signal?.removeEventListener('abort', onAbort);
    };
    if (signal?.aborted) {
      onAbort();
    }
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    stop();
  }
}

/** Waits for `work`, and no longer than `signal` allows. */
export async function unlessAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  // All who wait for the same answer may listen to the same signal.
  setMaxListeners(0, signal);
  let stop = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, {once: true});
    stop = () => signal.removeEventListener('abort', onAbort);
    if (signal.aborted) {
      onAbort();
    }
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    stop();
  }
}
