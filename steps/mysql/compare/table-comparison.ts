import type {Ask} from '../session/contract.ts';
import {IntegerRanges, isSingleInteger} from './batch-size.ts';
import type {Place, Range} from './key-ranges.ts';
import {Mismatches, type Start} from './mismatches.ts';
import {quotedTable} from './row-text.ts';
import {
  type Both,
  type CatchUp,
  type ComparedTable,
  isSame,
  type Moment,
  onBoth,
  statementLimitMs,
  type TableBookmark,
} from './sums.ts';
import type {TableRows} from './table-rows.ts';

/** A range that differed, and is compared again once replication has passed it. */
interface Retry {
  readonly range: Range;
  readonly since: Moment;
  readonly tries: number;
  readonly start: Start;
}

type RangeComparison = Omit<Retry, 'since'>;

const chunkTargetMs = 300;
const rowsAtFirst = 2_000;
// Of a range that differs, the key and hash of each row are fetched.
const mostRows = 50_000;
const fewestRows = 100;
// Little below the group_concat_max_len of the session that compares.
const longestTextBytes = 3_000_000;
const clamped = (rows: number): number =>
  Math.round(Math.min(mostRows, Math.max(fewestRows, rows)));
const mostFetched = 4 * mostRows;
const mostTries = 4;

/** Compares one table, a piece at a time. */
export class TableComparison implements ComparedTable {
  readonly #table: TableRows;
  readonly #sha2: 256 | 512;
  #after: Place | null = null;
  #atEnd = false;
  #chunkRows = rowsAtFirst;
  /** More rows than these exceed the limit of GROUP_CONCAT. */
  #mostRows: number;
  readonly #ranges: IntegerRanges | null;
  #retries: readonly Retry[] = [];
  readonly #mismatches: Mismatches;
  rows = 0;
  tooMany = false;

  constructor(table: TableRows, sha2: 256 | 512, bookmark: TableBookmark | null = null) {
    this.#table = table;
    this.#after = bookmark?.after ?? null;
    this.#atEnd = bookmark?.finished ?? false;
    this.rows = bookmark?.rows ?? 0;
    this.#sha2 = sha2;
    const {shapes, key} = table;
    this.#mostRows = clamped(longestTextBytes / Math.max(1, shapes.source.bytesOfRow));
    this.#ranges = isSingleInteger(shapes.source, key) ? new IntegerRanges() : null;
    this.#mismatches = new Mismatches(table);
  }

  get name(): string {
    return this.#table.name;
  }

  get finished(): boolean {
    return this.#atEnd && this.waiting === 0;
  }

  get waiting(): number {
    return this.#retries.length + this.#mismatches.size;
  }

  get bookmark(): TableBookmark | null {
    const starts = [...this.#retries.map(({start}) => start), ...this.#mismatches.starts];
    const [first] = starts.toSorted((start, other) => start.rows - other.rows);
    return this.tooMany
      ? null
      : first
        ? {...first, finished: false}
        : {after: this.#after, rows: this.rows, finished: this.#atEnd};
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
    const retry = this.#retries.find(({since}) => catchUp.passed(since));
    if (retry) {
      await this.#compare(retry, ask, catchUp);
      // Only after its comparison: an aborted look leaves it to the next one.
      this.#retries = this.#retries.filter((other) => other !== retry);
      return true;
    }
    if (!this.#atEnd) {
      await this.#walk(ask, catchUp);
      return true;
    }
    return false;
  }

  async #walk(ask: Both<Ask>, catchUp: CatchUp): Promise<void> {
    const {keys} = this.#table;
    const upTo = this.#ranges?.end(this.#after, this.#chunkRows) ?? (await this.#bound(ask.source));
    const range = {after: this.#after, upTo};
    const start = {after: this.#after, rows: this.rows};
    const began = performance.now();
    const {source, target} = await onBoth((side) =>
      this.#table.digest(side, keys[side].within(range), this.#sha2, ask),
    );
    const tookMs = performance.now() - began;
    if (source.cut || target.cut) {
      if (this.#chunkRows > fewestRows) {
        // The next attempt takes half as many rows.
        this.#mostRows = clamped(this.#chunkRows / 2);
        this.#chunkRows = this.#mostRows;
        return;
      }
      await this.#compare({range, tries: 0, start}, ask, catchUp);
    } else if (!isSame(source, target)) {
      this.#retries = [...this.#retries, {range, since: await catchUp.now(), tries: 1, start}];
    }
    this.rows += source.rows;
    this.#after = range.upTo;
    this.#atEnd = range.upTo === null || this.tooMany;
    this.#ranges?.record(range, source.rows);
    this.#adapt(tookMs);
  }

  /** Sizes the next range by time, within the limit of GROUP_CONCAT. */
  #adapt(tookMs: number): void {
    const byTime = this.#chunkRows * Math.min(4, Math.max(0.25, chunkTargetMs / tookMs));
    this.#chunkRows = Math.min(this.#mostRows, clamped(byTime));
  }

  /** The end of the next range, in the order of the source; `null` for the last one. */
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
    if (row && this.#ranges && !this.#ranges.hasMaximum) {
      const [last] = await ask(bound(`${order} DESC LIMIT 1`));
      this.#ranges.setMaximum(last ? this.#table.placeOf(last) : null);
    }
    return row ? this.#table.placeOf(row) : null;
  }

  async #compare(request: RangeComparison, ask: Both<Ask>, catchUp: CatchUp): Promise<void> {
    const {range, tries} = request;
    const {source, target} = await onBoth((side) =>
      this.#table.sum(side, this.#table.keys[side].within(range), ask),
    );
    if (isSame(source, target)) {
      return;
    }
    const since = await catchUp.now();
    const tooLong = Math.max(source.rows, target.rows) > mostFetched;
    if (tries === 0 || (tooLong && tries < mostTries)) {
      this.#retries = [...this.#retries, {...request, since, tries: tries + 1}];
    } else if (tooLong) {
      this.tooMany = true;
    } else {
      await this.#narrow(request, ask, catchUp);
    }
  }

  async #narrow(request: RangeComparison, ask: Both<Ask>, catchUp: CatchUp): Promise<void> {
    const {range, tries, start} = request;
    const hashes = await onBoth((side) =>
      this.#table.hashes(side, this.#table.keys[side].within(range), ask),
    );
    const since = await catchUp.now();
    const places = Mismatches.among(hashes);
    const {remaining} = this.#mismatches;
    if (places.length > remaining && tries < mostTries) {
      this.#retries = [...this.#retries, {...request, since, tries: tries + 1}];
      return;
    }
    this.tooMany ||= places.length > remaining;
    this.#mismatches.add(places.slice(0, remaining), {source: hashes.source, since, start});
  }
}
