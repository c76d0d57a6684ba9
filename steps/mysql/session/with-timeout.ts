/** A time limit passed before the answer came. */
export class TimedOut extends Error {
  readonly limitMs: number;

  constructor(limitMs: number) {
    super(`no answer within ${limitMs} ms`);
    this.limitMs = limitMs;
  }
}

/** Waits for `work`, at most `limitMs`, and no longer than `signal` allows. */
export async function withTimeout<Result>(
  work: Promise<Result>,
  limitMs: number,
  signal?: AbortSignal,
): Promise<Result> {
  // The loser of the race may still reject, which is expected.
  work.catch(() => {});
  let stop = () => {};
  const over = new Promise<never>((_resolve, reject) => {
    const timer = setTimeout(() => reject(new TimedOut(limitMs)), limitMs);
    const onAbort = () => reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, {once: true});
    stop = () => {
      clearTimeout(timer);
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
