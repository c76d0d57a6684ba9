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

/**
 * Gives the work a signal that is aborted with the first of these. `AbortSignal.any` does the same, and each signal
 * that it makes is remembered for as long as the longest-lived of these lives (Node 20).
 */
export async function withFirst<Result>(
  signals: readonly AbortSignal[],
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal, ...signals);
  const listeners = signals.map((signal) => {
    const follow = () => controller.abort(signal.reason);
    signal.addEventListener('abort', follow, {once: true});
    if (signal.aborted) {
      follow();
    }
    return {signal, follow};
  });
  try {
    return await work(controller.signal);
  } finally {
    for (const {signal, follow} of listeners) {
      signal.removeEventListener('abort', follow);
    }
    controller.abort();
  }
}

/**
 * The end of a connection, for all that wait for an answer of it: mysql2 never settles the statements of a destroyed
 * connection. A race with one promise of that end would keep every answer until then: thousands in a night.
 */
export class Ending {
  readonly #waiting = new Set<(cause: unknown) => void>();
  #cause: Error | null = null;

  end(cause: Error): void {
    this.#cause ??= cause;
    for (const reject of this.#waiting) {
      reject(cause);
    }
    this.#waiting.clear();
  }

  unlessEnded<Result>(work: Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const stop = () => void this.#waiting.delete(reject);
      work.then(resolve, reject).then(stop, stop);
      if (this.#cause === null) {
        this.#waiting.add(reject);
      } else {
        reject(this.#cause);
      }
    });
  }
}
