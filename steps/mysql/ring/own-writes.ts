import type {MysqlReader, Position} from '../contract.ts';
import {changeText, isChange, tableOf} from '../replication/binlog.ts';
import {type LogEvents, logEvents, logStart} from '../replication/log-events.ts';
import {hasReached, samePosition} from '../replication/position.ts';
import {isPurged} from '../replication/reversal-loss.ts';
import type {Row} from '../session/contract.ts';
import {isForOwnSchemas} from './own-schemas.ts';

/** Changes, and the first of them in words. */
export interface Writes {
  readonly count: number;
  readonly first: readonly string[];
}

/** What a server's log has under the server's own `server_id`: what was written there, and not replicated. */
export interface OwnWrites extends Writes {
  /** Changes of rows, and statements, since the last test row: what came before it is accounted for. */
  readonly count: number;
  /** The first of them: "shop.orders at mysql-bin-changelog.000002:198". */
  readonly first: readonly string[];
  /** The same for each `server_id` among them. */
  readonly origins: ReadonlyMap<number, Writes>;
  /** How many test rows it wrote itself: events of `switcharoo.sentinel` with its own id. */
  readonly ownTestRows: number;
  /** Whether the log also has what was replicated, under the id of its origin. */
  readonly logsReplicated: boolean;
  /** Read up to here. */
  readonly until: Position;
  /** `false`: the time was over before the end of the log was reached, or its beginning is purged. */
  readonly isWhole: boolean;
}

interface LogReading {
  readonly from: Position;
  readonly limitMs: number;
}

/** Reads a log event by event, in small portions: before 8.0 a server commits nothing while it lists its newest log. */
export async function ownWritesSince(
  server: MysqlReader,
  reading: LogReading,
  signal: AbortSignal,
): Promise<OwnWrites> {
  const id = await ownServerId(server, signal);
  return writesSince(server, reading, new Tally((origin) => origin === id), signal);
}

/** What a server's log has under any other `server_id` than this one: what did not come from there. */
const foreignWritesSince = (
  server: MysqlReader,
  origin: number,
  reading: LogReading,
  signal: AbortSignal,
): Promise<OwnWrites> => {
  const tally = new Tally((id) => id !== origin, {testRowsCount: true});
  return writesSince(server, reading, tally, signal);
};

async function writesSince(
  server: MysqlReader,
  {from, limitMs}: LogReading,
  tally: Tally,
  signal: AbortSignal,
): Promise<OwnWrites> {
  const giveUpAt = performance.now() + limitMs;
  const end = await server.position(signal);
  const oldest = await server.oldestLog(signal);
  let at = from;
  if (isPurged(oldest, from)) {
    return {...tally.sum(), until: from, isWhole: false};
  }
  while (!hasReached(at, end)) {
    if (performance.now() > giveUpAt) {
      return {...tally.sum(), until: at, isWhole: false};
    }
    const events = await logEvents(server, at, portion, signal);
    tally.add(events.rows);
    at = after(events, at, end);
  }
  return {...tally.sum(), until: at, isWhole: true};
}

/** What was searched so far; for as long as the server is open. */
type Searches = WeakMap<MysqlReader, OwnWrites & {readonly from: Position}>;
const ownSearches: Searches = new WeakMap();
const foreignSearches: Searches = new WeakMap();

/** The same from where an earlier search of this process ended: a long log takes several looks. */
export const searchOwnWrites = (
  server: MysqlReader,
  {from, limitMs}: LogReading,
  signal: AbortSignal,
): Promise<OwnWrites> =>
  searchOn(ownSearches, server, from, (start) =>
    ownWritesSince(server, {from: start, limitMs}, signal),
  );

/** What did not come from the server with this `server_id`; it goes on like that, too. */
export const searchForeignWrites = (
  server: MysqlReader,
  origin: number,
  {from, limitMs}: LogReading,
  signal: AbortSignal,
): Promise<OwnWrites> =>
  searchOn(foreignSearches, server, from, (start) =>
    foreignWritesSince(server, origin, {from: start, limitMs}, signal),
  );

async function searchOn(
  searches: Searches,
  server: MysqlReader,
  from: Position,
  read: (start: Position) => Promise<OwnWrites>,
): Promise<OwnWrites> {
  const known = searches.get(server);
  const earlier = known && samePosition(known.from, from) ? known : undefined;
  const latest = await read(earlier?.until ?? from);
  // A later test row stands for all that came before it.
  const writes =
    earlier && latest.ownTestRows === 0
      ? {
          ...latest,
          ...sumOf(earlier, latest),
          origins: new Map(
            [...new Set([...earlier.origins.keys(), ...latest.origins.keys()])].map((id) => [
              id,
              sumOf(earlier.origins.get(id) ?? noWrites, latest.origins.get(id) ?? noWrites),
            ]),
          ),
        }
      : latest;
  searches.set(server, {...writes, from});
  return writes;
}

export const noWrites: Writes = {count: 0, first: []};

export const sumOf = (earlier: Writes, later: Writes): Writes => ({
  count: earlier.count + later.count,
  first: [...earlier.first, ...later.first].slice(0, mostNamed),
});

/** Whether this process has searched the log of the server before. */
export const hasSearched = (server: MysqlReader): boolean => ownSearches.has(server);

const portion = 1_000;

/** Where to read on: in the same log, or in the next one, for which a server adds one to the number. */
function after({rows, isWhole}: LogEvents, at: Position, end: Position): Position {
  const last = rows.at(-1);
  if (!isWhole && last) {
    return {file: at.file, position: Number(last['End_log_pos'])};
  }
  return at.file === end.file ? end : {file: nextFile(at.file), position: logStart};
}

function nextFile(file: string): string {
  const dot = file.lastIndexOf('.');
  const number = file.slice(dot + 1);
  return `${file.slice(0, dot)}.${String(Number(number) + 1).padStart(number.length, '0')}`;
}

class Tally {
  readonly #isWatched: (id: number) => boolean;
  readonly #testRowsCount: boolean;
  #origins = new Map<number, Writes>();
  #ownTestRows = 0;
  #logsReplicated = false;

  /** `testRowsCount`: what came before a test row is not accounted for by it. */
  constructor(isWatched: (id: number) => boolean, {testRowsCount = false} = {}) {
    this.#isWatched = isWatched;
    this.#testRowsCount = testRowsCount;
  }

  add(rows: readonly Row[]): void {
    for (const row of rows) {
      const origin = Number(row['Server_id']);
      const isOwn = this.#isWatched(origin);
      if (isOwn && isTestRow(row) && !this.#testRowsCount) {
        this.#ownTestRows += 1;
        this.#origins.clear();
      } else if (isOwn && isWrite(row)) {
        const earlier = this.#origins.get(origin) ?? noWrites;
        const first = earlier.count < mostNamed ? [changeText(row)] : [];
        this.#origins.set(origin, sumOf(earlier, {count: 1, first}));
      } else if (!isOwn && isChange(row)) {
        this.#logsReplicated = true;
      }
    }
  }

  sum() {
    return {
      ...[...this.#origins.values()].reduce(sumOf, noWrites),
      origins: new Map(this.#origins),
      ownTestRows: this.#ownTestRows,
      logsReplicated: this.#logsReplicated,
    };
  }
}

const mostNamed = 3;

const isTestRow = (row: Row): boolean => tableOf(row) === 'switcharoo.sentinel';

/** A table map or a statement, and not what a server keeps for itself: the source skips the schema `mysql`. */
function isWrite(row: Row): boolean {
  const table = tableOf(row);
  return table === undefined
    ? row['Event_type'] === 'Query' && isChange(row) && !isForOwnSchemas(String(row['Info']))
    : !/^(mysql|switcharoo)\./.test(table);
}

export async function ownServerId(server: MysqlReader, signal: AbortSignal): Promise<number> {
  const {server_id: id = '0'} = await server.settings(['server_id'], signal);
  return Number(id);
}

/**
 * What a server with global transaction ids says it wrote itself: equal at two times, nothing was written in between.
 * `null` where it cannot tell.
 */
export async function ownTransactions(
  server: MysqlReader,
  signal: AbortSignal,
): Promise<string | null> {
  const settings = await server.settings(
    ['server_id', 'gtid_mode', 'server_uuid', 'gtid_executed', 'gtid_binlog_state'],
    signal,
  );
  const {server_id: id = '', gtid_mode: mode, server_uuid: uuid = ''} = settings;
  const {gtid_executed: executed = '', gtid_binlog_state: state = ''} = settings;
  if (mode === 'ON' && uuid !== '' && executed.length < cutAt) {
    const sets = executed.split(',').map((text) => text.trim());
    return sets.filter((text) => text.startsWith(uuid)).join() || `${uuid}:noWrites`;
  }
  if (state !== '' && state.length < cutAt) {
    const own = state.split(',').filter((text) => text.split('-')[1] === id);
    return own.join() || `${id}:noWrites`;
  }
  return null;
}

// SHOW VARIABLES may cut a longer value off.
const cutAt = 1_000;
