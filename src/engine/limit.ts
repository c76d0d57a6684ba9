import {setMaxListeners} from 'node:events';

/**
 * Gives the work a signal that is aborted with the first of the others, and ends with it, also when the work does not
 * listen. `AbortSignal.any` does the same and remembers every signal that it ever made: a long run would keep them all.
 */
export async function limitedBy<Result>(
  signals: readonly AbortSignal[],
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  // Entries that run together all listen to the same few signals.
  setMaxListeners(0, ...signals);
  const follow = () => {
    const first = signals.find(({aborted}) => aborted);
    if (first) {
      controller.abort(first.reason);
    }
  };
  for (const signal of signals) {
    signal.addEventListener('abort', follow);
  }
  follow();
  try {
    return await abortable(work(controller.signal), controller.signal);
  } finally {
    for (const signal of signals) {
      signal.removeEventListener('abort', follow);
    }
  }
}

/** Ends with the signal, also when the work does not listen to it. */
export async function abortable<Result>(
  work: Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  // Whoever loses the race must not become an unhandled rejection.
  work.catch(() => {});
  signal.throwIfAborted();
  let abort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, {once: true});
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
