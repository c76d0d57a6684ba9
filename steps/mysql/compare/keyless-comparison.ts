import type {Ask} from '../session/contract.ts';
import {quotedTable, rowHash, rowText, sumOfRows} from './row-text.ts';
import {
  type Both,
  type CatchUp,
  type ComparedTable,
  isSame,
  type Moment,
  onBoth,
  type Side,
  type Sum,
  statementLimitMs,
  sumOf,
  type TableBookmark,
} from './sums.ts';
import {type TableShape, tableName} from './table-shapes.ts';

interface KeylessOptions {
  readonly bookmark?: TableBookmark | null;
  /** MariaDB's tables WITH SYSTEM VERSIONING also have the earlier versions of their rows. */
  readonly of?: 'rows' | 'versions';
}

const stillEnough = 2;
const mostLooks = 10;

/**
 * Compares a table without a usable key, or all versions of the rows of a table: as a whole, and if it differs, by how
 * often each row exists.
 */
export class KeylessComparison implements ComparedTable {
  readonly name: string;
  readonly #shapes: Both<TableShape>;
  readonly #names: Both<string>;
  readonly #row: string;
  readonly #versions: boolean;
  #since: Moment | undefined;
  #source: Sum | undefined;
  #still = 0;
  #looks = 0;
  rows = 0;
  finished = false;
  readonly different: string[] = [];
  readonly tooMany = false;
  changing = 0;

  constructor(
    shapes: Both<TableShape>,
    names: Both<string>,
    {bookmark = null, of = 'rows'}: KeylessOptions = {},
  ) {
    this.rows = bookmark?.rows ?? 0;
    this.finished = bookmark?.finished ?? false;
    this.#versions = of === 'versions';
    this.name = `${tableName(shapes.source)}${this.#versions ? ' (all versions)' : ''}`;
    this.#shapes = shapes;
    this.#names = names;
    this.#row = rowText(shapes.source, shapes.target);
  }

  get bookmark(): TableBookmark | null {
    const isEqual = this.finished && this.different.length === 0 && this.changing === 0;
    return isEqual ? {after: null, rows: this.rows, finished: true} : null;
  }

  get waiting(): number {
    return this.#looks > 0 && !this.finished ? 1 : 0;
  }

  async step(ask: Both<Ask>, catchUp: CatchUp): Promise<boolean> {
    if (this.#since !== undefined && !catchUp.passed(this.#since)) {
      return false;
    }
    const {source, target} = await onBoth((side) =>
      sumOf({sql: this.#from(side), values: []}, this.#row, ask[side]),
    );
    this.#since = await catchUp.now();
    this.rows = source.rows;
    this.#still = this.#source && isSame(source, this.#source) ? this.#still + 1 : 0;
    this.#source = source;
    this.#looks += 1;
    if (isSame(source, target)) {
      this.finished = true;
    } else if (this.#still >= stillEnough) {
      await this.#describe(ask);
      this.finished = true;
    } else if (this.#looks >= mostLooks) {
      this.changing = 1;
      this.finished = true;
    }
    return true;
  }

  #from(side: Side): string {
    const versions = this.#versions ? ' FOR SYSTEM_TIME ALL' : '';
    return `FROM ${quotedTable(this.#shapes[side])}${versions}`;
  }

  /** A table may not fit into memory, so it is first divided by hash into some thousand parts. */
  async #describe(ask: Both<Ask>): Promise<void> {
    const part = `LEFT(${rowHash(this.#row)}, 3)`;
    const parts = await onBoth((side) =>
      this.#ask(side, ask, `${part} AS g, CONCAT(COUNT(*), ':', ${sumOfRows(this.#row)}) AS v`, ''),
    );
    const among = `WHERE ${part} IN (?)`;
    const rows = await onBoth((side) =>
      this.#ask(side, ask, `${rowHash(this.#row)} AS g, COUNT(*) AS v`, among, differing(parts)),
    );
    for (const side of ['source', 'target'] as const) {
      const other = side === 'source' ? rows.target : rows.source;
      const surplus = [...rows[side]].map(([hash, there]) => +there - +(other.get(hash) ?? 0));
      const only = surplus.filter((count) => count > 0).reduce((sum, count) => sum + count, 0);
      if (only > 0) {
        this.different.push(
          `${this.name}${this.#versions ? '' : ' (no usable key)'} has ${only} ${only === 1 ? 'row' : 'rows'} only on ${this.#names[side]}`,
        );
      }
    }
  }

  async #ask(
    side: Side,
    ask: Both<Ask>,
    selected: string,
    where: string,
    parts?: readonly string[],
  ): Promise<ReadonlyMap<string, string>> {
    const rows = await ask[side]({
      sql: `SELECT ${selected} ${this.#from(side)} ${where} GROUP BY g ORDER BY NULL`,
      values: parts ? [parts] : [],
      limitMs: statementLimitMs,
    });
    return new Map(rows.map((row) => [String(row['g']), String(row['v'])]));
  }
}

export const keepHistory = ({source, target}: Both<TableShape>): boolean =>
  source.keepsHistory && target.keepsHistory;

const differing = ({source, target}: Both<ReadonlyMap<string, string>>): readonly string[] =>
  [...new Set([...source.keys(), ...target.keys()])].filter(
    (part) => source.get(part) !== target.get(part),
  );
