import {createHash} from 'node:crypto';
import type {Key} from '../contract.ts';

/** So many of all keys that are offered: with the same seed the same ones, in whatever order they come. */
export class Sample {
  readonly #size: number;
  readonly #seed: string;
  #ranked: {readonly rank: string; readonly key: Key}[] = [];

  constructor(size: number, seed: string) {
    this.#size = size;
    this.#seed = seed;
  }

  offer(key: Key): void {
    const rank = createHash('sha1').update(`${this.#seed} `).update(key).digest('hex');
    this.#ranked.push({rank, key});
    // Not more of them are kept than twice what is needed, however many keys there are.
    if (this.#ranked.length >= 2 * this.#size + 1_000) {
      this.#shorten();
    }
  }

  keys(): readonly Key[] {
    this.#shorten();
    return this.#ranked.map(({key}) => key);
  }

  #shorten(): void {
    this.#ranked = this.#ranked
      .sort((first, second) => (first.rank < second.rank ? -1 : 1))
      .slice(0, this.#size);
  }
}
