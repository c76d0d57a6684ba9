import type {Ask, Row} from '../session/contract.ts';
import {type Condition, type Place, placeText, type WalkedKey, walkedKey} from './key-ranges.ts';
import {quotedTable, rowHash, rowText} from './row-text.ts';
import {
  type Both,
  type Digest,
  digestOf,
  type Side,
  type Sum,
  statementLimitMs,
  sumOf,
} from './sums.ts';
import {type TableShape, tableName} from './table-shapes.ts';

/** Queries for the rows of a table with a key, on either side. */
export class TableRows {
  readonly name: string;
  readonly shapes: Both<TableShape>;
  readonly key: readonly string[];
  readonly keys: Both<WalkedKey>;
  readonly #names: Both<string>;
  readonly #row: string;

  constructor(shapes: Both<TableShape>, key: readonly string[], names: Both<string>) {
    this.name = tableName(shapes.source);
    this.shapes = shapes;
    this.key = key;
    this.keys = {source: walkedKey(shapes.source, key), target: walkedKey(shapes.target, key)};
    this.#names = names;
    this.#row = rowText(shapes.source, shapes.target);
  }

  digest(side: Side, where: Condition, bits: 256 | 512, ask: Both<Ask>): Promise<Digest> {
    return digestOf(this.#from(side, where), this.#row, bits, ask[side]);
  }

  sum(side: Side, where: Condition, ask: Both<Ask>): Promise<Sum> {
    return sumOf(this.#from(side, where), this.#row, ask[side]);
  }

  /** The hash of each row, by its place. */
  async hashes(side: Side, where: Condition, ask: Both<Ask>): Promise<ReadonlyMap<string, string>> {
    const {sql, values} = this.#from(side, where);
    const rows = await ask[side]({
      sql: `SELECT ${this.keys[side].selected}, ${rowHash(this.#row)} AS hash ${sql}`,
      values,
      limitMs: statementLimitMs,
    });
    return new Map(rows.map((row) => [JSON.stringify(this.placeOf(row)), String(row['hash'])]));
  }

  placeOf(row: Row): Place {
    return this.key.map((_, at) => String(row[`k${at}`]));
  }

  differenceText(place: Place, here: string | undefined, there: string | undefined): string {
    const row = `${this.name} ${placeText(this.shapes.source, this.key, place)}`;
    return here === undefined
      ? `${row} is only on ${this.#names.target}`
      : there === undefined
        ? `${row} is only on ${this.#names.source}`
        : `${row} differs`;
  }

  #from(side: Side, where: Condition): Condition {
    const {index} = this.keys[side];
    return {
      sql: `FROM ${quotedTable(this.shapes[side])} ${index} WHERE ${where.sql}`,
      values: where.values,
    };
  }
}
