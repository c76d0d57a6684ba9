/** A time in which new connections to a port of a host waited without a break. */
export interface HoldSpan {
  readonly port: number;
  readonly ms: number;
  /** The longest of the bounds with which it was held: a hold that is armed again begins its whole time again. */
  readonly boundMs: number;
}

interface Held {
  readonly sinceMs: number;
  endsAtMs: number;
  boundMs: number;
}

/** How long each port was held, whatever held it and however often that was armed. */
export class HoldSpans {
  readonly #held = new Map<number, Held>();
  readonly #ended: HoldSpan[] = [];

  armed(port: number, timeoutMs: number): void {
    const now = performance.now();
    const held = this.#held.get(port);
    if (held && held.endsAtMs > now) {
      held.endsAtMs = Math.max(held.endsAtMs, now + timeoutMs);
      held.boundMs = Math.max(held.boundMs, timeoutMs);
      return;
    }
    this.#end(port);
    this.#held.set(port, {sinceMs: now, endsAtMs: now + timeoutMs, boundMs: timeoutMs});
  }

  /** `isHeld`: whether something else still holds the port. */
  released(port: number, isHeld: boolean): void {
    if (!isHeld) {
      this.#end(port);
    }
  }

  /** All of them, with those that have not ended until now. */
  spans(): readonly HoldSpan[] {
    return [...this.#ended, ...[...this.#held].map(([port, held]) => spanOf(port, held))];
  }

  #end(port: number): void {
    const held = this.#held.get(port);
    if (held) {
      this.#ended.push(spanOf(port, held));
      this.#held.delete(port);
    }
  }
}

const spanOf = (port: number, {sinceMs, endsAtMs, boundMs}: Held): HoldSpan => ({
  port,
  boundMs,
  ms: Math.round(Math.min(endsAtMs, performance.now()) - sinceMs),
});
