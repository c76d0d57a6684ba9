import {chanceFrom} from '../../src/forecast/chance.ts';

/** All that is left to chance in a schedule; the seed repeats it exactly. */
export class Chance {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = chanceFrom(seed);
    // Neighbouring seeds begin alike.
    this.#next();
  }

  /** True in this share of all cases. */
  of(share: number): boolean {
    return this.#next() < share;
  }

  /** Whole, from 0, and less than `end`. */
  below(end: number): number {
    return Math.floor(this.#next() * end);
  }

  between(least: number, most: number): number {
    return least + Math.floor(this.#next() * (most - least + 1));
  }

  /** One of them; each weighs as much as its number says. */
  weighed<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const entries = Object.entries<number>(weights) as [Name, number][]; // the keys are those of the type
    let left = this.#next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) {
      left -= weight;
      if (left < 0) {
        return name;
      }
    }
    throw new Error('nothing to choose from');
  }

  one<Member>(members: readonly Member[]): Member {
    const member = members[this.below(members.length)];
    if (member === undefined) {
      throw new Error('nothing to choose from');
    }
    return member;
  }
}
