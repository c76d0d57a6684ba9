import type {MysqlReader, Position} from '../contract.ts';
import type {Row} from '../session/contract.ts';
import {logEvents, logStart} from './log-events.ts';
import {comparePositions} from './position.ts';

/**
 * What was written into a server's log after a position, without events that change no data: a position also moves with
 * a log rotation, FLUSH, ANALYZE or GRANT. Gives the first few changes in words: "shop.orders at mysql-bin.000002:198".
 */
export async function changesSince(
  server: MysqlReader,
  from: Position,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  if ((await filesFrom(server, from, signal))[0] !== from.file) {
    return [`the log ${from.file} was removed, and its contents are unknown`];
  }
  for await (const {rows, isWhole} of eventsSince(server, from, signal)) {
    const changes = rows.filter(isChange);
    if (changes.length > 0) {
      return changes.slice(0, mostNamed).map(changeText);
    }
    // A log of that length holds more than a FLUSH.
    if (!isWhole) {
      return [`more than ${mostEvents} events in ${rows[0]?.['Log_name']}`];
    }
  }
  return [];
}

/** What a replica that stops at a position lacks: the number of transactions, their tables, and statements. */
export async function missingSince(
  server: MysqlReader,
  from: Position,
  signal?: AbortSignal,
): Promise<string> {
  let transactions = 0;
  // The content of a purged log is unknown.
  let more = (await filesFrom(server, from, signal))[0] === from.file ? '' : 'more than ';
  const changes = new Set<string>();
  for await (const {rows, isWhole} of eventsSince(server, from, signal)) {
    transactions += rows.filter(isEnd).length;
    for (const row of rows) {
      changes.add(tableOf(row) ?? statementOf(row) ?? '');
    }
    if (!isWhole) {
      more = 'more than ';
      break;
    }
  }
  const named = [...changes].filter(Boolean);
  const shown = named.slice(0, 5).join(', ') + (named.length > 5 ? ', …' : '');
  const count = `${more}${transactions} ${transactions === 1 ? 'transaction' : 'transactions'}`;
  return shown === '' ? count : `${count} (${shown})`;
}

interface Definitions {
  /** The statement at the position itself. */
  readonly first: string | null;
  /** All statements in the log of that position, as far as it was read. */
  readonly all: readonly string[];
}

/** Statements after a position that change tables and not their rows, by their first words: `ALTER TABLE`. */
export async function definitionsSince(
  server: MysqlReader,
  at: Position,
  signal?: AbortSignal,
): Promise<Definitions> {
  const {rows} = await logEvents(server, at, mostEvents, signal);
  const changes = rows.filter((row) => !isHarmless(String(row['Event_type'])));
  const all = changes.map(statementOf).filter((words) => words !== null);
  return {first: changes[0] ? statementOf(changes[0]) : null, all: [...new Set(all)]};
}

async function* eventsSince(server: MysqlReader, from: Position, signal?: AbortSignal) {
  for (const file of await filesFrom(server, from, signal)) {
    const position = file === from.file ? from.position : logStart;
    yield await logEvents(server, {file, position}, mostEvents, signal);
  }
}

const mostEvents = 1_000;
const mostNamed = 3;

export const changeText = (row: Row): string =>
  `${tableOf(row) ?? statementOf(row) ?? row['Event_type']} at ${row['Log_name']}:${row['Pos']}`;

export async function filesFrom(
  server: MysqlReader,
  from: Position,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const rows = await server.query('SHOW BINARY LOGS', [], signal);
  return rows
    .map((row) => String(row['Log_name']))
    .filter((file) => (comparePositions({file, position: 0}, {...from, position: 0}) ?? -1) >= 0);
}

export function isChange(row: Row): boolean {
  const [type, info] = [String(row['Event_type']), String(row['Info'])];
  return type === 'Query' ? !harmlessStatement.test(info) : !isHarmless(type);
}

export const isHarmless = (type: string): boolean => harmlessEvents.has(type);

const isEnd = (row: Row): boolean =>
  row['Event_type'] === 'Xid' || (row['Event_type'] === 'Query' && statementOf(row) !== null);

/** The table of a Table_map: `table_id: 70 (shop.orders)`. */
export const tableOf = (row: Row): string | undefined =>
  row['Event_type'] === 'Table_map' ? /\((.*)\)/.exec(String(row['Info']))?.[1] : undefined;

/** Its first two words and no more: what follows may hold data. */
export function statementOf(row: Row): string | null {
  if (row['Event_type'] !== 'Query' || harmlessStatement.test(String(row['Info']))) {
    return null;
  }
  const statement = String(row['Info'])
    .replace(/^use `[^`]*`; ?/i, '')
    .trim();
  return /^(\w+\s+\w+)/.exec(statement)?.[1]?.toUpperCase() ?? null;
}

// Account statements change the schema mysql, which is not replicated; BEGIN counts by the rows that follow it.
const harmlessStatement =
  /^(use `[^`]*`; ?)?\s*(BEGIN|COMMIT|FLUSH|ANALYZE|GRANT|REVOKE|SET PASSWORD|(CREATE|ALTER|DROP|RENAME) USER)\b/i;

const harmlessEvents = new Set([
  ...['Format_desc', 'Rotate', 'Stop', 'Previous_gtids', 'Heartbeat', 'Gtid', 'Anonymous_Gtid'],
  // MariaDB's own.
  ...['Gtid_list', 'Binlog_checkpoint', 'Start_encryption', 'Annotate_rows'],
]);
