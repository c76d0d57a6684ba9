/** So many at once; who waited first is next. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async take(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next) {
      next();
    } else {
      this.#free += 1;
    }
  }

  /** Until one more can be taken. */
  async room(): Promise<void> {
    await this.take();
    this.give();
  }

  /** Nobody need wait any more: nothing more begins. */
  open(): void {
    this.#free = Number.POSITIVE_INFINITY;
    for (const next of this.#waiting.splice(0)) {
      next();
    }
  }
}
