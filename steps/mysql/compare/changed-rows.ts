import type {MysqlReader, Position} from '../contract.ts';
import {positionText, samePosition} from '../replication/position.ts';
import type {Row} from '../session/contract.ts';
import type {Logged} from './key-ranges.ts';
import {type TableShape, tableName, type Wanted} from './table-shapes.ts';

/** What was changed in a table: these rows, or so much or in such a way that all have to be looked at. */
export type Changed = readonly Logged[] | 'all';

// A comparison row by row is dearer than one of ranges.
const mostRows = 200_000;
const lookMs = 2_000;

/** Which rows were changed on a server since a place in its log, read a few seconds at a time. */
export class ChangedRows {
  readonly #source: MysqlReader;
  readonly #wanted: Wanted;
  readonly #shapes: ReadonlyMap<string, TableShape>;
  readonly #tables = new Map<string, Map<string, Logged> | 'all'>();
  readonly #until: Position;
  #at: Position;
  /** A statement that changed something and is not logged as rows: nobody can tell which ones. */
  statement: string | null = null;

  constructor(
    source: MysqlReader,
    shapes: ReadonlyMap<string, TableShape>,
    {wanted, since, until}: {wanted: Wanted; since: Position; until: Position},
  ) {
    this.#source = source;
    this.#wanted = wanted;
    this.#shapes = shapes;
    this.#at = since;
    this.#until = until;
  }

  get finished(): boolean {
    return this.statement !== null || samePosition(this.#at, this.#until);
  }

  get tables(): ReadonlyMap<string, Changed> {
    return new Map(
      [...this.#tables].map(([table, rows]) => [table, rows === 'all' ? rows : [...rows.values()]]),
    );
  }

  get progress(): string {
    const rows = [...this.#tables.values()].map((one) => (one === 'all' ? 0 : one.size));
    return `reading which rows were changed: ${rows.reduce((sum, one) => sum + one, 0)} so far, the log of ${this.#source.name} read to ${positionText(this.#at)} of ${positionText(this.#until)}`;
  }

  async read(signal: AbortSignal): Promise<void> {
    // What a log says of these cannot be told by its reader.
    const without = [...this.#shapes.values()].filter(hasUnknownType);
    for (const shape of without) {
      this.#tables.set(tableName(shape), 'all');
    }
    this.#at = await this.#source.readLog(
      {
        from: this.#at,
        until: this.#until,
        schemas: this.#wanted.schemas,
        without: without.map(({schema, table}) => [schema, table]),
        limitMs: lookMs,
      },
      {
        row: (table, row, before) => this.#add(table, row, before),
        statement: (_schema, text) => {
          this.statement ??= isHarmless(text) ? null : firstWords(text);
        },
      },
      signal,
    );
  }

  #add(table: string, row: Row, before: Row = {}): void {
    const rows = this.#tables.get(table) ?? new Map<string, Logged>();
    const shape = this.#shapes.get(table);
    if (rows === 'all' || this.#wanted.except.includes(table)) {
      return;
    }
    // What was not logged of the row afterwards (binlog_row_image=MINIMAL) is as it was before.
    const key = shape?.key?.columns.map((name) => row[name] ?? before[name] ?? null);
    if (!shape || !key || !isLegible(shape) || key.some(isUnclear) || rows.size >= mostRows) {
      this.#tables.set(table, 'all');
      return;
    }
    this.#tables.set(table, rows.set(JSON.stringify(key), key));
  }
}

const hasUnknownType = ({columns}: TableShape): boolean =>
  columns.some(({type}) => type === 'vector');

/** Whether the text of a key comes out of the log as it went in. */
const isLegible = ({key, columns}: TableShape): boolean =>
  columns.every(
    ({name, charset}) =>
      charset === null ||
      !key?.columns.includes(name) ||
      /^(utf8(mb3|mb4)?|ascii|latin1)$/.test(charset),
  );

/** Missing, or with a character that the reader of the log did not know. */
const isUnclear = (value: unknown): boolean =>
  value === null || (typeof value === 'string' && value.includes('\ufffd'));

// What follows the first words of a statement may hold data.
const firstWords = (text: string): string =>
  /^(\w+\s+\w+)/.exec(text.trim())?.[1]?.toUpperCase() ?? 'a statement';

const isHarmless = (text: string): boolean =>
  /^\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|XA|FLUSH|ANALYZE|GRANT|REVOKE|SET PASSWORD|(CREATE|ALTER|DROP|RENAME) (USER|ROLE)|CREATE (DATABASE|TABLE) IF NOT EXISTS `?switcharoo`?)\b/i.test(
    text,
  );
