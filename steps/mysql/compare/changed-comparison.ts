import type {Ask} from '../session/contract.ts';
import type {Logged} from './key-ranges.ts';
import {Mismatches} from './mismatches.ts';
import {type Both, type CatchUp, type ComparedTable, onBoth} from './sums.ts';
import type {TableRows} from './table-rows.ts';

const rowsAtOnce = 500;

/** Compares only the changed rows of one table. */
export class ChangedComparison implements ComparedTable {
  readonly #table: TableRows;
  readonly #changed: readonly Logged[];
  readonly #mismatches: Mismatches;
  rows = 0;
  tooMany = false;
  /** It ends too soon for a bookmark in the journal to be useful. */
  readonly bookmark = null;

  constructor(table: TableRows, changed: readonly Logged[]) {
    this.#table = table;
    this.#changed = changed;
    this.#mismatches = new Mismatches(table);
  }

  get name(): string {
    return this.#table.name;
  }

  get finished(): boolean {
    return (this.tooMany || this.rows === this.#changed.length) && this.waiting === 0;
  }

  get waiting(): number {
    return this.#mismatches.size;
  }

  get different(): readonly string[] {
    return this.#mismatches.different;
  }

  get changing(): number {
    return this.#mismatches.changing;
  }

  async step(ask: Both<Ask>, catchUp: CatchUp): Promise<boolean> {
    if (await this.#mismatches.compareAgain(ask, catchUp)) {
      return true;
    }
    if (this.tooMany || this.rows === this.#changed.length) {
      return false;
    }
    const rows = this.#changed.slice(this.rows, this.rows + rowsAtOnce);
    const hashes = await onBoth((side) =>
      this.#table.hashes(side, this.#table.keys[side].amongLogged(rows), ask),
    );
    const places = Mismatches.among(hashes);
    const {remaining} = this.#mismatches;
    this.tooMany = places.length > remaining;
    this.#mismatches.add(places.slice(0, remaining), {
      source: hashes.source,
      since: await catchUp.now(),
      start: {after: null, rows: this.rows},
    });
    this.rows += rows.length;
    return true;
  }
}
