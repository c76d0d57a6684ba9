import {setMaxListeners} from 'node:events';
import type {Clock} from './clock.ts';

/** The limit itself ended the work, and not one that the work had set for one of its calls. */
export class TimeIsUp extends DOMException {
  constructor() {
    super('The operation was aborted due to timeout', 'TimeoutError');
  }
}

/**
 * Gives the work a signal that is aborted with the first of the others, or with `TimeIsUp`, and ends with it, also
 * when the work does not listen. Work that makes progress may start the time again. `AbortSignal.any` does the same and
 * remembers every signal that it ever made: a long run would keep them all.
 */
export async function limitedBy<Result>(
  signals: readonly AbortSignal[],
  time: {readonly clock: Clock; readonly ms: number},
  work: (signal: AbortSignal, startAgain: () => void) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  let end = (_reason: unknown) => {};
  const ended = new Promise<never>((_resolve, reject) => {
    end = (reason) => {
      controller.abort(reason);
      reject(reason);
    };
  });
  // The promise that loses the race must not become an unhandled rejection.
  ended.catch(() => {});
  const follow = () => {
    const first = signals.find(({aborted}) => aborted);
    if (first) {
      end(first.reason);
    }
  };
  // Entries that run together all listen to the same few signals.
  setMaxListeners(0, ...signals);
  for (const signal of signals) {
    signal.addEventListener('abort', follow);
  }
  const startTimer = () => time.clock.after(time.ms, () => end(new TimeIsUp()));
  let callOff = startTimer();
  let isOver = false;
  const startAgain = () => {
    if (!isOver) {
      callOff();
      callOff = startTimer();
    }
  };
  follow();
  try {
    const working = work(controller.signal, startAgain);
    working.catch(() => {});
    return await Promise.race([ended, working]);
  } finally {
    isOver = true;
    callOff();
    for (const signal of signals) {
      signal.removeEventListener('abort', follow);
    }
  }
}

/**
 * Aborted with the first of the signals, until it is released. `AbortSignal.any` is kept for ever when a listener is
 * never taken off, as by somebody who waits and dies, and with it all that the listener knows.
 */
export function firstOf(...signals: readonly AbortSignal[]): {
  readonly signal: AbortSignal;
  release(): void;
} {
  const controller = new AbortController();
  const follow = (signal: AbortSignal) => () => controller.abort(signal.reason);
  const followed = signals.map((signal) => [signal, follow(signal)] as const);
  for (const [signal, follower] of followed) {
    if (signal.aborted) {
      follower();
    } else {
      signal.addEventListener('abort', follower, {once: true});
    }
  }
  return {
    signal: controller.signal,
    release: () => {
      for (const [signal, follower] of followed) {
        signal.removeEventListener('abort', follower);
      }
    },
  };
}
