import type {Ask} from '../session/contract.ts';
import type {Place} from './key-ranges.ts';
import {type Both, type CatchUp, type Moment, onBoth} from './sums.ts';
import type {TableRows} from './table-rows.ts';

/** The place after which a range begins, and how many rows were compared before it. */
export interface Start {
  readonly after: Place | null;
  readonly rows: number;
}

/** A row that was different. */
interface Mismatch {
  readonly place: Place;
  readonly since: Moment;
  /** The start of the range in which it was found. */
  readonly start: Start;
  /** How often it was compared, and how many times in a row the source had it unchanged. */
  readonly looks: number;
  readonly unchanged: number;
  readonly source: string | undefined;
}

const mostMismatches = 1_000;
const mismatchesAtOnce = 200;
// A row that is written between the two reads may differ; one that is unchanged in two looks after replication does
// differ.
const unchangedLooks = 2;
const mostLooks = 10;

type Hashes = Both<ReadonlyMap<string, string>>;

/** Rows of one table that were different: each is compared again once replication has passed it. */
export class Mismatches {
  readonly #rows: TableRows;
  readonly #unequal: Start[] = [];
  readonly #mismatches = new Map<string, Mismatch>();
  /** Rows that really differ, each as text. */
  readonly different: string[] = [];
  /** Rows that the source had changed again each time they were compared. */
  changing = 0;

  constructor(rows: TableRows) {
    this.#rows = rows;
  }

  get size(): number {
    return this.#mismatches.size;
  }

  /** The starts of the ranges that have rows which are different, or not yet equal. */
  get starts(): readonly Start[] {
    return [...this.#unequal, ...[...this.#mismatches.values()].map(({start}) => start)];
  }

  /** How many more rows are reported one by one. */
  get remaining(): number {
    return Math.max(0, mostMismatches - this.#mismatches.size - this.different.length);
  }

  /** The rows that are not the same on both sides. */
  static among({source, target}: Hashes): readonly string[] {
    return [...new Set([...source.keys(), ...target.keys()])].filter(
      (place) => source.get(place) !== target.get(place),
    );
  }

  add(
    places: readonly string[],
    {source, since, start}: {source: Hashes['source']; since: Moment; start: Start},
  ): void {
    for (const key of places) {
      const place = JSON.parse(key) as Place; // TableRows.hashes wrote it
      this.#mismatches.set(key, {
        place,
        since,
        start,
        looks: 1,
        unchanged: 0,
        source: source.get(key),
      });
    }
  }

  /** False when none of them can be compared yet. */
  async compareAgain(ask: Both<Ask>, catchUp: CatchUp): Promise<boolean> {
    const due = [...this.#mismatches.values()].filter(({since}) => catchUp.passed(since));
    if (due.length === 0) {
      return false;
    }
    const mismatches = due.slice(0, mismatchesAtOnce);
    const places = mismatches.map(({place}) => place);
    const hashes = await onBoth((side) =>
      this.#rows.hashes(side, this.#rows.keys[side].among(places), ask),
    );
    const since = await catchUp.now();
    for (const mismatch of mismatches) {
      this.#decide(mismatch, hashes, since);
    }
    return true;
  }

  #decide(mismatch: Mismatch, {source, target}: Hashes, since: Moment): void {
    const key = JSON.stringify(mismatch.place);
    const [here, there] = [source.get(key), target.get(key)];
    const unchanged = here === mismatch.source ? mismatch.unchanged + 1 : 0;
    const looks = mismatch.looks + 1;
    if (here === there) {
      this.#mismatches.delete(key);
    } else if (unchanged >= unchangedLooks) {
      this.#mismatches.delete(key);
      this.#unequal.push(mismatch.start);
      this.different.push(this.#rows.differenceText(mismatch.place, here, there));
    } else if (looks >= mostLooks) {
      this.#mismatches.delete(key);
      this.#unequal.push(mismatch.start);
      this.changing += 1;
    } else {
      this.#mismatches.set(key, {...mismatch, since, looks, unchanged, source: here});
    }
  }
}
