interface Part {
  stop(): Promise<unknown>;
}

/** The parts of a lab that were started. They are stopped in reverse order. */
export class Parts {
  readonly #started: Part[] = [];

  /** Waits until the part is started, and remembers it. */
  async add<Started extends Part>(starting: Started | Promise<Started>): Promise<Started> {
    const part = await starting;
    this.#started.push(part);
    return part;
  }

  /** Stops all of them; a part that does not stop keeps no other one from it. */
  async stop(): Promise<void> {
    for (const part of this.#started.splice(0).reverse()) {
      await part.stop().catch(() => {});
    }
  }
}
