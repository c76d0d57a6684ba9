import type {LoggedChange, MysqlReader, Position} from '../contract.ts';
import {positionText, samePosition} from '../replication/position.ts';
import type {Row} from '../session/contract.ts';
import type {Logged} from './key-ranges.ts';
import {type TableSelection, type TableShape, tableName} from './table-shapes.ts';

/** A row that a log has. */
export interface ChangedRow {
  readonly key: Logged;
  /** Whether it exists after its last change. */
  readonly remains: boolean;
}

/**
 * The changed rows of a table; `all` where they are too many or cannot be identified, so that the whole table is
 * compared.
 */
export type Changed = readonly ChangedRow[] | 'all';

// A comparison row by row costs more than one of ranges.
const mostRows = 200_000;
const lookMs = 2_000;

/** The rows that were changed on a server since a position in its log, read a few seconds at a time. */
export class ChangedRows {
  readonly #source: MysqlReader;
  readonly #selection: TableSelection;
  readonly #shapes: ReadonlyMap<string, TableShape>;
  readonly #tables = new Map<string, Map<string, ChangedRow> | 'all'>();
  readonly #until: Position;
  #at: Position;
  /** A statement that is not logged as rows: which rows it changed is unknown. */
  statement: string | null = null;

  constructor(
    source: MysqlReader,
    shapes: ReadonlyMap<string, TableShape>,
    {selection, since, until}: {selection: TableSelection; since: Position; until: Position},
  ) {
    this.#source = source;
    this.#selection = selection;
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
    const counts = [...this.#tables.values()].map((rows) => (rows === 'all' ? 0 : rows.size));
    return `reading the changed rows: ${counts.reduce((sum, count) => sum + count, 0)} so far, the log of ${this.#source.name} read to ${positionText(this.#at)} of ${positionText(this.#until)}`;
  }

  async read(signal: AbortSignal): Promise<void> {
    // The reader of the log does not understand these types.
    const without = [...this.#shapes.values()].filter(hasUnknownType);
    for (const shape of without) {
      this.#tables.set(tableName(shape), 'all');
    }
    this.#at = await this.#source.readLog(
      {
        from: this.#at,
        until: this.#until,
        schemas: this.#selection.schemas,
        without: without.map(({schema, table}) => [schema, table]),
        limitMs: lookMs,
      },
      {
        row: (table, row, change) => this.#add(table, row, change),
        statement: (_schema, text) => {
          this.statement ??= isHarmless(text) ? null : firstWords(text);
        },
      },
      signal,
    );
  }

  #add(table: string, row: Row, {before = {}, remains}: LoggedChange): void {
    const rows = this.#tables.get(table) ?? new Map<string, ChangedRow>();
    const shape = this.#shapes.get(table);
    if (rows === 'all' || this.#selection.except.includes(table)) {
      return;
    }
    // A column that is not logged after the change (binlog_row_image = MINIMAL) has its value of before.
    const key = shape?.key?.columns.map((name) => row[name] ?? before[name] ?? null);
    if (!shape || !key || !isLegible(shape) || key.some(isUnclear) || rows.size >= mostRows) {
      this.#tables.set(table, 'all');
      return;
    }
    this.#tables.set(table, rows.set(JSON.stringify(key), {key, remains}));
  }
}

const hasUnknownType = ({columns, keepsHistory}: TableShape): boolean =>
  // A log has the columns that hold the time of a version, too.
  keepsHistory || columns.some(({type}) => type === 'vector');

/** Whether the reader of the log decodes the text of a key correctly. */
const isLegible = ({key, columns}: TableShape): boolean =>
  columns.every(
    ({name, charset}) =>
      charset === null ||
      !key?.columns.includes(name) ||
      /^(utf8(mb3|mb4)?|ascii|latin1)$/.test(charset),
  );

/** Missing, or with a character that the reader of the log cannot decode. */
const isUnclear = (value: unknown): boolean =>
  value === null || (typeof value === 'string' && value.includes('\ufffd'));

// A statement may have data after its first words.
const firstWords = (text: string): string =>
  /^(\w+\s+\w+)/.exec(text.trim())?.[1]?.toUpperCase() ?? 'A statement';

const isHarmless = (text: string): boolean =>
  /^\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|XA|FLUSH|ANALYZE|GRANT|REVOKE|SET PASSWORD|(CREATE|ALTER|DROP|RENAME) (USER|ROLE)|CREATE (DATABASE|TABLE) IF NOT EXISTS `?switcharoo`?)\b/i.test(
    text,
  );
