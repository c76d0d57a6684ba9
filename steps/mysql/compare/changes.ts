import {type Blocked, blocked} from '../../../src/index.ts';
import type {MysqlReader, Position} from '../contract.ts';
import {hasReached, positionText} from '../replication/position.ts';
import {ChangedRows} from './changed-rows.ts';
import {type Comparing, Comparison, type Findings} from './comparison.ts';
import type {Both} from './sums.ts';
import {type Seen, seenOn} from './tables-present.ts';
import type {Proof} from './verification.ts';

/** Compares what was changed between two places in the source's log. */
export class Changes implements Proof {
  /** Up to here the log is read: whatever changes after it may have escaped. */
  readonly since: Position;
  readonly #servers: Both<MysqlReader>;
  readonly #asked: Asked;
  readonly #seen: Seen;
  readonly #rows: ChangedRows;
  #comparison: Comparison | null = null;

  static async begin(
    servers: Both<MysqlReader>,
    asked: Asked,
    signal: AbortSignal,
  ): Promise<Changes> {
    const until = await servers.source.position(signal);
    return new Changes(servers, asked, {until, seen: await seenOn(servers, asked.wanted, signal)});
  }

  private constructor(
    servers: Both<MysqlReader>,
    asked: Asked,
    {until, seen}: {until: Position; seen: Seen},
  ) {
    this.since = until;
    this.#servers = servers;
    this.#asked = asked;
    this.#seen = seen;
    this.#rows = new ChangedRows(servers.source, seen.source.shapes, {...asked, until});
  }

  async workFor(limitMs: number, signal: AbortSignal): Promise<Findings | Blocked | string> {
    if (!hasReached(this.since, this.#asked.since)) {
      return this.#ofAnother();
    }
    if (!this.#rows.finished) {
      await this.#rows.read(signal);
      if (!this.#rows.finished) {
        return this.#rows.progress;
      }
    }
    if (this.#rows.statement !== null) {
      return this.#unknown(this.#rows.statement);
    }
    this.#comparison ??= new Comparison(this.#servers, this.#asked, {
      since: this.since,
      seen: this.#seen,
      changed: this.#rows.tables,
    });
    return this.#comparison.workFor(limitMs, signal);
  }

  #ofAnother(): Blocked {
    const {source} = this.#servers;
    return blocked(
      `${positionText(this.#asked.since)} is no place in the log of ${source.name}, which ends at ${positionText(this.since)}.`,
      `Give the output since of a comparison that had ${source.name} as its source; if its log was reset, compare everything anew (mysql.verify-data).`,
    );
  }

  #unknown(statement: string): Blocked {
    const {source} = this.#servers;
    return blocked(
      `Since ${positionText(this.#asked.since)} somebody said ${statement} on ${source.name}, and its log does not tell which rows that has changed.`,
      'Compare everything anew (mysql.verify-data), or what it concerns, with binlog_format=ROW and no change of tables until the cutover.',
    );
  }
}

interface Asked extends Comparing {
  readonly since: Position;
}
