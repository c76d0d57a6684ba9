import {unlessAborted} from '../session/with-timeout.ts';
import type {Waiter} from './contract.ts';

interface Underway<Value> {
  readonly value: Promise<Value>;
  readonly controller: AbortController;
}

/** Reads once for all who wait. It ends when none of them waits any more; one that failed is read again. */
export class SharedReading<Value> {
  readonly #read: (waiter: Waiter) => Promise<Value>;
  readonly #waiters = new Set<Waiter>();
  #underway: Underway<Value> | null = null;
  #isRead = false;

  constructor(read: (waiter: Waiter) => Promise<Value>) {
    this.#read = read;
  }

  async value(waiter: Waiter): Promise<Value> {
    waiter.signal.throwIfAborted();
    this.#underway ??= this.#start();
    const {value, controller} = this.#underway;
    this.#waiters.add(waiter);
    try {
      await unlessAborted(value, waiter.signal);
      return await value;
    } finally {
      this.#waiters.delete(waiter);
      if (this.#waiters.size === 0 && !this.#isRead) {
        this.#underway = null;
        controller.abort(waiter.signal.reason);
      }
    }
  }

  #start(): Underway<Value> {
    const controller = new AbortController();
    const value = this.#read({
      signal: controller.signal,
      progress: (text) => {
        for (const {progress} of this.#waiters) {
          progress?.(text);
        }
      },
    }).then((result) => {
      this.#isRead = true;
      return result;
    });
    value.catch(() => {});
    return {value, controller};
  }
}
