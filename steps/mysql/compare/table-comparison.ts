import type {Ask} from '../session/contract.ts';
import {isSingleInteger, Stride} from './batch-size.ts';
import type {Place, Range} from './key-ranges.ts';
import {type Start, Suspects} from './mismatches.ts';
import {quotedTable} from './row-text.ts';
import {
  type Both,
  type Compared,
  isSame,
  type Mark,
  type Moment,
  onBoth,
  type Passing,
  statementLimitMs,
} from './sums.ts';
import type {TableRows} from './table-rows.ts';

/** A range that was not equal, and may be once replication has passed it. */
interface Again {
  readonly range: Range;
  readonly since: Moment;
  readonly tries: number;
  readonly start: Start;
}

type Compare = Omit<Again, 'since'>;

const chunkTargetMs = 300;
const rowsAtFirst = 2_000;
// A range that differs is fetched row by row, key and hash of each.
const mostRows = 50_000;
const fewestRows = 100;
// What the session that compares lets a server put together is not much more.
const togetherBytes = 3_000_000;
const clamped = (rows: number): number =>
  Math.round(Math.min(mostRows, Math.max(fewestRows, rows)));
const mostFetched = 4 * mostRows;
const mostTries = 4;

/** Compares one table, a piece at a time. */
export class TableComparison implements Compared {
  readonly #table: TableRows;
  readonly #sha2: 256 | 512;
  #after: Place | null = null;
  #walked = false;
  #chunkRows = rowsAtFirst;
  /** More rows than these are too long together for a server. */
  #mostRows: number;
  readonly #stride: Stride | null;
  #again: readonly Again[] = [];
  readonly #suspects: Suspects;
  rows = 0;
  tooMany = false;

  constructor(table: TableRows, sha2: 256 | 512, mark: Mark | null = null) {
    this.#table = table;
    this.#after = mark?.after ?? null;
    this.#walked = mark?.finished ?? false;
    this.rows = mark?.rows ?? 0;
    this.#sha2 = sha2;
    const {shapes, key} = table;
    this.#mostRows = clamped(togetherBytes / Math.max(1, shapes.source.bytesOfRow));
    this.#stride = isSingleInteger(shapes.source, key) ? new Stride() : null;
    this.#suspects = new Suspects(table);
  }

  get name(): string {
    return this.#table.name;
  }

  get finished(): boolean {
    return this.#walked && this.waiting === 0;
  }

  get waiting(): number {
    return this.#again.length + this.#suspects.size;
  }

  get mark(): Mark | null {
    const starts = [...this.#again.map(({start}) => start), ...this.#suspects.starts];
    const [first] = starts.toSorted((one, other) => one.rows - other.rows);
    return this.tooMany
      ? null
      : first
        ? {...first, finished: false}
        : {after: this.#after, rows: this.rows, finished: this.#walked};
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
    const again = this.#again.find(({since}) => passing.passed(since));
    if (again) {
      await this.#compare(again, ask, passing);
      // Not before it was compared: an aborted look leaves it to the next one.
      this.#again = this.#again.filter((one) => one !== again);
      return true;
    }
    if (!this.#walked) {
      await this.#walk(ask, passing);
      return true;
    }
    return false;
  }

  async #walk(ask: Both<Ask>, passing: Passing): Promise<void> {
    const {keys} = this.#table;
    const upTo =
      this.#stride?.next(this.#after, this.#chunkRows) ?? (await this.#bound(ask.source));
    const range = {after: this.#after, upTo};
    const start = {after: this.#after, rows: this.rows};
    const began = performance.now();
    const {source, target} = await onBoth((side) =>
      this.#table.digest(side, keys[side].within(range), this.#sha2, ask),
    );
    const tookMs = performance.now() - began;
    if (source.cut || target.cut) {
      if (this.#chunkRows > fewestRows) {
        // A range of half as many rows is tried instead.
        this.#mostRows = clamped(this.#chunkRows / 2);
        this.#chunkRows = this.#mostRows;
        return;
      }
      await this.#compare({range, tries: 0, start}, ask, passing);
    } else if (!isSame(source, target)) {
      this.#again = [...this.#again, {range, since: await passing.now(), tries: 1, start}];
    }
    this.rows += source.rows;
    this.#after = range.upTo;
    this.#walked = range.upTo === null || this.tooMany;
    this.#stride?.walked(range, source.rows);
    this.#adapt(tookMs);
  }

  /** The next range takes about as long as it should, and its rows are not too long together. */
  #adapt(tookMs: number): void {
    const byTime = this.#chunkRows * Math.min(4, Math.max(0.25, chunkTargetMs / tookMs));
    this.#chunkRows = Math.min(this.#mostRows, clamped(byTime));
  }

  /** Where the next range ends, in the order of the source. The last one has no end. */
  async #bound(ask: Ask): Promise<Place | null> {
    const {keys, shapes} = this.#table;
    const {selected, order, index, within} = keys.source;
    const where = within({after: this.#after, upTo: null});
    const bound = (last: string) => ({
      sql: `SELECT ${selected} FROM ${quotedTable(shapes.source)} ${index} WHERE ${where.sql} ORDER BY ${last}`,
      values: where.values,
      limitMs: statementLimitMs,
    });
    const [row] = await ask(bound(`${order} LIMIT 1 OFFSET ${this.#chunkRows - 1}`));
    if (row && this.#stride && !this.#stride.knowsLast) {
      const [last] = await ask(bound(`${order} DESC LIMIT 1`));
      this.#stride.knowLast(last ? this.#table.placeOf(last) : null);
    }
    return row ? this.#table.placeOf(row) : null;
  }

  async #compare(again: Compare, ask: Both<Ask>, passing: Passing): Promise<void> {
    const {range, tries} = again;
    const {source, target} = await onBoth((side) =>
      this.#table.sum(side, this.#table.keys[side].within(range), ask),
    );
    if (isSame(source, target)) {
      return;
    }
    const since = await passing.now();
    const tooLong = Math.max(source.rows, target.rows) > mostFetched;
    if (tries === 0 || (tooLong && tries < mostTries)) {
      this.#again = [...this.#again, {...again, since, tries: tries + 1}];
    } else if (tooLong) {
      this.tooMany = true;
    } else {
      await this.#narrow(again, ask, passing);
    }
  }

  async #narrow(again: Compare, ask: Both<Ask>, passing: Passing): Promise<void> {
    const {range, tries, start} = again;
    const hashes = await onBoth((side) =>
      this.#table.hashes(side, this.#table.keys[side].within(range), ask),
    );
    const since = await passing.now();
    const places = Suspects.among(hashes);
    const {room} = this.#suspects;
    if (places.length > room && tries < mostTries) {
      this.#again = [...this.#again, {...again, since, tries: tries + 1}];
      return;
    }
    this.tooMany ||= places.length > room;
    this.#suspects.add(places.slice(0, room), {source: hashes.source, since, start});
  }
}
