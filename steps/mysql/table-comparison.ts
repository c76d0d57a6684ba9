import {
  type Both,
  type Compared,
  digestOf,
  isSame,
  type Moment,
  onBoth,
  type Passing,
  type Side,
  statementLimitMs,
  sumOf,
} from './compared.ts';
import type {Ask} from './connection.ts';
import {
  type Condition,
  type Place,
  placeText,
  type Range,
  type WalkedKey,
  walkedKey,
} from './key-ranges.ts';
import type {Row} from './line.ts';
import {quotedTable, rowHash, rowText} from './row-text.ts';
import {isSingleInteger, Stride} from './stride.ts';
import {type TableShape, tableName} from './table-shapes.ts';

/** A range that was not equal, and may be once replication has passed it. */
interface Again {
  readonly range: Range;
  readonly since: Moment;
  readonly tries: number;
}

/** A row that was not equal. */
interface Suspect {
  readonly place: Place;
  readonly since: Moment;
  /** How often it was looked at, and how often in a row the source had it unchanged. */
  readonly looks: number;
  readonly still: number;
  readonly source: string | undefined;
}

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
const mostSuspects = 1_000;
const suspectsAtOnce = 200;
// Written between the two reads of a look, a row may differ; unchanged in two looks with replication past it, it does differ.
const stillEnough = 2;
const mostLooks = 10;
const mostTries = 4;

/** Compares one table, a piece at a time. */
export class TableComparison implements Compared {
  readonly name: string;
  readonly #names: Both<string>;
  readonly #shapes: Both<TableShape>;
  readonly #key: readonly string[];
  readonly #keys: Both<WalkedKey>;
  readonly #row: string;
  readonly #sha2: 256 | 512;
  #after: Place | null = null;
  #walked = false;
  #chunkRows = rowsAtFirst;
  /** More rows than these are too long together for a server. */
  #mostRows: number;
  readonly #stride: Stride | null;
  #again: readonly Again[] = [];
  readonly #suspects = new Map<string, Suspect>();
  rows = 0;
  readonly different: string[] = [];
  tooMany = false;
  changing = 0;

  constructor(
    shapes: Both<TableShape>,
    key: readonly string[],
    {names, sha2}: {readonly names: Both<string>; readonly sha2: 256 | 512},
  ) {
    this.name = tableName(shapes.source);
    this.#names = names;
    this.#shapes = shapes;
    this.#key = key;
    this.#keys = {source: walkedKey(shapes.source, key), target: walkedKey(shapes.target, key)};
    this.#row = rowText(shapes.source, shapes.target);
    this.#sha2 = sha2;
    this.#mostRows = clamped(togetherBytes / Math.max(1, shapes.source.bytesOfRow));
    this.#stride = isSingleInteger(shapes.source, key) ? new Stride() : null;
  }

  get finished(): boolean {
    return this.#walked && this.#again.length === 0 && this.#suspects.size === 0;
  }

  get waiting(): number {
    return this.#again.length + this.#suspects.size;
  }

  async step(ask: Both<Ask>, passing: Passing): Promise<boolean> {
    const suspects = [...this.#suspects.values()].filter(({since}) => passing.passed(since));
    if (suspects.length > 0) {
      await this.#lookAgain(suspects.slice(0, suspectsAtOnce), ask, passing);
      return true;
    }
    const again = this.#again.find(({since}) => passing.passed(since));
    if (again) {
      await this.#compare(again.range, again.tries, ask, passing);
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
    const upTo =
      this.#stride?.next(this.#after, this.#chunkRows) ?? (await this.#bound(ask.source));
    const range = {after: this.#after, upTo};
    const began = performance.now();
    const {source, target} = await onBoth((side) =>
      digestOf(this.#from(side, this.#keys[side].within(range)), this.#row, this.#sha2, ask[side]),
    );
    const tookMs = performance.now() - began;
    if (source.cut || target.cut) {
      if (this.#chunkRows > fewestRows) {
        // A range of half as many rows is tried instead.
        this.#mostRows = clamped(this.#chunkRows / 2);
        this.#chunkRows = this.#mostRows;
        return;
      }
      await this.#compare(range, 0, ask, passing);
    } else if (!isSame(source, target)) {
      this.#again = [...this.#again, {range, since: await passing.now(), tries: 1}];
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
    const {selected, order, index, within} = this.#keys.source;
    const where = within({after: this.#after, upTo: null});
    const bound = (last: string) => ({
      sql: `SELECT ${selected} FROM ${quotedTable(this.#shapes.source)} ${index} WHERE ${where.sql} ORDER BY ${last}`,
      values: where.values,
      limitMs: statementLimitMs,
    });
    const [row] = await ask(bound(`${order} LIMIT 1 OFFSET ${this.#chunkRows - 1}`));
    if (row && this.#stride && !this.#stride.knowsLast) {
      const [last] = await ask(bound(`${order} DESC LIMIT 1`));
      this.#stride.knowLast(last ? this.#placeOf(last) : null);
    }
    return row ? this.#placeOf(row) : null;
  }

  async #compare(range: Range, tries: number, ask: Both<Ask>, passing: Passing): Promise<void> {
    const {source, target} = await onBoth((side) =>
      sumOf(this.#from(side, this.#keys[side].within(range)), this.#row, ask[side]),
    );
    if (isSame(source, target)) {
      return;
    }
    const since = await passing.now();
    const tooLong = Math.max(source.rows, target.rows) > mostFetched;
    if (tries === 0 || (tooLong && tries < mostTries)) {
      this.#again = [...this.#again, {range, since, tries: tries + 1}];
    } else if (tooLong) {
      this.tooMany = true;
    } else {
      await this.#narrow(range, tries, ask, passing);
    }
  }

  async #narrow(range: Range, tries: number, ask: Both<Ask>, passing: Passing): Promise<void> {
    const {source, target} = await onBoth((side) =>
      this.#hashes(side, this.#keys[side].within(range), ask[side]),
    );
    const since = await passing.now();
    const places = [...new Set([...source.keys(), ...target.keys()])].filter(
      (place) => source.get(place) !== target.get(place),
    );
    const room = mostSuspects - this.#suspects.size - this.different.length;
    if (places.length > room && tries < mostTries) {
      this.#again = [...this.#again, {range, since, tries: tries + 1}];
      return;
    }
    this.tooMany ||= places.length > room;
    for (const key of places.slice(0, Math.max(0, room))) {
      const place = JSON.parse(key) as Place; // #hashes has written it
      this.#suspects.set(key, {place, since, looks: 1, still: 0, source: source.get(key)});
    }
  }

  async #lookAgain(suspects: readonly Suspect[], ask: Both<Ask>, passing: Passing): Promise<void> {
    const places = suspects.map(({place}) => place);
    const {source, target} = await onBoth((side) =>
      this.#hashes(side, this.#keys[side].among(places), ask[side]),
    );
    const since = await passing.now();
    for (const suspect of suspects) {
      const key = JSON.stringify(suspect.place);
      const [here, there] = [source.get(key), target.get(key)];
      const still = here === suspect.source ? suspect.still + 1 : 0;
      const looks = suspect.looks + 1;
      if (here === there) {
        this.#suspects.delete(key);
      } else if (still >= stillEnough) {
        this.#suspects.delete(key);
        this.different.push(this.#inWords(suspect.place, here, there));
      } else if (looks >= mostLooks) {
        this.#suspects.delete(key);
        this.changing += 1;
      } else {
        this.#suspects.set(key, {...suspect, since, looks, still, source: here});
      }
    }
  }

  #from(side: Side, where: Condition): Condition {
    const {index} = this.#keys[side];
    return {
      sql: `FROM ${quotedTable(this.#shapes[side])} ${index} WHERE ${where.sql}`,
      values: where.values,
    };
  }

  /** The hash of each row, by its place. */
  async #hashes(side: Side, where: Condition, ask: Ask): Promise<ReadonlyMap<string, string>> {
    const {sql, values} = this.#from(side, where);
    const rows = await ask({
      sql: `SELECT ${this.#keys[side].selected}, ${rowHash(this.#row)} AS hash ${sql}`,
      values,
      limitMs: statementLimitMs,
    });
    return new Map(rows.map((row) => [JSON.stringify(this.#placeOf(row)), String(row['hash'])]));
  }

  #placeOf(row: Row): Place {
    return this.#key.map((_, at) => String(row[`k${at}`]));
  }

  #inWords(place: Place, here: string | undefined, there: string | undefined): string {
    const row = `${this.name} ${placeText(this.#shapes.source, this.#key, place)}`;
    return here === undefined
      ? `${row} is only on ${this.#names.target}`
      : there === undefined
        ? `${row} is only on ${this.#names.source}`
        : `${row} differs`;
  }
}
