import type {Ask} from '../session/contract.ts';
import type {Place} from './key-ranges.ts';
import {type Both, type Moment, onBoth, type Passing} from './sums.ts';
import type {TableRows} from './table-rows.ts';

/** The place after which a range begins, and how many rows were compared before it. */
export interface Start {
  readonly after: Place | null;
  readonly rows: number;
}

/** A row that was not equal. */
interface Suspect {
  readonly place: Place;
  readonly since: Moment;
  /** Where the range began in which it was found. */
  readonly start: Start;
  /** How often it was looked at, and how often in a row the source had it unchanged. */
  readonly looks: number;
  readonly still: number;
  readonly source: string | undefined;
}

const mostSuspects = 1_000;
const suspectsAtOnce = 200;
// Written between the two reads of a look, a row may differ; unchanged in two looks with replication past it, it does
// differ.
const stillEnough = 2;
const mostLooks = 10;

type Hashes = Both<ReadonlyMap<string, string>>;

/** Rows of one table that were not equal: they are looked at again, each time once replication has passed them. */
export class Suspects {
  readonly #rows: TableRows;
  readonly #unequal: Start[] = [];
  readonly #suspects = new Map<string, Suspect>();
  /** Rows that differ for good, each in words. */
  readonly different: string[] = [];
  /** Rows that the source had changed again at every look. */
  changing = 0;

  constructor(rows: TableRows) {
    this.#rows = rows;
  }

  get size(): number {
    return this.#suspects.size;
  }

  /** Where the ranges began in which rows were not, or are not yet, found equal. */
  get starts(): readonly Start[] {
    return [...this.#unequal, ...[...this.#suspects.values()].map(({start}) => start)];
  }

  /** Of how many more rows than these it is not worth telling one by one. */
  get room(): number {
    return Math.max(0, mostSuspects - this.#suspects.size - this.different.length);
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
      const place = JSON.parse(key) as Place; // TableRows.hashes has written it
      this.#suspects.set(key, {place, since, start, looks: 1, still: 0, source: source.get(key)});
    }
  }

  /** False when none of them can be looked at yet. */
  async lookAgain(ask: Both<Ask>, passing: Passing): Promise<boolean> {
    const due = [...this.#suspects.values()].filter(({since}) => passing.passed(since));
    if (due.length === 0) {
      return false;
    }
    const suspects = due.slice(0, suspectsAtOnce);
    const places = suspects.map(({place}) => place);
    const hashes = await onBoth((side) =>
      this.#rows.hashes(side, this.#rows.keys[side].among(places), ask),
    );
    const since = await passing.now();
    for (const suspect of suspects) {
      this.#settle(suspect, hashes, since);
    }
    return true;
  }

  #settle(suspect: Suspect, {source, target}: Hashes, since: Moment): void {
    const key = JSON.stringify(suspect.place);
    const [here, there] = [source.get(key), target.get(key)];
    const still = here === suspect.source ? suspect.still + 1 : 0;
    const looks = suspect.looks + 1;
    if (here === there) {
      this.#suspects.delete(key);
    } else if (still >= stillEnough) {
      this.#suspects.delete(key);
      this.#unequal.push(suspect.start);
      this.different.push(this.#rows.inWords(suspect.place, here, there));
    } else if (looks >= mostLooks) {
      this.#suspects.delete(key);
      this.#unequal.push(suspect.start);
      this.changing += 1;
    } else {
      this.#suspects.set(key, {...suspect, since, looks, still, source: here});
    }
  }
}
