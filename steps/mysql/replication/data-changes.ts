import type {MysqlReader, Position} from '../contract.ts';
import type {Row} from '../session/contract.ts';
import {changeText, filesFrom, isHarmless, statementOf, tableOf} from './binlog.ts';
import {logEvents, logStart} from './log-events.ts';

/**
 * The first changes of data in a server's log after a position, as `changesSince` gives them, without what the server
 * itself or switcharoo writes there. It reads as much of the log as it needs.
 */
export async function dataChangesSince(
  server: MysqlReader,
  from: Position,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const files = await filesFrom(server, from, signal);
  if (files[0] !== from.file) {
    return [`the log ${from.file} was removed, and its contents are unknown`];
  }
  const {server_id: ownId} = await server.settings(['server_id'], signal);
  for (const file of files) {
    let next = file === from.file ? from.position : logStart;
    for (let page = 1; ; page += 1) {
      const {rows, isWhole} = await logEvents(server, {file, position: next}, pageSize, signal);
      const change = rows.find((row) => isDataChange(row, ownId));
      if (change) {
        return [changeText(change)];
      }
      next = Number(rows.at(-1)?.['End_log_pos']);
      if (isWhole) {
        break;
      }
      if (page === mostPages) {
        return [`more than ${mostPages * pageSize} events in ${file}`];
      }
    }
  }
  return [];
}

/** Rows follow the event that names their table, and a transaction's end follows its changes. */
function isDataChange(row: Row, ownId: string | undefined): boolean {
  const type = String(row['Event_type']);
  const isOwn = String(row['Server_id']) === ownId;
  if (type === 'Table_map') {
    const [schema = ''] = (tableOf(row) ?? '').split('.');
    return !(isOwn && ['mysql', 'switcharoo'].includes(schema));
  }
  if (type === 'Query') {
    return statementOf(row) !== null && !(isOwn && ownTable.test(String(row['Info'])));
  }
  return !isHarmless(type) && type !== 'Xid' && !/^(Write|Update|Delete)_rows/.test(type);
}

const ownTable =
  /^(use `[^`]*`; ?)?\s*(CREATE|DROP)\s+(DATABASE|TABLE)\s+(IF\s+(NOT\s+)?EXISTS\s+)?`?switcharoo\b/i;
const pageSize = 1_000;
const mostPages = 100;
