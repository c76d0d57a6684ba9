/** One way to answer the open questions of one process of the engine, in the order in which they come up. */
export class Script {
  readonly #answers: number[];
  readonly #options: number[] = [];
  readonly #given: number;

  constructor(answers: readonly number[] = []) {
    this.#answers = [...answers];
    this.#given = answers.length;
  }

  /** What this script answers; beyond its end the first option, which is the one in which all goes well. */
  choose<Option>(options: readonly [Option, ...Option[]]): Option {
    const at = this.#options.length;
    this.#options.push(options.length);
    this.#answers[at] ??= 0;
    return options[this.#answers[at]] ?? options[0];
  }

  /** Whether the next question comes up for the first time. */
  get isNew(): boolean {
    return this.#options.length >= this.#given;
  }

  /** Whether all went well. */
  get isHappy(): boolean {
    return this.#answers.every((answer) => answer === 0);
  }

  /** The next one to try after this was played: the last question that has another answer gets it. */
  next(): Script | undefined {
    for (let at = this.#options.length - 1; at >= 0; at -= 1) {
      const answer = (this.#answers[at] ?? 0) + 1;
      if (answer < (this.#options[at] ?? 0)) {
        return new Script([...this.#answers.slice(0, at), answer]);
      }
    }
    return undefined;
  }
}
