import type {Row} from '../session/contract.ts';

/** Who waits for a part of the catalogue: it is read while at least one waits, for as long as it makes progress. */
export interface Waiter {
  readonly signal: AbortSignal;
  /** Is told after each piece. */
  readonly progress?: ((text: string) => void) | undefined;
}

/** How long checks may judge a catalogue without reading it again. */
export const catalogueServesMs = 5 * 60_000;

/** What information_schema says of all schemas but the server's own. Each part is read once, in bounded pieces. */
export interface Catalogue {
  /** When its reading started, on the clock of `performance.now()`: nothing in it is older. */
  readonly startedMs: number;
  tables(waiter: Waiter): Promise<CatalogueTables>;
  /** The same, with `next` of the tables that have an AUTO_INCREMENT column: while the server has them open anyway. */
  tablesWithNext(waiter: Waiter): Promise<CatalogueTables>;
  /** Asked for together with the tables, it costs less. */
  keys(waiter: Waiter): Promise<CatalogueKeys>;
  objects(waiter: Waiter): Promise<CatalogueObjects>;
  /**
   * Every AUTO_INCREMENT column: `s`, `t`, `c`, `largest` (as text; `null` in an empty table), and the `next` value of
   * a table with rows. Rows that are replicated meanwhile may move the largest value past a `next` read before it.
   */
  largest(waiter: Waiter): Promise<readonly Row[]>;
  /** The next AUTO_INCREMENT value of these tables as it is now: `s`, `t`, `next`. */
  counters(names: readonly TableName[], waiter: Waiter): Promise<readonly Row[]>;
}

export interface TableName {
  readonly s: string;
  readonly t: string;
}

/** In the order of schema, table, and place in the table. */
export interface CatalogueTables {
  /** `s`, `collation`: every schema, also an empty one. */
  readonly schemas: readonly Row[];
  /**
   * `s`, `t`, `type`, `engine`, `options`, `collation`, `next` (of AUTO_INCREMENT; not there where the server
   * would have to open many tables to tell it). No views.
   */
  readonly tables: readonly Row[];
  /** `s`, `t`, `c`, `data_type`, `column_type`, `def`, `extra`, `collation`, `body` (of a generated column). */
  readonly columns: readonly Row[];
}

export interface CatalogueKeys {
  /** `s`, `t`, `name`, `type` (`null`: neither fulltext nor spatial), `non_unique`: a row for each index. */
  readonly indexes: readonly Row[];
  /** `s`, `t`, `name`, `parent_schema`, `parent`, `parent_key` (`null`: no key is unique). */
  readonly foreignKeys: readonly Row[];
}

export interface CatalogueObjects {
  /**
   * Everything that runs with the privileges of its definer: `what`, `s`, `name`, `definer`, `body`; `t` of a trigger;
   * `sql_mode` of all but views; `security` of a routine: DEFINER or INVOKER.
   */
  readonly defined: readonly Row[];
  /** `s`, `name`, `definer`, `status`. */
  readonly events: readonly Row[];
}
