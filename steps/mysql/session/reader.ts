import {setTimeout as sleep} from 'node:timers/promises';
import {SwitcharooError} from '../../../src/index.ts';
import {accountsOf, accountsSql, isLocalRoot} from '../accounts/accounts.ts';
import {bypassHoldersOf} from '../accounts/read-only-bypass.ts';
import type {CopyReader, MysqlReader} from '../contract.ts';
import {type Dialect, dialectOf} from '../dialect/dialect.ts';
import {clientsOf, openTransactionsOf, openTransactionsSql} from '../freeze/clients.ts';
import {lockedTables, lockHolders} from '../freeze/table-locks.ts';
import {replicationOf} from '../replication/replication.ts';
import * as sentinels from '../replication/sentinel.ts';
import type {Connections} from './connection.ts';
import type {Endpoint} from './contract.ts';
import {multiSource} from './problems.ts';

/** The server's dialect, asked once. */
export type AskDialect = (signal?: AbortSignal) => Promise<Dialect>;

export function lazyDialect(connections: Connections): AskDialect {
  let known: Dialect | undefined;
  return async (signal) => {
    if (!known) {
      const [row] = await connections.read({sql: 'SELECT VERSION() AS version'}, signal);
      known = dialectOf(String(row?.['version']));
    }
    return known;
  };
}

export function readerOf(
  connections: Connections,
  dialect: AskDialect,
  where: Endpoint,
  {user, replicationUser}: {user: string; replicationUser: string | undefined},
  copies: CopyReader,
): MysqlReader {
  const read = (sql: string, signal?: AbortSignal, values: readonly unknown[] = []) =>
    connections.read({sql, values}, signal);
  const allAccounts = async (signal?: AbortSignal) => {
    const {traits} = await dialect(signal);
    const {superReadOnly} = await reader.fence(signal);
    const rows = await read(accountsSql(traits), signal);
    // super_read_only binds everybody.
    const unbound =
      superReadOnly === null ? await bypassHoldersOf(traits, read, signal) : noHolders;
    return accountsOf(rows, unbound);
  };
  let askedForTransactions = Number.NEGATIVE_INFINITY;
  const reader: MysqlReader = {
    ...where,
    user,
    ...(replicationUser === undefined ? {} : {replicationUser}),
    position: async (signal) => {
      const [row] = await (await dialect(signal)).send('ownPosition', (sql) => read(sql, signal));
      return {file: String(row?.['File'] ?? ''), position: Number(row?.['Position'] ?? 0)};
    },
    logFilters: async (signal) => {
      const [row] = await (await dialect(signal)).send('ownPosition', (sql) => read(sql, signal));
      const schemas = (column: string) =>
        String(row?.[column] ?? '')
          .split(',')
          .filter(Boolean);
      return {only: schemas('Binlog_Do_DB'), without: schemas('Binlog_Ignore_DB')};
    },
    oldestLog: async (signal) =>
      String((await read('SHOW BINARY LOGS', signal))[0]?.['Log_name'] ?? ''),
    logRetentionHours: async (signal) => {
      const found = await reader.settings(
        ['binlog_expire_logs_seconds', 'expire_logs_days'],
        signal,
      );
      const seconds = Number(found['binlog_expire_logs_seconds'] ?? 0);
      const hours = seconds > 0 ? seconds / 3_600 : Number(found['expire_logs_days'] ?? 0) * 24;
      return hours > 0 ? hours : null;
    },
    fence: async (signal) => {
      const found = await reader.settings(['read_only', 'super_read_only'], signal);
      const superReadOnly = found['super_read_only'];
      return {
        readOnly: found['read_only'] === 'ON',
        superReadOnly: superReadOnly === undefined ? null : superReadOnly === 'ON',
      };
    },
    replication: async (signal) => {
      const rows = await (await dialect(signal)).send('replicationStatus', (sql) =>
        read(sql, signal),
      );
      if (rows.length > 1) {
        throw new SwitcharooError(multiSource(where, rows.length));
      }
      return rows[0] ? replicationOf(rows[0]) : null;
    },
    waitUntilExecuted: async ({file, position}, signal) => {
      const values = [file, position, waitSeconds];
      await (await dialect(signal)).send('waitUntilExecuted', (sql) =>
        connections.wait({sql, values}, signal),
      );
    },
    clients: async (signal) =>
      clientsOf(await read('SHOW FULL PROCESSLIST', signal), connections.ids()),
    openTransactions: async (signal) => {
      const waitMs = innodbTrxMs - (performance.now() - askedForTransactions);
      await sleep(Math.max(0, waitMs), undefined, signal ? {signal} : {});
      const rows = await read(openTransactionsSql, signal);
      askedForTransactions = performance.now();
      return openTransactionsOf(rows);
    },
    preparedTransactions: async (signal) => (await read('XA RECOVER', signal)).length,
    lockedTables: (signal) => lockedTables(reader.clients, read, signal),
    lockHolders: async (signal) =>
      lockHolders(reader.clients, read, (await dialect(signal)).traits, signal),
    accounts: async (signal) =>
      (await allAccounts(signal)).filter((one) => one.user !== user && !isLocalRoot(one)),
    exemptAccounts: async (signal) =>
      (await allAccounts(signal)).filter(
        (one) => !one.bound && !one.locked && (one.user === user || isLocalRoot(one)),
      ),
    persistedFence: async (signal) => {
      const {persists} = (await dialect(signal)).traits;
      const rows = persists ? await read(persistedSql, signal) : null;
      return rows && Object.fromEntries(rows.map(({name, value}) => [String(name), String(value)]));
    },
    hasSentinel: ({run, entry}, signal) =>
      sentinels.hasRow((sql, values) => read(sql, signal, values), run, entry),
    settings: async (names, signal) => {
      const rows = await read('SHOW GLOBAL VARIABLES WHERE Variable_name IN (?)', signal, [names]);
      return Object.fromEntries(
        rows.map((row) => [String(row['Variable_name']), String(row['Value'])]),
      );
    },
    query: (sql, values = [], signal) => read(sql, signal, values),
    withSessions: connections.comparing,
    readLog: connections.readLog,
    copies,
  };
  return reader;
}

const waitSeconds = 1;

const noHolders: ReadonlySet<string> = new Set();

const persistedSql = `SELECT variable_name AS name, variable_value AS value
  FROM performance_schema.persisted_variables WHERE variable_name IN ('read_only', 'super_read_only')`;

// innodb_trx is a copy that the server renews only when nobody has read it for 100 ms (CACHE_MIN_IDLE_TIME_US in
// storage/innobase/trx/trx0i_s.cc): asked more often than that, it would say for ever what was true once.
const innodbTrxMs = 120;
