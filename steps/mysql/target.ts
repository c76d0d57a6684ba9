import {z} from 'zod';
import {defineTarget, type OpenContext, type Session} from '../../src/index.ts';
import type {Account, ServerAccount} from './accounts/accounts.ts';
import {mysqlRights} from './accounts/rights.ts';
import {mysqlPreflight} from './checks/catalogue.ts';
import {type CopyReader, type CopyWriter, copiesOf} from './copy/copies.ts';
import type {Client, OpenTransaction} from './freeze/clients.ts';
import type {Position} from './replication/position.ts';
import type {Replication} from './replication/replication.ts';
import {type Connections, connectTo} from './session/connection.ts';
import {lazyDialect, readerOf} from './session/reader.ts';
import type {Row} from './session/session.ts';
import {writerOf} from './session/writer.ts';

export {type Account, accountText, type ServerAccount} from './accounts/accounts.ts';
export {hasEverywhere, ownGrants} from './accounts/grants.ts';
export {mysqlRights} from './accounts/rights.ts';
export {rolesOf} from './accounts/roles.ts';
export {accountOf, accountsSql, toSeeEverything} from './checks/accounts.ts';
export {isMysql, mysqlChecks} from './checks/catalogue.ts';
export {lookOver, type MysqlCheck, when} from './checks/check.ts';
export {countersOf} from './checks/columns.ts';
export * from './checks/facts.ts';
export {definedSql, definedText, eventsSql} from './checks/objects.ts';
export {gtidDiffers, packetTooLarge, sourceAmong} from './checks/replication.ts';
export {callOf, knows, type Pattern, using} from './checks/statements.ts';
export {are, columnOf, columnsSql, isAre, nameOf} from './checks/tables.ts';
export type {CopyReader, CopyWriter} from './copy/copies.ts';
export type {CopyMark} from './copy/copy-marker.ts';
export {floatTablesOf} from './copy/floats.ts';
export {isEmpty, type SchemaContent} from './copy/inventory.ts';
export {errnoOf} from './dialect/dialect.ts';
export {type Procedures, proceduresKnown} from './dialect/procedures.ts';
export * from './freeze/clients.ts';
export {changesSince} from './replication/binlog.ts';
export * from './replication/position.ts';
export * from './replication/replication.ts';
export * from './replication/waits.ts';
export type {Connections} from './session/connection.ts';
export {noReplicationAccount, notStarted, type Where} from './session/problems.ts';
export type {Row} from './session/session.ts';
export {unlessGone} from './session/writer.ts';

const account = z.object({user: z.string(), password: z.string()});

/** A server's entry in the inventory. */
export const mysqlConfig = z.object({
  host: z.string(),
  port: z.coerce.number().int().default(3306),
  user: z.string(),
  password: z.string(),
  database: z.string().optional(),
  /** The account with which THIS server logs in on a server that it follows. */
  replication: account.optional(),
  /** Encrypts switcharoo's own connection, and checks the server's certificate: against `ca`, else the system's. */
  tls: z.object({ca: z.string().optional()}).optional(),
  /** Where the clients are with which it is dumped: mysqldump and mysql, or mariadb-dump and mariadb. */
  clientFolder: z.string().optional(),
});
export type MysqlConfig = z.output<typeof mysqlConfig>;

export interface Fence {
  readonly readOnly: boolean;
  /** `null` where the server does not have it: MySQL 5.6, MariaDB, Aurora's `rds_set_read_only`. */
  readonly superReadOnly: boolean | null;
}

/** What a server reads of `read_only` and `super_read_only` at its next start, by name. */
export type PersistedFence = Readonly<Record<string, string>>;

/** Marks a row that proves the way from one server to another: the run and the entry that wrote it. */
export interface SentinelKey {
  readonly run: string;
  readonly entry: string;
}

export interface LogFilters {
  readonly only: readonly string[];
  readonly without: readonly string[];
}

/** A MySQL server, to be looked at. Every look has a time limit and ends with `signal`. */
export interface MysqlReader {
  readonly name: string;
  /** `host:port`, as switcharoo reaches it. */
  readonly address: string;
  /** The account that switcharoo uses here. */
  readonly user: string;
  /** The account with which this server logs in on another one that it follows, as the inventory has it. */
  readonly replicationUser?: string;
  /** Where the server's own binary log ends. */
  position(signal?: AbortSignal): Promise<Position>;
  /** Schemas that its binary log is limited to, and those that it leaves out. */
  logFilters(signal?: AbortSignal): Promise<LogFilters>;
  /** The first binary log that is still there. */
  oldestLog(signal?: AbortSignal): Promise<string>;
  /** How long it keeps a binary log: `null` for ever, 0 when it may purge one as soon as it likes. */
  logKeptHours(signal?: AbortSignal): Promise<number | null>;
  fence(signal?: AbortSignal): Promise<Fence>;
  /** `null` when it follows nobody. */
  replication(signal?: AbortSignal): Promise<Replication | null>;
  /**
   * Comes back when it has executed `wanted` of the server that it follows, when it stops executing, or when a second is
   * over: only a look tells which.
   */
  waitUntilExecuted(wanted: Position, signal?: AbortSignal): Promise<void>;
  /** Client sessions: neither the server's own threads, nor its replicas, nor switcharoo's. */
  clients(signal?: AbortSignal): Promise<readonly Client[]>;
  openTransactions(signal?: AbortSignal): Promise<readonly OpenTransaction[]>;
  /** XA transactions that are prepared: `read_only` lets them be committed. */
  preparedTransactions(signal?: AbortSignal): Promise<number>;
  /** Tables that a session holds with LOCK TABLES, as far as this can be seen from outside. */
  lockedTables(signal?: AbortSignal): Promise<readonly string[]>;
  /** Sessions that hold LOCK TABLES; where the server cannot tell, all that may. */
  lockHolders(signal?: AbortSignal): Promise<readonly Client[]>;
  /** Every account but the server's own, root on the machine itself, and switcharoo's. */
  accounts(signal?: AbortSignal): Promise<readonly ServerAccount[]>;
  /** Those two where `read_only` does not bind them: nobody locks them, and who logs in with one can write on. */
  leftOpen(signal?: AbortSignal): Promise<readonly ServerAccount[]>;
  /** What of `read_only` and `super_read_only` is kept through a restart; `null` where the server cannot keep them. */
  persistedFence(signal?: AbortSignal): Promise<PersistedFence | null>;
  hasSentinel(key: SentinelKey, signal?: AbortSignal): Promise<boolean>;
  /** Global variables by name; those that the server does not have are missing. */
  settings(
    names: readonly string[],
    signal?: AbortSignal,
  ): Promise<Readonly<Record<string, string>>>;
  /** Runs a query, in a session that can change no data. */
  query(sql: string, values?: readonly unknown[], signal?: AbortSignal): Promise<readonly Row[]>;
  /** Sessions of their own for `work`, which change nothing and read every value as the same text on every server. */
  comparing: Connections['comparing'];
  /** Reads a part of the server's log, as a replica would; gives how far it was read. */
  readLog: Connections['readLog'];
  /** As the beginning or the end of a copy of whole schemas. */
  readonly copies: CopyReader;
}

/** A MySQL server, to be changed. Every write is safe to repeat, and none begins once `signal` is aborted. */
export interface MysqlWriter extends MysqlReader {
  /** Makes the server refuse writes, `super_read_only` where it has it; ends with errno 1205 after `lockWaitSeconds`. */
  fenceWrites(lockWaitSeconds: number, signal: AbortSignal): Promise<void>;
  allowWrites(signal: AbortSignal): Promise<void>;
  /** Lets a server that refuses writes refuse them after a restart, too. */
  keepFence(signal: AbortSignal): Promise<void>;
  /** Puts back what a server that accepts writes kept before. */
  restoreKept(kept: PersistedFence, signal: AbortSignal): Promise<void>;
  /** Past the binary log: no replica hears of it. Sessions that are there already stay. */
  lockAccount(account: Account, signal: AbortSignal): Promise<void>;
  unlockAccount(account: Account, signal: AbortSignal): Promise<void>;
  setEventScheduler(on: boolean, signal: AbortSignal): Promise<void>;
  endSession(id: number, signal: AbortSignal): Promise<void>;
  /** Points it at a server, from a position in that server's log. It does not start. */
  follow(source: FollowedSource, signal: AbortSignal): Promise<void>;
  /** Starts replication, and comes back when both threads were seen running. */
  startReplication(signal: AbortSignal): Promise<void>;
  stopReplication(signal: AbortSignal): Promise<void>;
  /** Stops or starts executing what it receives, and goes on receiving. Comes back when it was seen. */
  stopExecuting(signal: AbortSignal): Promise<void>;
  startExecuting(signal: AbortSignal): Promise<void>;
  /** Stops replication and forgets whom it followed. */
  stopFollowing(signal: AbortSignal): Promise<void>;
  writeSentinel(key: SentinelKey, signal: AbortSignal): Promise<void>;
  removeSentinel(key: SentinelKey, signal: AbortSignal): Promise<void>;
  readonly copies: CopyWriter;
}

export interface FollowedSource {
  readonly host: string;
  readonly port: number;
  readonly from: Position;
}

/** A MySQL server: 5.6 to 9, or MariaDB. */
export const mysqlServer = defineTarget({
  kind: 'mysql',
  config: mysqlConfig,
  rights: async (config, needs, context) => [await mysqlRights(config, needs, context)],
  open: async (config, context): Promise<Session<MysqlReader, MysqlWriter>> => {
    const {reader, writer, connections} = openServer(config, context);
    return {reader, writer, close: () => connections.close()};
  },
  preflight: mysqlPreflight,
});

/** Opens a server without connecting yet: for this target and those that build on it. */
export function openServer(config: MysqlConfig, context: OpenContext) {
  const where = {name: context.name, address: `${config.host}:${config.port}`};
  const connections = connectTo(config, where, context.signal);
  const dialect = lazyDialect(connections);
  const accounts = {user: config.user, replicationUser: config.replication?.user};
  const copies = copiesOf(connections, config, where);
  const reader = readerOf(connections, dialect, where, accounts, copies);
  const writer = writerOf(connections, dialect, reader, config.replication, copies);
  return {reader, writer, connections, where};
}
