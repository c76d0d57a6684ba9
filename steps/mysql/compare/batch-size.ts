import type {Place, Range} from './key-ranges.ts';
import {isInteger} from './row-text.ts';
import type {TableShape} from './table-shapes.ts';

/** Whether a key is one number, so that the next numbers can be told without asking. */
export const isSingleInteger = (shape: TableShape, key: readonly string[]): boolean => {
  const [only, ...others] = key;
  const column = shape.columns.find(({name}) => name === only);
  return others.length === 0 && column !== undefined && isInteger(column.type);
};

/**
 * Ranges of numbers where a table has a row for at least every second one: there, to count off the rows of a range by
 * asking costs the source a tenth of what their comparison costs. A range of so many numbers never has more rows.
 */
export class Stride {
  #last: bigint | null = null;
  /** Rows for each number of the range before; nothing is known of what comes after a range that was sparse. */
  #density = 0;

  get knowsLast(): boolean {
    return this.#last !== null;
  }

  /** The greatest number when the walk began: what came later has to be counted off. */
  knowLast(place: Place | null): void {
    this.#last = place ? numberOf(place) : null;
  }

  walked({after, upTo}: Range, rows: number): void {
    const numbers = after && upTo ? Number(numberOf(upTo) - numberOf(after)) : 0;
    this.#density = numbers > 0 ? rows / numbers : 0;
  }

  /** Where a range of about so many rows ends; `null` where that must be asked for. */
  next(after: Place | null, rows: number): Place | null {
    if (!after || this.#last === null || this.#density < densest) {
      return null;
    }
    const upTo = numberOf(after) + BigInt(Math.ceil(rows / Math.min(1, this.#density)));
    return upTo < this.#last ? [String(upTo)] : null;
  }
}

const densest = 0.5;

const numberOf = ([text = '0']: Place): bigint => BigInt(text);
