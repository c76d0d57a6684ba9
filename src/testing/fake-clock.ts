import {type Clock, systemClock} from '../engine/clock.ts';

/** Time that passes only while somebody sleeps. */
export class FakeClock implements Clock {
  #ms = Date.parse('2026-03-01T03:00:00.000Z');
  /** What happens in the world when time passes. */
  onTick?: (elapsedMs: number) => void;
  elapsedMs = 0;

  now(): Date {
    return new Date(this.#ms);
  }

  after(ms: number, over: () => void): () => void {
    return systemClock.after(ms, over);
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    await Promise.resolve();
    if (!signal.aborted) {
      this.#ms += ms;
      this.elapsedMs += ms;
      this.onTick?.(this.elapsedMs);
    }
  }
}
