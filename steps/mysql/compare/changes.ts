import {type Blocked, blocked} from '../../../src/index.ts';
import type {MysqlReader, Position} from '../contract.ts';
import {hasReached, positionText} from '../replication/position.ts';
import {cascadedTables} from './cascades.ts';
import {type Changed, ChangedRows} from './changed-rows.ts';
import {Comparison, type ComparisonRequest, type Findings} from './comparison.ts';
import type {Both} from './sums.ts';
import {type TablesPresent, tablesPresentOn} from './tables-present.ts';
import type {Verification} from './verification.ts';

/** Compares the rows that were changed between two positions in the source's log. */
export class Changes implements Verification {
  /** The log is read up to this position; later changes are not compared. */
  readonly since: Position;
  readonly #servers: Both<MysqlReader>;
  readonly #request: ChangesRequest;
  readonly #present: TablesPresent;
  readonly #rows: ChangedRows;
  #comparison: Comparison | null = null;

  static async begin(
    servers: Both<MysqlReader>,
    request: ChangesRequest,
    signal: AbortSignal,
  ): Promise<Changes> {
    const until = await servers.source.position(signal);
    return new Changes(servers, request, {
      until,
      present: await tablesPresentOn(servers, request.selection, signal, request.stillReading),
    });
  }

  private constructor(
    servers: Both<MysqlReader>,
    request: ChangesRequest,
    {until, present}: {until: Position; present: TablesPresent},
  ) {
    this.since = until;
    this.#servers = servers;
    this.#request = request;
    this.#present = present;
    this.#rows = new ChangedRows(servers.source, present.source.shapes, {...request, until});
  }

  async workFor(limitMs: number, signal: AbortSignal): Promise<Findings | Blocked | string> {
    if (!hasReached(this.since, this.#request.since)) {
      return this.#unknownPosition();
    }
    if (!this.#rows.finished) {
      await this.#rows.read(signal);
      if (!this.#rows.finished) {
        return this.#rows.progress;
      }
    }
    if (this.#rows.statement !== null) {
      return this.#unloggedRows(this.#rows.statement);
    }
    this.#comparison ??= new Comparison(this.#servers, this.#request, {
      since: this.since,
      present: this.#present,
      changed: await this.#changedWithCascades(signal),
    });
    return this.#comparison.workFor(limitMs, signal);
  }

  async #changedWithCascades(signal: AbortSignal): Promise<ReadonlyMap<string, Changed>> {
    const {tables} = this.#rows;
    const {shapes} = this.#present.source;
    const {stillReading} = this.#request;
    const cascaded = await this.#servers.source.withSessions(
      1,
      async ([ask]) => (ask ? cascadedTables(ask, shapes, tables, stillReading) : []),
      signal,
    );
    return new Map<string, Changed>([
      ...tables,
      ...cascaded.map((table): [string, Changed] => [table, 'all']),
    ]);
  }

  #unknownPosition(): Blocked {
    const {source} = this.#servers;
    return blocked(
      `${positionText(this.#request.since)} is not a position in the log of ${source.name}, which ends at ${positionText(this.since)}.`,
      `Use the output since of a comparison with ${source.name} as its source. If its log was reset, compare all data again (mysql.verify-data).`,
    );
  }

  #unloggedRows(statement: string): Blocked {
    const {source} = this.#servers;
    return blocked(
      `${statement} was executed on ${source.name} after ${positionText(this.#request.since)}, and its log does not show which rows it changed.`,
      'Compare all data again (mysql.verify-data). Keep binlog_format = ROW, and alter no table until the cutover.',
    );
  }
}

interface ChangesRequest extends ComparisonRequest {
  readonly since: Position;
}
