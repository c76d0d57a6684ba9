import {setTimeout as sleep} from 'node:timers/promises';
import {SwitcharooError} from '../../../src/index.ts';
import {plural} from '../checks/tables.ts';
import type {Client, OpenTransaction} from '../contract.ts';
import type {Row} from '../session/contract.ts';
import {sessionKillRefused, sessionsNotKilled} from './problems.ts';

export const clientText = ({id, user, host}: Pick<Client, 'id' | 'user' | 'host'>): string =>
  `session ${id} of ${user}@${host}`;

/** Lists a server's sessions and ends them. */
interface SessionHost {
  readonly name: string;
  clients(signal?: AbortSignal): Promise<readonly Client[]>;
  endSession(id: number, signal: AbortSignal): Promise<string | null>;
}

interface EndOptions {
  readonly signal: AbortSignal;
  readonly limitMs?: number;
  isToEnd(client: Client): boolean;
  say(text: string): void;
}

/**
 * Ends the sessions that are older than the freeze, until two scans in a row find none. Later sessions cannot write,
 * and applications keep reconnecting, so waiting for no session at all would never end. A session that the server
 * refuses to end may be one that is just leaving: it is waited for, and named if it stays.
 */
export async function endClients(
  server: SessionHost,
  {isToEnd, signal, say, limitMs = endLimitMs}: EndOptions,
): Promise<void> {
  const giveUpAt = performance.now() + limitMs;
  const refusals = new Map<number, string>();
  let newest: number | undefined;
  for (let empty = 0; empty < 2; ) {
    const present = await server.clients(signal);
    newest ??= Math.max(0, ...present.map(({id}) => id));
    const limit = newest;
    const remaining = present.filter((client) => client.id <= limit && isToEnd(client));
    empty = remaining.length === 0 ? empty + 1 : 0;
    const clients = remaining.filter(({id}) => !refusals.has(id));
    if (clients.length > 0) {
      say(`ending ${clients.length} client ${plural(clients.length, 'session')} of ${server.name}`);
    }
    for (const client of clients) {
      signal.throwIfAborted();
      const refusal = await server.endSession(client.id, signal);
      if (refusal !== null) {
        refusals.set(client.id, refusal);
        say(
          `${server.name} refuses to end ${clientText(client)} (${refusal}): waiting until it is gone`,
        );
      }
    }
    if (remaining.length > 0 && performance.now() > giveUpAt) {
      throw new SwitcharooError(notEnded(server.name, remaining, refusals));
    }
    await sleep(betweenScansMs, undefined, {signal});
  }
}

function notEnded(server: string, remaining: readonly Client[], refusals: Map<number, string>) {
  const refused = remaining.filter(({id}) => refusals.has(id));
  return refused.length > 0
    ? sessionKillRefused(
        server,
        refused.map((client) => `${clientText(client)} (${refusals.get(client.id)})`),
      )
    : sessionsNotKilled(server, remaining.map(clientText));
}

const endLimitMs = 10_000;
const betweenScansMs = 30;

/** Rows of SHOW PROCESSLIST, without the server's own threads, its replicas, and `own` sessions. */
export function clientsOf(rows: readonly Row[], own: readonly number[]): readonly Client[] {
  return rows
    .map((row) => ({
      id: Number(row['Id']),
      user: String(row['User']),
      host: String(row['Host']),
      command: String(row['Command']),
      seconds: Number(row['Time'] ?? 0),
    }))
    .filter(
      ({id, user, command}) =>
        !own.includes(id) && !isServerAccount(user) && !isReplica(command) && !isEnded(command),
    );
}

/** Accounts that Amazon RDS keeps for itself on its servers. */
export const rdsAccounts: readonly string[] = [
  ...['rdsadmin', 'rdsrepladmin', 'rdsproxyadmin', 'rdstopmgr'],
];

const serverAccounts = ['system user', 'event_scheduler', ...rdsAccounts];

// An unauthenticated session has run no statement.
const isServerAccount = (user: string): boolean =>
  serverAccounts.includes(user) || user === 'unauthenticated user';

// A killed session runs no further statement, but may stay in the list: while it rolls back, and in MySQL 5.6.24 for
// hours, if it was killed just before it waited for its client (it then waits on a closed socket).
const isEnded = (command: string): boolean => command === 'Killed';

const isReplica = (command: string): boolean =>
  command === 'Binlog Dump' || command === 'Binlog Dump GTID' || command === 'Daemon';

/**
 * Uncommitted changes of clients. Its ages are on the system's clock, so NOW() is brought there (MySQL 5.6 manual
 * 21.29.3).
 */
export const openTransactionsSql = `
  SELECT p.id AS id, p.user AS user, p.host AS host,
         TIMESTAMPDIFF(SECOND, t.trx_started, CONVERT_TZ(NOW(), @@session.time_zone, 'SYSTEM')) AS seconds
    FROM information_schema.innodb_trx t JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id
   WHERE t.trx_rows_modified > 0 AND p.command <> 'Killed' AND p.user NOT IN (${serverAccounts.map((user) => `'${user}'`).join(', ')})`;

export const openTransactionsOf = (rows: readonly Row[]): readonly OpenTransaction[] =>
  rows.map((row) => ({
    id: Number(row['id']),
    user: String(row['user']),
    host: String(row['host']),
    seconds: Number(row['seconds']),
  }));
