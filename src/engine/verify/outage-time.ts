import {shifted} from '../../model/moment.ts';
import {noOutage, type Outage} from '../../model/outage.ts';
import type {Clock} from '../clock.ts';

/** The declared outage of one process: it has just started, until it is decided that its limit has passed. */
export class OutageTime {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #isClosed: () => boolean;
  readonly #followers = new Set<() => void>();
  #isPassed = false;

  constructor(clock: Pick<Clock, 'now'>, isClosed: () => boolean) {
    this.#clock = clock;
    this.#isClosed = isClosed;
  }

  get outage(): Outage {
    const since = shifted(this.#clock.now(), this.#isPassed ? -longerThanAnyLimitMs : 0);
    return this.#isClosed() ? {totalMs: 0, since} : noOutage;
  }

  get isPassed(): boolean {
    return this.#isPassed;
  }

  canPass(declared: {readonly longestMs?: number} | undefined): boolean {
    return declared?.longestMs !== undefined && this.#isClosed() && !this.#isPassed;
  }

  follow(listener: () => void): () => void {
    this.#followers.add(listener);
    return () => this.#followers.delete(listener);
  }

  /** The engine ends its wait: for a check, an action or a person. */
  pass(): void {
    this.#isPassed = true;
    for (const listener of this.#followers) {
      listener();
    }
  }

  /** Somebody has decided to go on. */
  startAgain(): void {
    this.#isPassed = false;
  }
}

const longerThanAnyLimitMs = 1e12;
