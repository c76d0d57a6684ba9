import type {Ask} from '../session/contract.ts';
import type {Logged} from './key-ranges.ts';
import {Suspects} from './mismatches.ts';
import {type Both, type Compared, onBoth, type Passing} from './sums.ts';
import type {TableRows} from './table-rows.ts';

const rowsAtOnce = 500;

/** Compares the rows of one table that were changed, and no others. */
export class ChangedComparison implements Compared {
  readonly #table: TableRows;
  readonly #changed: readonly Logged[];
  readonly #suspects: Suspects;
  rows = 0;
  tooMany = false;
  /** It is over before that would be worth a line in a journal. */
  readonly mark = null;

  constructor(table: TableRows, changed: readonly Logged[]) {
    this.#table = table;
    this.#changed = changed;
    this.#suspects = new Suspects(table);
  }

  get name(): string {
    return this.#table.name;
  }

  get finished(): boolean {
    return (this.tooMany || this.rows === this.#changed.length) && this.waiting === 0;
  }

  get waiting(): number {
    return this.#suspects.size;
  }

  get different(): readonly string[] {
    return this.#suspects.different;
  }

  get changing(): number {
    return this.#suspects.changing;
  }

  async step(ask: Both<Ask>, passing: Passing): Promise<boolean> {
    if (await this.#suspects.lookAgain(ask, passing)) {
      return true;
    }
    if (this.tooMany || this.rows === this.#changed.length) {
      return false;
    }
    const some = this.#changed.slice(this.rows, this.rows + rowsAtOnce);
    const hashes = await onBoth((side) =>
      this.#table.hashes(side, this.#table.keys[side].amongLogged(some), ask),
    );
    const places = Suspects.among(hashes);
    const {room} = this.#suspects;
    this.tooMany = places.length > room;
    this.#suspects.add(places.slice(0, room), {
      source: hashes.source,
      since: await passing.now(),
      start: {after: null, rows: this.rows},
    });
    this.rows += some.length;
    return true;
  }
}
