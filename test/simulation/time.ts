interface Event {
  readonly at: number;
  readonly order: number;
  happen(): void;
}

/** Time that passes only when nobody has anything left to do. */
export class Time {
  #ms = Date.parse('2026-03-01T03:00:00.000Z');
  #order = 0;
  /** The soonest last. */
  readonly #events: Event[] = [];

  get ms(): number {
    return this.#ms;
  }

  in(ms: number, happen: () => void): void {
    this.#order += 1;
    const event = {at: this.#ms + ms, order: this.#order, happen};
    let low = 0;
    for (let high = this.#events.length; low < high; ) {
      const middle = (low + high) >> 1;
      const other = this.#events[middle];
      if (other && (other.at > event.at || (other.at === event.at && other.order > event.order))) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    this.#events.splice(low, 0, event);
  }

  /** Lets time pass until `isOver`. Everything that can be done at one moment is done before the next one comes. */
  async pass(isOver: () => boolean): Promise<void> {
    await everyoneRests();
    while (!isOver()) {
      const next = this.#events.pop();
      if (!next) {
        return;
      }
      this.#ms = next.at;
      next.happen();
      await everyoneRests();
    }
  }
}

/** An immediate comes after all promises that can be settled. */
const everyoneRests = () => new Promise<void>((resolve) => setImmediate(resolve));
