import {setMaxListeners} from 'node:events';

/** So many at once; the others wait for their turn, in their order, for as long as their signal allows. */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** Resolves when it is the caller's turn, with a function that ends it; calling that twice ends it once. */
  async take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#free > 0) {
      this.#free -= 1;
      return this.#turn();
    }
    // All hosts of a group wait with the same signal.
    setMaxListeners(0, signal);
    await new Promise<void>((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(signal.reason);
      };
      this.#waiting.push(enter);
      signal.addEventListener('abort', leave, {once: true});
    });
    return this.#turn();
  }

  #turn(): () => void {
    let isOver = false;
    return () => {
      if (isOver) {
        return;
      }
      isOver = true;
      const next = this.#waiting.shift();
      if (next) {
        next();
      } else {
        this.#free += 1;
      }
    };
  }
}
