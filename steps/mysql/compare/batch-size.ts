import type {Place, Range} from './key-ranges.ts';
import {isInteger} from './row-text.ts';
import type {TableShape} from './table-shapes.ts';

/** Whether a key is a single integer, so that the end of a range can be computed without a query. */
export const isSingleInteger = (shape: TableShape, key: readonly string[]): boolean => {
  const [first, ...others] = key;
  const column = shape.columns.find(({name}) => name === first);
  return others.length === 0 && column !== undefined && isInteger(column.type);
};

/**
 * Computes where a range of integer keys ends, in tables with a row for at least every second integer. A query that
 * counts
 * off the rows of a range would cost the source a tenth of their comparison. A range of n integers never has more
 * than n rows.
 */
export class IntegerRanges {
  #maximum: bigint | null = null;
  /** Rows per integer in the previous range; after a sparse range the next one is not computed. */
  #density = 0;

  get hasMaximum(): boolean {
    return this.#maximum !== null;
  }

  /** The greatest integer at the start of the comparison: ranges beyond it are not computed. */
  setMaximum(place: Place | null): void {
    this.#maximum = place ? numberOf(place) : null;
  }

  record({after, upTo}: Range, rows: number): void {
    const numbers = after && upTo ? Number(numberOf(upTo) - numberOf(after)) : 0;
    this.#density = numbers > 0 ? rows / numbers : 0;
  }

  /** The end of a range of about this many rows; `null` where only a query gives it. */
  end(after: Place | null, rows: number): Place | null {
    if (!after || this.#maximum === null || this.#density < leastDensity) {
      return null;
    }
    const upTo = numberOf(after) + BigInt(Math.ceil(rows / Math.min(1, this.#density)));
    return upTo < this.#maximum ? [String(upTo)] : null;
  }
}

const leastDensity = 0.5;

const numberOf = ([text = '0']: Place): bigint => BigInt(text);
