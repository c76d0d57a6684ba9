import {setTimeout as sleep} from 'node:timers/promises';
import type {Json} from '../../../src/index.ts';
import type {MysqlReader, Position} from '../contract.ts';
import type {Ask} from '../session/contract.ts';
import {ChangedComparison} from './changed-comparison.ts';
import type {Changed} from './changed-rows.ts';
import {commonKey} from './key-ranges.ts';
import {KeylessComparison} from './keyless-comparison.ts';
import {type Marks, marksIn, marksOf} from './progress-marks.ts';
import type {Both, Compared, Mark} from './sums.ts';
import {TableComparison} from './table-comparison.ts';
import {TableRows} from './table-rows.ts';
import {shapeDifferences, type TableShape, tableName, type Wanted} from './table-shapes.ts';
import {costingLeast, type Seen, seenOn} from './tables-present.ts';
import {type Limits, Throttle} from './throttle.ts';

export interface Comparing extends Limits {
  readonly wanted: Wanted;
  /** How many tables are read at the same time. */
  readonly tablesAtOnce: number;
  /** Whether the target follows the source. */
  readonly follows: boolean;
}

interface Begun {
  readonly since: Position;
  readonly seen: Seen;
  readonly changed?: ReadonlyMap<string, Changed>;
  /** Up to where an earlier comparison has come. */
  readonly tables?: Marks['tables'];
}

/** What was found, once everything is compared. */
export interface Findings {
  readonly tables: number;
  readonly rows: number;
  /** Each in words. */
  readonly differences: readonly string[];
  /** Rows that changed on the source at every look. */
  readonly changing: number;
}

/** Two servers, compared a few seconds at a time. */
export class Comparison {
  /** Where the source's log ended when it began: whatever changes after it may have escaped. */
  readonly since: Position;
  readonly #servers: Both<MysqlReader>;
  readonly #asked: Comparing;
  readonly #throttle: Throttle;
  readonly #tables: readonly Compared[];
  readonly #shapeDifferences: readonly string[];
  /** What the source believes to have. */
  readonly #rowsExpected: number;
  #workedMs = 0;

  /** Reads which tables there are. */
  static async begin(
    servers: Both<MysqlReader>,
    asked: Comparing,
    signal: AbortSignal,
    earlier: unknown = null,
  ): Promise<Comparison> {
    const since = await servers.source.position(signal);
    const seen = await seenOn(servers, asked.wanted, signal);
    const marks = marksIn(earlier, servers);
    return new Comparison(servers, asked, {since, ...marks, seen});
  }

  /** With `changed`, of these tables alone, and of their rows only those. */
  constructor(
    servers: Both<MysqlReader>,
    asked: Comparing,
    {since, seen, changed, tables = {}}: Begun,
  ) {
    const names = {source: servers.source.name, target: servers.target.name};
    const shapes = {
      source: among(seen.source.shapes, changed),
      target: among(seen.target.shapes, changed),
    };
    const pairs = [...shapes.source.values()].flatMap((source) => {
      const target = shapes.target.get(tableName(source));
      return target ? [{source, target}] : [];
    });
    this.since = since;
    this.#servers = servers;
    this.#asked = asked;
    this.#throttle = new Throttle(servers, asked, asked.follows);
    this.#rowsExpected = pairs.reduce((sum, {source}) => sum + rowsOf(source, changed), 0);
    // The longest one first: begun last it would be left over alone.
    this.#tables = pairs
      .toSorted((one, other) => rowsOf(other.source, changed) - rowsOf(one.source, changed))
      .map((shape) =>
        compared(shape, {
          ...{names, seen, changed: changed?.get(tableName(shape.source))},
          mark: tables[tableName(shape.source)],
        }),
      );
    this.#shapeDifferences = [
      ...missing(shapes.source, shapes.target, names.target),
      ...missing(shapes.target, shapes.source, names.source),
      ...pairs.flatMap(({source, target}) => shapeDifferences(source, target, names)),
    ];
  }

  /** What is equal so far, for whoever goes on after a crash. */
  get mark(): Json {
    return marksOf(this.#servers, this.since, this.#tables);
  }

  /** Compares for some seconds. Gives what was found once everything is compared, else how far it is, in words. */
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
      // What one part could not do, the other must not go on with: the next look begins with both.
      halt.abort();
      await Promise.allSettled(parts);
    }
    this.#workedMs += performance.now() - began;
    return this.#tables.every(({finished}) => finished) ? this.#findings() : this.#progress();
  }

  async #work(until: number, signal: AbortSignal): Promise<void> {
    const {source, target} = this.#servers;
    const sessions = Math.min(this.#asked.tablesAtOnce, Math.max(1, this.#tables.length));
    await source.withSessions(
      sessions,
      (here) =>
        target.withSessions(sessions, (there) => this.#share({here, there}, until, signal), signal),
      signal,
    );
  }

  async #share(
    {here, there}: {here: readonly Ask[]; there: readonly Ask[]},
    until: number,
    signal: AbortSignal,
  ): Promise<void> {
    const busy = new Set<Compared>();
    await Promise.all(
      here.map(async (source, index) => {
        const target = there[index];
        while (target && performance.now() < until && this.#tables.some((one) => !one.finished)) {
          const worked = await this.#oneStep({source, target}, busy);
          if (!worked) {
            await sleep(idleMs, undefined, {signal});
          }
        }
      }),
    );
  }

  async #oneStep(ask: Both<Ask>, busy: Set<Compared>): Promise<boolean> {
    if (this.#throttle.waitsFor !== null) {
      return false;
    }
    for (const table of this.#tables) {
      if (table.finished || busy.has(table)) {
        continue;
      }
      busy.add(table);
      try {
        if (await table.step(ask, this.#throttle)) {
          return true;
        }
      } finally {
        busy.delete(table);
      }
    }
    return false;
  }

  #findings(): Findings {
    return {
      tables: this.#tables.length,
      rows: this.#tables.reduce((sum, {rows}) => sum + rows, 0),
      differences: [
        ...this.#shapeDifferences,
        ...this.#tables.flatMap(({name, different, tooMany}) => [
          ...different,
          ...(tooMany
            ? [`${name} differs in more rows than these, and was not read to its end`]
            : []),
        ]),
      ],
      changing: this.#tables.reduce((sum, {changing}) => sum + changing, 0),
    };
  }

  #progress(): string {
    const sum = (of: (table: Compared) => number) =>
      this.#tables.reduce((total, table) => total + of(table), 0);
    const rows = sum((table) => table.rows);
    const done = sum(({finished}) => (finished ? 1 : 0));
    const waiting = sum((table) => table.waiting);
    const different = sum((table) => table.different.length);
    const perSecond = (rows / Math.max(1, this.#workedMs)) * 1_000;
    const left = Math.max(0, this.#rowsExpected - rows) / Math.max(1, perSecond);
    return [
      `${count(rows)} of about ${count(Math.max(rows, this.#rowsExpected))} rows compared, ${count(perSecond)} a second, about ${duration(left)} left`,
      `${done} of ${this.#tables.length} tables done`,
      ...(waiting > 0
        ? [`${waiting} places are looked at again once replication has passed them`]
        : []),
      ...(different > 0 ? [`${different} rows differ`] : []),
      ...(this.#throttle.waitsFor === null ? [] : [`waiting, as ${this.#throttle.waitsFor}`]),
    ].join('; ');
  }
}

const idleMs = 20;

const among = (
  shapes: ReadonlyMap<string, TableShape>,
  changed: ReadonlyMap<string, Changed> | undefined,
): ReadonlyMap<string, TableShape> =>
  changed ? new Map([...shapes].filter(([table]) => changed.has(table))) : shapes;

function rowsOf(shape: TableShape, changed: ReadonlyMap<string, Changed> | undefined): number {
  const rows = changed?.get(tableName(shape)) ?? 'all';
  return rows === 'all' ? shape.rows : rows.length;
}

function compared(
  shape: Both<TableShape>,
  {
    names,
    seen,
    changed = 'all',
    mark = null,
  }: {
    names: Both<string>;
    seen: Seen;
    changed?: Changed | undefined;
    mark?: Mark | null | undefined;
  },
): Compared {
  const key = commonKey(shape.source, shape.target);
  if (!key) {
    return new KeylessComparison(shape, names, mark);
  }
  const table = new TableRows(shape, key, names);
  return changed === 'all'
    ? new TableComparison(table, costingLeast(seen), isAbout(key, mark) ? mark : null)
    : new ChangedComparison(table, changed);
}

/** A key of other columns says nothing of where in this one an earlier comparison was. */
const isAbout = (key: readonly string[], mark: Mark | null): boolean =>
  !mark?.after || mark.after.length === key.length;

const missing = (
  from: ReadonlyMap<string, TableShape>,
  where: ReadonlyMap<string, TableShape>,
  name: string,
): readonly string[] =>
  [...from.keys()]
    .filter((table) => !where.has(table))
    .map((table) => `${table} is missing on ${name}`);

const count = (rows: number): string => Math.round(rows).toLocaleString('en-US');

const duration = (seconds: number): string =>
  seconds < 90
    ? `${Math.ceil(seconds)} s`
    : seconds < 5_400
      ? `${Math.round(seconds / 60)} min`
      : `${(seconds / 3_600).toFixed(1)} h`;
