import {setTimeout as timeout} from 'node:timers/promises';
import type {Clock, ClockEvent} from '../engine/clock.ts';

/** Time that passes only while somebody sleeps. */
export class FakeClock implements Clock {
  readonly mark = 'fake';
  /** What happens in the world when time passes. */
  onTick?: (elapsedMs: number) => void;
  elapsedMs = 0;
  #stoppedMs = 0;
  readonly #startMs = Date.parse('2026-03-01T03:00:00.000Z');
  readonly #listeners = new Set<(event: ClockEvent) => void>();
  readonly #timers = new Set<{readonly dueMs: number; over(): void}>();

  now(): Date {
    return new Date(this.#startMs + this.elapsedMs);
  }

  monotonic(): number {
    return this.elapsedMs;
  }

  stoppedMs(): number {
    return this.#stoppedMs;
  }

  /** Also when as much real time has passed: something may hang without sleeping. */
  after(ms: number, over: () => void): () => void {
    const real = new AbortController();
    const timer = {
      dueMs: this.elapsedMs - this.#stoppedMs + ms,
      over: () => {
        end();
        over();
      },
    };
    const end = () => {
      real.abort();
      this.#timers.delete(timer);
    };
    this.#timers.add(timer);
    timeout(Math.min(ms, 2 ** 31 - 1), undefined, {signal: real.signal}).then(timer.over, () => {});
    return end;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    await Promise.resolve();
    if (!signal.aborted) {
      this.#pass(ms);
      this.onTick?.(this.elapsedMs);
    }
  }

  watch(listener: (event: ClockEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The process is stopped for so long, and continues. */
  stop(ms: number): void {
    const since = this.now();
    this.#stoppedMs += ms;
    this.#pass(ms);
    this.#tell({kind: 'process-stopped', since, ms});
  }

  /** Somebody sets the clock of the machine. */
  set(byMs: number): void {
    this.#tell({kind: 'clock-set', byMs, clock: new Date(this.now().getTime() + byMs)});
  }

  #pass(ms: number): void {
    this.elapsedMs += ms;
    for (const timer of this.#timers) {
      if (timer.dueMs <= this.elapsedMs - this.#stoppedMs) {
        timer.over();
      }
    }
  }

  #tell(event: ClockEvent): void {
    for (const listener of this.#listeners) {
      listener(event);
    }
  }
}
