import {setTimeout as sleep} from 'node:timers/promises';

/** Between two ticks; none, when one is due already. */
export class Pause {
  #isDue = false;
  #wake = (): void => {};

  /** The next tick comes at once, also when this one is not over. */
  end(): void {
    this.#isDue = true;
    this.#wake();
  }

  async take(ms: number, stopping: AbortSignal): Promise<void> {
    const ended = new AbortController();
    const wake = (): void => ended.abort();
    this.#wake = wake;
    stopping.addEventListener('abort', wake, {once: true});
    if (!this.#isDue && !stopping.aborted) {
      await sleep(ms, undefined, {signal: ended.signal}).catch(() => {});
    }
    this.#isDue = false;
    stopping.removeEventListener('abort', wake);
  }
}
