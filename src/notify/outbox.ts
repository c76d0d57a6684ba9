import {setTimeout as sleep} from 'node:timers/promises';
import type {Delivery} from '../model/notice.ts';
import {type Channel, NotDelivered} from './channel.ts';
import type {NumberedNotice} from './notices.ts';

/** How many notices may wait for one channel. */
const longestQueue = 50;
const usualPausesMs = [1_000, 5_000] as const;

/** Sends the notices for one channel, one after another, in the background. Throws nothing. */
export class Outbox {
  readonly #channel: Channel;
  readonly #onEnd: (delivery: Delivery) => void;
  readonly #pausesMs: readonly number[];
  readonly #waiting: NumberedNotice[] = [];
  readonly #stopped = new AbortController();
  #working: Promise<void> | undefined;

  /** `pausesMs`: before each further attempt; a receiver may ask for more. */
  constructor(
    channel: Channel,
    onEnd: (delivery: Delivery) => void,
    pausesMs: readonly number[] = usualPausesMs,
  ) {
    this.#channel = channel;
    this.#onEnd = onEnd;
    this.#pausesMs = pausesMs;
  }

  /** Returns at once. Nothing is sent before the next turn of the event loop: the run acts first. */
  add(next: NumberedNotice): void {
    const {events} = this.#channel;
    if (events && !events.includes(next.notice.event)) {
      return;
    }
    if (this.#stopped.signal.aborted || this.#waiting.length >= longestQueue) {
      const because = this.#stopped.signal.aborted
        ? endedFirst
        : `${longestQueue} other notices were already waiting for this channel`;
      this.#end(next, because);
      return;
    }
    this.#waiting.push(next);
    this.#working ??= this.#work();
  }

  /** Until nothing waits. */
  async settled(): Promise<void> {
    await this.#working;
  }

  /** What is not delivered by now is given up. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#working;
  }

  async #work(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      this.#end(next, await this.#sent(next));
    }
    this.#working = undefined;
  }

  /** Why it was not delivered. */
  async #sent({notice}: NumberedNotice): Promise<string | undefined> {
    const {signal} = this.#stopped;
    for (let attempt = 0; ; attempt += 1) {
      if (signal.aborted) {
        return endedFirst;
      }
      try {
        await this.#channel.send(notice, signal);
        return undefined;
      } catch (error) {
        const pauseMs = this.#pausesMs[attempt];
        if (!(error instanceof NotDelivered)) {
          return `it could not be sent (${error instanceof Error ? error.name : 'unknown'})`;
        }
        if (signal.aborted) {
          return endedFirst;
        }
        if (!error.again || pauseMs === undefined) {
          return `${error.message}${attempt > 0 ? ` (${attempt + 1} attempts)` : ''}`;
        }
        const ms = Math.max(pauseMs, error.afterMs ?? 0);
        await sleep(ms, undefined, {signal, ref: false}).catch(() => {});
      }
    }
  }

  #end({seq, notice: {event, atUtc}}: NumberedNotice, because: string | undefined): void {
    const {name: channel} = this.#channel;
    this.#onEnd({seq, atUtc, event, channel, ...(because === undefined ? {} : {because})});
  }
}

const endedFirst = 'switcharoo ended before the notice was delivered';
