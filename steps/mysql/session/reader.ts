import {setTimeout as sleep} from 'node:timers/promises';
import {SwitcharooError} from '../../../src/index.ts';
import {accountsOf, accountsSql, isLocalRoot} from '../accounts/accounts.ts';
import {bypassHoldersOf} from '../accounts/read-only-bypass.ts';
import type {ServerCatalogue} from '../catalogue/catalogue.ts';
import type {
  CopyReader,
  Fence,
  MysqlReader,
  Position,
  SentinelKey,
  ServerAccount,
} from '../contract.ts';
import {type Dialect, dialectOf} from '../dialect/dialect.ts';
import {clientsOf, openTransactionsOf, openTransactionsSql} from '../freeze/clients.ts';
import {lockedTables, lockHolders} from '../freeze/table-locks.ts';
import {multiSource} from '../replication/problems.ts';
import {replicationOf} from '../replication/replication.ts';
import * as sentinels from '../replication/sentinel.ts';
import type {Connections} from './connection.ts';
import type {Endpoint, Row} from './contract.ts';
import {unlessAborted} from './with-timeout.ts';

/** The server's dialect, read once. */
export type AskDialect = (signal?: AbortSignal) => Promise<Dialect>;

export function lazyDialect(connections: Connections): AskDialect {
  let dialect: Promise<Dialect> | undefined;
  const ask = async () => {
    const [row] = await connections.read({sql: 'SELECT VERSION() AS version'});
    return dialectOf(String(row?.['version']));
  };
  return async (signal) => {
    // All who ask meanwhile share the answer, so none of them can abort it.
    const asked = dialect ?? ask();
    dialect = asked;
    asked.catch(() => {
      dialect = dialect === asked ? undefined : dialect;
    });
    if (signal) {
      await unlessAborted(asked, signal);
    }
    return asked;
  };
}

/** Everything that the reads of one server need. */
interface ReadAccess {
  readonly connections: Connections;
  readonly dialect: AskDialect;
  readonly endpoint: Endpoint;
  readonly user: string;
  readonly replicationUser: string | undefined;
  readonly replicationTls: MysqlReader['replicationTls'] | undefined;
  readonly copies: CopyReader;
  readonly catalogue: ServerCatalogue;
}

export function readerOf(access: ReadAccess): MysqlReader {
  const {connections, endpoint, user, replicationUser, replicationTls, copies} = access;
  return {
    ...endpoint,
    user,
    ...(replicationUser === undefined ? {} : {replicationUser}),
    ...(replicationTls === undefined ? {} : {replicationTls}),
    ...binaryLogReads(access),
    ...replicationReads(access),
    ...sessionReads(access),
    ...accountReads(access),
    settings: (names, signal) => settingsOf(access, names, signal),
    query: (sql, values = [], signal) => connections.read({sql, values}, signal),
    expectQueries: () => connections.openReaders(),
    catalogue: access.catalogue.since,
    withSessions: (count, work, signal) => connections.withSessions(count, work, signal),
    readLog: (part, listener, signal) => connections.readLog(part, listener, signal),
    copies,
  };
}

/** As `SHOW MASTER STATUS` has it; without a binary log there is no row. */
const positionIn = (row: Row | undefined): Position => ({
  file: String(row?.['File'] ?? ''),
  position: Number(row?.['Position'] ?? 0),
});

type ReaderPart<Name extends keyof MysqlReader> = Pick<MysqlReader, Name>;
type Read = (
  sql: string,
  signal?: AbortSignal,
  values?: readonly unknown[],
) => Promise<readonly Row[]>;

const readOf =
  ({connections}: ReadAccess): Read =>
  (sql, signal, values = []) =>
    connections.read({sql, values}, signal);

function binaryLogReads(
  access: ReadAccess,
): ReaderPart<'position' | 'logFilters' | 'oldestLog' | 'logRetentionHours'> {
  const read = readOf(access);
  const ownPosition = async (signal?: AbortSignal) => {
    const dialect = await access.dialect(signal);
    const [row] = await dialect.send('ownPosition', (sql) => read(sql, signal));
    return row;
  };
  return {
    position: async (signal) => positionIn(await ownPosition(signal)),
    logFilters: async (signal) => {
      const row = await ownPosition(signal);
      const schemas = (column: string) =>
        String(row?.[column] ?? '')
          .split(',')
          .filter(Boolean);
      return {only: schemas('Binlog_Do_DB'), without: schemas('Binlog_Ignore_DB')};
    },
    oldestLog: async (signal) =>
      String((await read('SHOW BINARY LOGS', signal))[0]?.['Log_name'] ?? ''),
    logRetentionHours: async (signal) => {
      const names = ['binlog_expire_logs_seconds', 'expire_logs_days'];
      const settings = await settingsOf(access, names, signal);
      const seconds = Number(settings['binlog_expire_logs_seconds'] ?? 0);
      const hours = seconds > 0 ? seconds / 3_600 : Number(settings['expire_logs_days'] ?? 0) * 24;
      return hours > 0 ? hours : null;
    },
  };
}

function replicationReads(
  access: ReadAccess,
): ReaderPart<'replication' | 'waitUntilExecuted' | 'hasSentinel' | 'sentinelNote'> {
  const {connections, endpoint} = access;
  const read = readOf(access);
  const noteOf = ({run, entry}: SentinelKey, signal?: AbortSignal) =>
    sentinels.noteOf((sql, values) => read(sql, signal, values), run, entry);
  return {
    replication: async (signal) => {
      const dialect = await access.dialect(signal);
      const rows = await dialect.send('replicationStatus', (sql) => read(sql, signal));
      if (rows.length > 1) {
        throw new SwitcharooError(multiSource(endpoint, rows.length));
      }
      return rows[0] ? replicationOf(rows[0]) : null;
    },
    waitUntilExecuted: async ({file, position}, signal) => {
      const values = [file, position, waitSeconds];
      const dialect = await access.dialect(signal);
      // One text, so that it is one round trip while nobody can write.
      const [[waited] = [], [own] = []] = await dialect.send('waitUntilExecuted', (wait) =>
        dialect.send('ownPosition', (ownPosition) =>
          connections.wait({sql: `${wait}; ${ownPosition}`, values}, signal),
        ),
      );
      // NULL where nothing is executed, -1 after the time limit (MySQL 5.6 manual 12.18).
      const [events = null] = Object.values(waited ?? {});
      return events !== null && Number(events) >= 0 ? positionIn(own) : null;
    },
    hasSentinel: async (key, signal) => (await noteOf(key, signal)) !== null,
    sentinelNote: noteOf,
  };
}

const waitSeconds = 1;

type SessionReads =
  | 'clients'
  | 'openTransactions'
  | 'preparedTransactions'
  | 'lockedTables'
  | 'lockHolders';

function sessionReads(access: ReadAccess): ReaderPart<SessionReads> {
  const read = readOf(access);
  const clients = async (signal?: AbortSignal) =>
    clientsOf(await read('SHOW FULL PROCESSLIST', signal), access.connections.ids());
  let transactionsReadAt = Number.NEGATIVE_INFINITY;
  return {
    clients,
    openTransactions: async (signal) => {
      const waitMs = innodbTrxMs - (performance.now() - transactionsReadAt);
      await sleep(Math.max(0, waitMs), undefined, signal ? {signal} : {});
      const rows = await read(openTransactionsSql, signal);
      transactionsReadAt = performance.now();
      return openTransactionsOf(rows);
    },
    preparedTransactions: async (signal) => (await read('XA RECOVER', signal)).length,
    lockedTables: (signal) => lockedTables(clients, read, signal),
    lockHolders: async (signal) =>
      lockHolders(clients, read, (await access.dialect(signal)).traits, signal),
  };
}

// innodb_trx is a copy that the server renews only after 100 ms without a read (CACHE_MIN_IDLE_TIME_US in
// storage/innobase/trx/trx0i_s.cc): read more often than that, it would never be renewed.
const innodbTrxMs = 120;

function accountReads(
  access: ReadAccess,
): ReaderPart<'accounts' | 'exemptAccounts' | 'fence' | 'persistedFence'> {
  const {user} = access;
  const isExempt = (account: ServerAccount) => account.user === user || isLocalRoot(account);
  return {
    accounts: async (signal) =>
      (await allAccounts(access, signal)).filter((account) => !isExempt(account)),
    exemptAccounts: async (signal) =>
      (await allAccounts(access, signal)).filter(
        (account) => !account.bound && !account.locked && isExempt(account),
      ),
    fence: (signal) => fenceOf(access, signal),
    persistedFence: async (signal) => {
      const {persists} = (await access.dialect(signal)).traits;
      const rows = persists ? await readOf(access)(persistedSql, signal) : null;
      return rows && Object.fromEntries(rows.map(({name, value}) => [String(name), String(value)]));
    },
  };
}

async function allAccounts(
  access: ReadAccess,
  signal?: AbortSignal,
): Promise<readonly ServerAccount[]> {
  const read = readOf(access);
  const {traits} = await access.dialect(signal);
  const [{superReadOnly}, rows, holders] = await Promise.all([
    fenceOf(access, signal),
    read(accountsSql(traits), signal),
    bypassHoldersOf(traits, read, signal),
  ]);
  // No account bypasses super_read_only.
  return accountsOf(rows, superReadOnly === null ? holders : noHolders);
}

const noHolders: ReadonlySet<string> = new Set();

async function fenceOf(access: ReadAccess, signal?: AbortSignal): Promise<Fence> {
  const settings = await settingsOf(access, ['read_only', 'super_read_only'], signal);
  const superReadOnly = settings['super_read_only'];
  return {
    readOnly: settings['read_only'] === 'ON',
    superReadOnly: superReadOnly === undefined ? null : superReadOnly === 'ON',
  };
}

const persistedSql = `SELECT variable_name AS name, variable_value AS value
  FROM performance_schema.persisted_variables WHERE variable_name IN ('read_only', 'super_read_only')`;

async function settingsOf(
  access: ReadAccess,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const sql = 'SHOW GLOBAL VARIABLES WHERE Variable_name IN (?)';
  const rows = await readOf(access)(sql, signal, [names]);
  return Object.fromEntries(
    rows.map((row) => [String(row['Variable_name']), String(row['Value'])]),
  );
}
