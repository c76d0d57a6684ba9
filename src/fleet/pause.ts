import {setTimeout as sleep} from 'node:timers/promises';

/** The pause between two ticks; it is skipped when a tick is already due. */
export class Pause {
  #isDue = false;
  #wake = (): void => {};

  /** Ends the pause; during a tick, skips the next pause. */
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
