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
  #result: {readonly value: Value} | null = null;

  /** `known`: nothing is read. */
  constructor(read: (waiter: Waiter) => Promise<Value>, known?: Value) {
    this.#read = read;
    this.#result = known === undefined ? null : {value: known};
  }

  /** What was read; `undefined` before its end. */
  get result(): Value | undefined {
    return this.#result?.value;
  }

  async value(waiter: Waiter): Promise<Value> {
    waiter.signal.throwIfAborted();
    if (this.#result) {
      return this.#result.value;
    }
    this.#underway ??= this.#start();
    const {value, controller} = this.#underway;
    this.#waiters.add(waiter);
    try {
      await unlessAborted(value, waiter.signal);
      return await value;
    } finally {
      this.#waiters.delete(waiter);
      if (this.#waiters.size === 0 && !this.#result) {
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
      this.#result = {value: result};
      return result;
    });
    value.catch(() => {});
    return {value, controller};
  }
}
