import {randomInt} from 'node:crypto';
import type {
  BinlogEvent,
  DeleteRowsEvent,
  QueryEvent,
  RotateEvent,
  UpdateRowsEvent,
  WriteRowsEvent,
} from '@vlasky/zongji';
import {SwitcharooError} from '../../../src/index.ts';
import {serversOwn, tableName} from '../compare/table-shapes.ts';
import type {LogListener, LogPart, Position} from '../contract.ts';
import type {Endpoint, Login} from '../session/contract.ts';
import {connectError} from '../session/server-errors.ts';
import {withTimeout} from '../session/with-timeout.ts';
import {hasReached} from './position.ts';
import {binaryLogUnreadable} from './problems.ts';

/**
 * Reads a server's binary log as a replica would (REPLICATION SLAVE), and gives the end of the last transaction that
 * was read: `until`, or less when the time was over. A read that continues from there misses nothing.
 */
export async function readLog(
  login: Login,
  where: Endpoint,
  part: LogPart,
  listener: LogListener,
  signal: AbortSignal,
): Promise<Position> {
  const {default: ZongJi} = await import('@vlasky/zongji');
  const {host, port, user, password, tls} = login;
  const log = new ZongJi({
    ...{host, port, user, password, connectTimeout: connectLimitMs},
    ...{dateStrings: true, timezone: 'Z', supportBigNumbers: true},
    ...(tls === undefined ? {} : {ssl: tls.ca === undefined ? {} : {ca: tls.ca}}),
  });
  let at = part.from;
  const read = new Promise<void>((resolve, reject) => {
    let isOver = false;
    setTimeout(() => {
      isOver = true;
    }, part.limitMs).unref();
    let reading = true;
    log.on('error', reject);
    log.on('binlog', (event) => {
      if (!reading) {
        return;
      }
      const end = reportEvent(event, at, listener);
      at = end ?? at;
      // Never in the middle of a transaction: its rows would be reported twice, or not at all.
      if (end && (isOver || hasReached(at, part.until))) {
        reading = false;
        resolve();
      }
    });
  });
  log.start({
    // MariaDB disconnects another reader with the same number.
    serverId: randomInt(2 ** 31, 2 ** 32),
    ...{filename: part.from.file, position: part.from.position},
    ...filtersOf(part),
  });
  try {
    await withTimeout(read, part.limitMs + overdueMs, signal);
    return at;
  } catch (cause) {
    throw signal.aborted ? cause : unreadable(cause, where, user);
  } finally {
    log.stop();
  }
}

const connectLimitMs = 3_000;
// One transaction may be long, and it is read to its end.
const overdueMs = 15_000;

const filtersOf = ({schemas, without}: LogPart) => ({
  includeEvents: [
    ...['tablemap', 'writerows', 'updaterows', 'deleterows'],
    ...['query', 'xid', 'xaprepare', 'rotate'],
  ],
  ...(schemas
    ? {includeSchema: Object.fromEntries(schemas.map((schema) => [schema, true as const]))}
    : {}),
  excludeSchema: {
    ...Object.fromEntries(
      without.map(([schema]) => [
        schema,
        without.filter(([other]) => other === schema).map(([, table]) => table),
      ]),
    ),
    ...Object.fromEntries(serversOwn.map((schema) => [schema, true as const])),
  },
});

/** Reports one event; gives the position after it where it ends a transaction, and `null` within a transaction. */
function reportEvent(event: BinlogEvent, at: Position, listener: LogListener): Position | null {
  const next = {file: at.file, position: event.nextPosition};
  switch (event.getTypeName()) {
    case 'Rotate': {
      const {binlogName: file, position} = event as RotateEvent;
      return {file, position};
    }
    case 'Query': {
      const {schema, query} = event as QueryEvent;
      listener.statement(schema, query);
      return /^\s*(BEGIN|SAVEPOINT|XA (START|BEGIN|END))\b/i.test(query) ? null : next;
    }
    case 'WriteRows':
    case 'DeleteRows': {
      const rows = event as WriteRowsEvent | DeleteRowsEvent;
      const remains = event.getTypeName() === 'WriteRows';
      for (const row of rows.rows) {
        listener.row(tableOf(rows), row, {remains});
      }
      return null;
    }
    case 'UpdateRows': {
      const rows = event as UpdateRowsEvent;
      for (const {before, after} of rows.rows) {
        listener.row(tableOf(rows), before, {remains: false});
        listener.row(tableOf(rows), after, {remains: true, before});
      }
      return null;
    }
    case 'Xid':
    case 'XaPrepare':
      return next;
    default:
      return null;
  }
}

function tableOf({tableMap, tableId}: WriteRowsEvent | DeleteRowsEvent | UpdateRowsEvent): string {
  const table = tableMap[tableId];
  if (!table) {
    throw new Error(`it has rows of a table ${tableId} that it has not named`);
  }
  return tableName({schema: table.parentSchema, table: table.tableName});
}

/** A connection problem has its own code; every other cause is the log: purged, compressed, denied or unknown. */
function unreadable(cause: unknown, where: Endpoint, user: string): unknown {
  const connectProblem = connectError(cause, where, user);
  const {errno = 0} = (cause ?? {}) as {errno?: number};
  const isConnection = connectProblem !== cause && (errno <= 0 || errno === 1045 || errno === 1040);
  return isConnection
    ? connectProblem
    : new SwitcharooError(
        binaryLogUnreadable(where, cause instanceof Error ? cause.message : 'no reason'),
      );
}
