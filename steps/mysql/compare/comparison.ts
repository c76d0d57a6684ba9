import {setTimeout as sleep} from 'node:timers/promises';
import type {Json} from '../../../src/index.ts';
import type {MysqlReader, Position} from '../contract.ts';
import type {Ask} from '../session/contract.ts';
import {type Bookmark, bookmarkIn, bookmarkOf} from './bookmark.ts';
import {ChangedComparison} from './changed-comparison.ts';
import type {Changed} from './changed-rows.ts';
import {commonKey} from './key-ranges.ts';
import {KeylessComparison, keepHistory} from './keyless-comparison.ts';
import {LazyTable} from './lazy-table.ts';
import {missing, nothingCompared} from './missing-tables.ts';
import type {Both, ComparedTable, TableBookmark} from './sums.ts';
import {TableComparison} from './table-comparison.ts';
import {TableRows} from './table-rows.ts';
import {shapeDifferences, type TableSelection, type TableShape, tableName} from './table-shapes.ts';
import {fastestSha2, type TablesPresent, tablesPresentOn} from './tables-present.ts';
import {type Limits, Throttle} from './throttle.ts';

export interface ComparisonRequest extends Limits {
  readonly selection: TableSelection;
  /** How many tables are read at the same time. */
  readonly tablesAtOnce: number;
  /** Whether the target replicates from the source. */
  readonly replicates: boolean;
  /** Is told while the columns of many tables are read. */
  readonly stillReading?: ((progress: string) => void) | undefined;
  /** The server between the two, where the target does not replicate from the source itself. */
  readonly over?: MysqlReader | undefined;
}

interface ComparisonStart {
  readonly since: Position;
  readonly present: TablesPresent;
  readonly changed?: ReadonlyMap<string, Changed>;
  /** The bookmarks of an earlier comparison. */
  readonly tables?: Bookmark['tables'];
}

/** The result, once everything is compared. */
export interface Findings {
  readonly tables: number;
  readonly rows: number;
  /** Each in words. */
  readonly differences: readonly string[];
  /** Rows that the source had changed again each time they were compared. */
  readonly changing: number;
}

/** Two servers, compared a few seconds at a time. */
export class Comparison {
  /** The end of the source's log at the start; later changes may not be compared. */
  readonly since: Position;
  readonly #servers: Both<MysqlReader>;
  readonly #request: ComparisonRequest;
  readonly #throttle: Throttle;
  readonly #tables: readonly ComparedTable[];
  /** Those that are not finished, in their order. */
  readonly #left: Set<ComparedTable>;
  readonly #tablesCompared: number;
  readonly #shapeDifferences: readonly string[];
  /** An estimate by the source. */
  readonly #rowsExpected: number;
  #workedMs = 0;

  /** Reads the tables of both sides. */
  static async begin(
    servers: Both<MysqlReader>,
    request: ComparisonRequest,
    signal: AbortSignal,
    earlier: unknown = null,
  ): Promise<Comparison> {
    const since = await servers.source.position(signal);
    const {selection, stillReading} = request;
    const present = await tablesPresentOn(servers, selection, signal, stillReading);
    const kept = bookmarkIn(earlier, servers);
    return new Comparison(servers, request, {since, ...kept, present});
  }

  /** With `changed`: only these tables, and only these rows of them. */
  constructor(
    servers: Both<MysqlReader>,
    request: ComparisonRequest,
    {since, present, changed, tables = {}}: ComparisonStart,
  ) {
    const names = {source: servers.source.name, target: servers.target.name};
    const shapes = {
      source: changedOf(present.source.shapes, changed),
      target: changedOf(present.target.shapes, changed),
    };
    const pairs = [...shapes.source.values()].flatMap((source) => {
      const target = shapes.target.get(tableName(source));
      return target ? [{source, target}] : [];
    });
    const sha2 = fastestSha2(present);
    this.since = since;
    this.#servers = servers;
    this.#request = request;
    this.#throttle = new Throttle(servers, request, request.replicates);
    this.#rowsExpected = pairs.reduce((sum, {source}) => sum + rowsOf(source, changed), 0);
    // The longest table first: as the last one it would run alone at the end.
    this.#tables = pairs
      .toSorted((first, second) => rowsOf(second.source, changed) - rowsOf(first.source, changed))
      .flatMap((shape) => {
        const name = tableName(shape.source);
        const bookmark = tables[name];
        const make = () =>
          comparisonOf(shape, {names, sha2, changed: changed?.get(name), bookmark});
        return [
          new LazyTable(name, make, bookmark !== undefined),
          // A row that was deleted is still there as an earlier version.
          ...(keepHistory(shape) ? [new KeylessComparison(shape, names, {of: 'versions'})] : []),
        ];
      });
    this.#left = new Set(this.#tables.filter(({finished}) => !finished));
    this.#tablesCompared = pairs.length;
    this.#shapeDifferences = [
      ...nothingCompared(present, request.selection, names),
      ...missing(shapes.source, shapes.target, names.target),
      ...missing(shapes.target, shapes.source, names.source),
      ...pairs.flatMap(({source, target}) => shapeDifferences(source, target, names)),
    ];
  }

  /** What is equal so far: a resumed run continues from it. */
  get bookmark(): Json {
    return bookmarkOf(this.#servers, this.since, this.#tables);
  }

  /** Compares for `limitMs`. Gives the findings once everything is compared, else its progress as text. */
  async workFor(limitMs: number, signal: AbortSignal): Promise<Findings | string> {
    const began = performance.now();
    const over = new AbortController();
    const halt = new AbortController();
    const until = AbortSignal.any([signal, halt.signal]);
    const parts = [
      this.#work(began + limitMs, until).finally(() => over.abort()),
      this.#throttle.watch(over.signal, until),
    ];
    try {
      await Promise.all(parts);
    } finally {
      // If one part fails, the other one must end too: the next call starts both again.
      halt.abort();
      await Promise.allSettled(parts);
    }
    this.#workedMs += performance.now() - began;
    return this.#left.size === 0 ? this.#findings() : this.#progress();
  }

  async #work(until: number, signal: AbortSignal): Promise<void> {
    const {source, target} = this.#servers;
    const sessions = Math.min(this.#request.tablesAtOnce, Math.max(1, this.#tables.length));
    await source.withSessions(
      sessions,
      (here) =>
        target.withSessions(
          sessions,
          (there) => this.#compareTables({here, there}, until, signal),
          signal,
        ),
      signal,
    );
  }

  async #compareTables(
    {here, there}: {here: readonly Ask[]; there: readonly Ask[]},
    until: number,
    signal: AbortSignal,
  ): Promise<void> {
    const busy = new Set<ComparedTable>();
    await Promise.all(
      here.map(async (source, index) => {
        const target = there[index];
        while (target && performance.now() < until && this.#left.size > 0) {
          const worked = await this.#step({source, target}, busy);
          if (!worked) {
            await sleep(idleMs, undefined, {signal});
          }
        }
      }),
    );
  }

  async #step(ask: Both<Ask>, busy: Set<ComparedTable>): Promise<boolean> {
    if (this.#throttle.waitReason !== null) {
      return false;
    }
    for (const table of this.#left) {
      if (busy.has(table)) {
        continue;
      }
      busy.add(table);
      try {
        if (await table.step(ask, this.#throttle)) {
          return true;
        }
      } finally {
        busy.delete(table);
        if (table.finished) {
          this.#left.delete(table);
        }
      }
    }
    return false;
  }

  #findings(): Findings {
    return {
      tables: this.#tablesCompared,
      rows: this.#tables.reduce((sum, {rows}) => sum + rows, 0),
      differences: [
        ...this.#shapeDifferences,
        ...this.#tables.flatMap(({name, different, tooMany}) => [
          ...different,
          ...(tooMany
            ? [`${name} has more differences than these, and was not compared to its end`]
            : []),
        ]),
      ],
      changing: this.#tables.reduce((sum, {changing}) => sum + changing, 0),
    };
  }

  #progress(): string {
    const sum = (of: (table: ComparedTable) => number) =>
      this.#tables.reduce((total, table) => total + of(table), 0);
    const rows = sum((table) => table.rows);
    const done = this.#tables.length - this.#left.size;
    const waiting = sum((table) => table.waiting);
    const different = sum((table) => table.different.length);
    const perSecond = (rows / Math.max(1, this.#workedMs)) * 1_000;
    const left = Math.max(0, this.#rowsExpected - rows) / Math.max(1, perSecond);
    return [
      `${count(rows)} of about ${count(Math.max(rows, this.#rowsExpected))} rows compared, ${count(perSecond)} per second, about ${duration(left)} left`,
      `${done} of ${this.#tables.length} tables compared`,
      ...(waiting > 0 ? [`mismatches to compare again after replication: ${count(waiting)}`] : []),
      ...(different > 0 ? [`rows that differ: ${count(different)}`] : []),
      ...(this.#throttle.waitReason === null
        ? []
        : [`waiting because ${this.#throttle.waitReason}`]),
    ].join('; ');
  }
}

const idleMs = 20;

const changedOf = (
  shapes: ReadonlyMap<string, TableShape>,
  changed: ReadonlyMap<string, Changed> | undefined,
): ReadonlyMap<string, TableShape> =>
  changed ? new Map([...shapes].filter(([table]) => changed.has(table))) : shapes;

function rowsOf(shape: TableShape, changed: ReadonlyMap<string, Changed> | undefined): number {
  const rows = changed?.get(tableName(shape)) ?? 'all';
  return rows === 'all' ? shape.rows : rows.length;
}

function comparisonOf(
  shape: Both<TableShape>,
  {
    names,
    sha2,
    changed = 'all',
    bookmark = null,
  }: {
    names: Both<string>;
    sha2: 256 | 512;
    changed?: Changed | undefined;
    bookmark?: TableBookmark | null | undefined;
  },
): ComparedTable {
  const key = commonKey(shape.source, shape.target);
  if (!key) {
    return new KeylessComparison(shape, names, {bookmark});
  }
  const table = new TableRows(shape, key, names);
  const whole = (since: TableBookmark | null) => new TableComparison(table, sha2, since);
  return changed === 'all'
    ? whole(isValidFor(key, bookmark) ? bookmark : null)
    : new ChangedComparison(table, changed, () => whole(null));
}

/** A bookmark in a key of other columns is not valid for this key. */
const isValidFor = (key: readonly string[], bookmark: TableBookmark | null): boolean =>
  !bookmark?.after || bookmark.after.length === key.length;

const count = (rows: number): string => Math.round(rows).toLocaleString('en-US');

const duration = (seconds: number): string =>
  seconds < 90
    ? `${Math.ceil(seconds)} s`
    : seconds < 5_400
      ? `${Math.round(seconds / 60)} min`
      : `${(seconds / 3_600).toFixed(1)} h`;
