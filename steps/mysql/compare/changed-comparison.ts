import type {Ask} from '../session/contract.ts';
import type {ChangedRow} from './changed-rows.ts';
import {Mismatches} from './mismatches.ts';
import {type Both, type CatchUp, type ComparedTable, onBoth} from './sums.ts';
import type {TableRows} from './table-rows.ts';

const rowsAtOnce = 500;

/**
 * Compares only the changed rows of one table. Where a row that the log has should exist and neither side has it, the
 * log was misread, or somebody changed both sides past it: then the whole table is compared.
 */
export class ChangedComparison implements ComparedTable {
  readonly #table: TableRows;
  readonly #changed: readonly ChangedRow[];
  readonly #mismatches: Mismatches;
  readonly #compareWhole: () => ComparedTable;
  #whole: ComparedTable | null = null;
  #rows = 0;
  #tooMany = false;
  /** It ends too soon for a bookmark in the journal to be useful. */
  readonly bookmark = null;

  constructor(table: TableRows, changed: readonly ChangedRow[], compareWhole: () => ComparedTable) {
    this.#table = table;
    this.#changed = changed;
    this.#compareWhole = compareWhole;
    this.#mismatches = new Mismatches(table);
  }

  get name(): string {
    return this.#table.name;
  }

  get rows(): number {
    return this.#whole?.rows ?? this.#rows;
  }

  get tooMany(): boolean {
    return this.#whole?.tooMany ?? this.#tooMany;
  }

  get finished(): boolean {
    return this.#whole?.finished ?? (this.#isAtEnd && this.waiting === 0);
  }

  get waiting(): number {
    return this.#whole?.waiting ?? this.#mismatches.size;
  }

  get different(): readonly string[] {
    return this.#whole?.different ?? this.#mismatches.different;
  }

  get changing(): number {
    return this.#whole?.changing ?? this.#mismatches.changing;
  }

  get #isAtEnd(): boolean {
    return this.#tooMany || this.#rows === this.#changed.length;
  }

  async step(ask: Both<Ask>, catchUp: CatchUp): Promise<boolean> {
    if (this.#whole) {
      return this.#whole.step(ask, catchUp);
    }
    if (await this.#mismatches.compareAgain(ask, catchUp)) {
      return true;
    }
    if (this.#isAtEnd) {
      return false;
    }
    const rows = this.#changed.slice(this.#rows, this.#rows + rowsAtOnce);
    const keys = rows.map(({key}) => key);
    const hashes = await onBoth((side) =>
      this.#table.hashes(side, this.#table.keys[side].amongLogged(keys), ask),
    );
    const existing = new Set([...hashes.source.keys(), ...hashes.target.keys()]);
    if (existing.size < rows.filter(({remains}) => remains).length) {
      this.#whole = this.#compareWhole();
      return true;
    }
    const places = Mismatches.among(hashes);
    const {remaining} = this.#mismatches;
    this.#tooMany = places.length > remaining;
    this.#mismatches.add(places.slice(0, remaining), {
      source: hashes.source,
      since: await catchUp.now(),
      start: {after: null, rows: this.#rows},
    });
    this.#rows += rows.length;
    return true;
  }
}
