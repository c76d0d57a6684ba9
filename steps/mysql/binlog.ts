import type {Row} from './line.ts';
import {comparePositions, type Position} from './position.ts';
import type {MysqlReader} from './server.ts';

/**
 * What was written into a server's log after a position, leaving out what changes no data: a position also moves when
 * somebody rotates the log, or says FLUSH, ANALYZE or GRANT. Gives the first few changes in words.
 */
export async function changesSince(
  server: MysqlReader,
  from: Position,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const changes: string[] = [];
  for (const file of await filesFrom(server, from, signal)) {
    const start = file === from.file ? from.position : logStart;
    const rows = await server.query(eventsSql, [file, start, mostEvents], signal);
    changes.push(
      ...rows.filter(isChange).map((row) => `${row['Event_type']} at ${file}:${row['Pos']}`),
    );
    // A log as long as that holds more than somebody's FLUSH.
    if (rows.length === mostEvents && changes.length === 0) {
      changes.push(`more than ${mostEvents} events in ${file}`);
    }
    if (changes.length > 0) {
      break;
    }
  }
  return changes;
}

const eventsSql = 'SHOW BINLOG EVENTS IN ? FROM ? LIMIT ?';
// The first event of every log begins after the four bytes that mark a log.
const logStart = 4;
const mostEvents = 1_000;

async function filesFrom(
  server: MysqlReader,
  from: Position,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const rows = await server.query('SHOW BINARY LOGS', [], signal);
  return rows
    .map((row) => String(row['Log_name']))
    .filter((file) => (comparePositions({file, position: 0}, {...from, position: 0}) ?? -1) >= 0);
}

function isChange(row: Row): boolean {
  const [type, info] = [String(row['Event_type']), String(row['Info'])];
  return type === 'Query' ? !harmlessStatement.test(info) : !harmlessEvents.has(type);
}

// Account statements change the schema mysql, which is not replicated; BEGIN counts by the rows that follow it.
const harmlessStatement =
  /^(use `[^`]*`; ?)?\s*(BEGIN|COMMIT|FLUSH|ANALYZE|GRANT|REVOKE|SET PASSWORD|(CREATE|ALTER|DROP|RENAME) USER)\b/i;

const harmlessEvents = new Set([
  ...['Format_desc', 'Rotate', 'Stop', 'Previous_gtids', 'Heartbeat', 'Gtid', 'Anonymous_Gtid'],
  // MariaDB's own.
  ...['Gtid_list', 'Binlog_checkpoint', 'Start_encryption'],
]);
