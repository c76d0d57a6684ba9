import type {z} from 'zod';
import type {ReportProgress} from '../../src/index.ts';
import type {Account, Client, OpenTransaction, ServerAccount} from './accounts/contract.ts';
import type {Catalogue, Waiter} from './catalogue/contract.ts';
import type {CopyProcess} from './copy/client.ts';
import type {AvailablePrograms, CopyPrograms} from './copy/programs.ts';
import type {mysqlConfig} from './session/config.ts';
import type {Ask, Row} from './session/contract.ts';

export type {Account, Client, OpenTransaction, ServerAccount};

/** A server's entry in the inventory. */
export type MysqlConfig = z.output<typeof mysqlConfig>;
export type ReplicationAccount = NonNullable<MysqlConfig['replication']>;

/** A place in one server's binary log. */
export interface Position {
  readonly file: string;
  readonly position: number;
}

/** What a replica reports about its source. */
export interface Replication {
  readonly host: string;
  readonly port: number;
  /** The `server_id` of the source; 0 until it was reached once. */
  readonly sourceServerId: number;
  /** `Yes`, `No`, `Connecting`; MariaDB also says `Preparing`. */
  readonly io: string;
  readonly sql: string;
  /** Up to where the source's binary log has been executed here. */
  readonly executed: Position;
  /** The lag that the server reports: for display, never to be waited for. */
  readonly secondsBehind: number | null;
  /** The last error of either thread, in the server's words. */
  readonly error: ReplicationError | null;
  /** Whether changes to the source's own schema `mysql` are skipped. */
  readonly ignoresMysqlSchema: boolean;
  /** Filters by which it skips anything else: "Replicate_Do_DB = shop". */
  readonly filters: readonly string[];
  /** Its configured delay. */
  readonly delaySeconds: number;
  /** Whether it connects over TLS alone. */
  readonly tls: boolean;
}

export interface ReplicationError {
  readonly thread: 'io' | 'sql';
  readonly errno: number;
  readonly text: string;
}

/** The part of a server's binary log to read. */
export interface LogPart {
  readonly from: Position;
  /** Where a transaction ends: it is read up to there. */
  readonly until: Position;
  /** Rows of these schemas; without it, of all that are not the server's own. */
  readonly schemas: readonly string[] | undefined;
  /** Tables whose rows are skipped: `schema`, `table`. */
  readonly without: readonly (readonly [schema: string, table: string])[];
  readonly limitMs: number;
}

export interface LoggedChange {
  /** Whether the row exists after the change: false for a deleted row, and for what an update replaced. */
  readonly remains: boolean;
  /** What an update replaced. */
  readonly before?: Row;
}

/** Receives what the log contains. */
export interface LogListener {
  /** A row. TIMESTAMP is in UTC; a column that was not logged is `null`. */
  row(table: string, row: Row, change: LoggedChange): void;
  /** A statement with its default schema: BEGIN and COMMIT, definitions, and changes that are not logged as rows. */
  statement(schema: string, text: string): void;
}

export interface Fence {
  readonly readOnly: boolean;
  /** `null` where the server does not have it: MySQL 5.6, MariaDB, Aurora's `rds_set_read_only`. */
  readonly superReadOnly: boolean | null;
}

/** The values of `read_only` and `super_read_only` that a server uses after a restart, by name. */
export type PersistedFence = Readonly<Record<string, string>>;

/** Identifies a test row that verifies replication: the run and the entry that wrote it. */
export interface SentinelKey {
  readonly run: string;
  readonly entry: string;
}

interface LogFilters {
  readonly only: readonly string[];
  readonly without: readonly string[];
}

/** A MySQL server, read only. Every read has a time limit and ends with `signal`. */
export interface MysqlReader {
  readonly name: string;
  /** `host:port`, as switcharoo reaches it. */
  readonly address: string;
  /** The account that switcharoo uses here. */
  readonly user: string;
  /** The account with which this server logs in on its source, from the inventory. */
  readonly replicationUser?: string;
  /** How that login goes over TLS, where the inventory asks for it. */
  readonly replicationTls?: NonNullable<ReplicationAccount['tls']>;
  /** Where the server's own binary log ends. */
  position(signal?: AbortSignal): Promise<Position>;
  /** Schemas that its binary log is limited to, and those that it leaves out. */
  logFilters(signal?: AbortSignal): Promise<LogFilters>;
  /** The first binary log that is not purged. */
  oldestLog(signal?: AbortSignal): Promise<string>;
  /** How long it keeps a binary log: `null` for ever, 0 when it may purge one at any time. */
  logRetentionHours(signal?: AbortSignal): Promise<number | null>;
  fence(signal?: AbortSignal): Promise<Fence>;
  /** `null` when it has no source. */
  replication(signal?: AbortSignal): Promise<Replication | null>;
  /**
   * Returns when it has executed `position` of its source, when it stops executing, or after a second. Once it has
   * executed it: where its own binary log ends, asked in the same round trip; otherwise `null`.
   */
  waitUntilExecuted(position: Position, signal?: AbortSignal): Promise<Position | null>;
  /** Client sessions: neither the server's own threads, nor its replicas, nor switcharoo's. */
  clients(signal?: AbortSignal): Promise<readonly Client[]>;
  openTransactions(signal?: AbortSignal): Promise<readonly OpenTransaction[]>;
  /** Prepared XA transactions: `read_only` does not block their COMMIT. */
  preparedTransactions(signal?: AbortSignal): Promise<number>;
  /** Tables that a session holds with LOCK TABLES, as far as other sessions can see them. */
  lockedTables(signal?: AbortSignal): Promise<readonly string[]>;
  /** Sessions that hold LOCK TABLES; where the server does not show them, all candidates. */
  lockHolders(signal?: AbortSignal): Promise<readonly Client[]>;
  /** Every account but the server's own, root on the machine itself, and switcharoo's. */
  accounts(signal?: AbortSignal): Promise<readonly ServerAccount[]>;
  /** Accounts of root and of switcharoo that `read_only` does not bind: they are not locked, and can still write. */
  exemptAccounts(signal?: AbortSignal): Promise<readonly ServerAccount[]>;
  /** The persisted values of `read_only` and `super_read_only`; `null` where the server cannot persist them. */
  persistedFence(signal?: AbortSignal): Promise<PersistedFence | null>;
  hasSentinel(key: SentinelKey, signal?: AbortSignal): Promise<boolean>;
  /** What was noted with a test row; `null` where there is no such row. */
  sentinelNote(key: SentinelKey, signal?: AbortSignal): Promise<string | null>;
  /** Global variables by name, without those that the server does not have. */
  settings(
    names: readonly string[],
    signal?: AbortSignal,
  ): Promise<Readonly<Record<string, string>>>;
  /** Many queries will be asked together: opens the sessions for them, and waits for nothing. */
  expectQueries(): void;
  /** Runs a query, in a session that can change no data. */
  query(sql: string, values?: readonly unknown[], signal?: AbortSignal): Promise<readonly Row[]>;
  /** Its catalogue: the last one that started at `sinceMs` (of `performance.now()`) or later, or else a new one. */
  catalogue(sinceMs: number): Catalogue;
  /** Sessions of their own for `work`, which change nothing and read every value as the same text on every server. */
  withSessions<Result>(
    count: number,
    work: (sessions: readonly Ask[]) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result>;
  /** Reads a part of the server's binary log, as a replica would; gives the position it reached. */
  readLog(part: LogPart, listener: LogListener, signal?: AbortSignal): Promise<Position>;
  /** The server as the source or the target of a copy of whole schemas. */
  readonly copies: CopyReader;
}

/** A MySQL server, with writes. Every write is safe to repeat, and none starts once `signal` is aborted. */
export interface MysqlWriter extends MysqlReader {
  /** Makes the server refuse writes; ends with errno 1205 after `waitSeconds`. Asks for what is not given. */
  fenceWrites(waitSeconds: number, signal: AbortSignal, hasSuper?: boolean): Promise<void>;
  allowWrites(signal: AbortSignal): Promise<void>;
  /** Makes the server accept writes at most `afterSeconds` later, whatever happens to switcharoo. Not logged. */
  armThaw(afterSeconds: number, signal: AbortSignal): Promise<void>;
  /** Makes a freeze last: fails where it has ended by itself. Afterwards no thaw can run. Not logged. */
  disarmThaw(signal: AbortSignal): Promise<void>;
  checkThawed(signal: AbortSignal): Promise<void>;
  removeThaw(signal: AbortSignal): Promise<void>;
  /** Persists `read_only` on a read-only server, so that a restart keeps it. */
  persistFence(signal: AbortSignal): Promise<void>;
  restorePersisted(kept: PersistedFence, signal: AbortSignal): Promise<void>;
  /** Not written to the binary log, so no replica executes it. Open sessions stay. */
  lockAccount(account: Account, signal: AbortSignal): Promise<void>;
  unlockAccount(account: Account, signal: AbortSignal): Promise<void>;
  setEventScheduler(on: boolean, signal: AbortSignal): Promise<void>;
  /** `null` when it is ended or was gone; else why the server refuses to end it, as `errno 1644`. */
  endSession(id: number, signal: AbortSignal): Promise<string | null>;
  /** Sets its replication source and start position. It does not start. */
  setSource(source: ReplicationSource, signal: AbortSignal): Promise<void>;
  /** Starts replication, and returns when both threads run. */
  startReplication(signal: AbortSignal): Promise<void>;
  stopReplication(signal: AbortSignal): Promise<void>;
  /** Stops or starts executing what it receives, and keeps receiving. Returns when the thread has changed its state. */
  stopSqlThread(signal: AbortSignal): Promise<void>;
  startSqlThread(signal: AbortSignal): Promise<void>;
  resetReplication(signal: AbortSignal): Promise<void>;
  writeSentinel(key: SentinelKey, signal: AbortSignal, note?: string): Promise<void>;
  removeSentinel(key: SentinelKey, signal: AbortSignal): Promise<void>;
  /** Writes it and removes it, in two round trips where its table is there. */
  passSentinel(key: SentinelKey, signal: AbortSignal): Promise<void>;
  readonly copies: CopyWriter;
}

interface ReplicationSource {
  readonly host: string;
  readonly port: number;
  readonly from: Position;
}

/** What a copy of whole schemas leaves on its target: its run, its progress, its schemas. */
export interface CopyMarker {
  readonly run: string;
  readonly entry: string;
  readonly state: 'loading' | 'loaded';
  /** These schemas, and nothing else, are the copy's own. */
  readonly schemas: readonly string[];
  /** Whether the replica executed what its source writes, before it was stopped for the copy. */
  readonly executing: boolean;
  /** The copied server's own position; `null` until it no longer moves. */
  readonly position: Position | null;
  /** What it had executed of its source at that moment. */
  readonly sourcePosition: Position | null;
}

/** The number of objects in a schema by kind: `{table: 12, view: 1, trigger: 3}`. */
export interface SchemaContent {
  readonly schema: string;
  readonly counts: Readonly<Record<string, number>>;
  /** The size of its tables, as InnoDB estimates it. */
  readonly bytes: number;
}

/** What a dump is expected to hold, as the server estimates it. */
export interface Expected {
  readonly tables: number;
  readonly bytes: number;
}

export interface LoadOrder {
  readonly from: Pick<MysqlReader, 'name' | 'copies' | 'withSessions' | 'settings'>;
  readonly programs: CopyPrograms;
  readonly schemas: readonly string[];
  readonly expected: Expected;
}

/** A server as the source or the target of a copy of whole schemas. Nothing here changes it. */
export interface CopyReader {
  /** The clients of this machine that can dump this server and load the dump into another. */
  programs(signal?: AbortSignal): Promise<AvailablePrograms>;
  /** Every schema but the server's own and switcharoo's. */
  schemas(waiter: Waiter): Promise<readonly SchemaContent[]>;
  /** The marker of the copy on this server; `null` when there is none. */
  marker(signal?: AbortSignal): Promise<CopyMarker | null>;
  /** Starts the dump of whole schemas, or of their definitions past every error. The caller ends it. */
  dump(programs: CopyPrograms, schemas: readonly string[], of?: 'all' | 'definitions'): CopyProcess;
}

export interface CopyWriter extends CopyReader {
  /** Marks the owner of a copy before it starts. Does nothing when the marker exists. */
  createMarker(
    marker: Pick<CopyMarker, 'run' | 'entry' | 'schemas' | 'executing'>,
    signal: AbortSignal,
  ): Promise<void>;
  /** Ends a load that is still running, and drops the schemas that the marker lists. */
  dropCopy(marker: CopyMarker, signal: AbortSignal): Promise<void>;
  /** Records the position of the copied server at which the copy is taken. */
  recordPositions(
    key: SentinelKey,
    positions: {readonly at: Position; readonly ofSource: Position | null},
    signal: AbortSignal,
  ): Promise<void>;
  /** Loads the dump of the other server; returns when both clients report success. */
  load(order: LoadOrder, signal: AbortSignal, say: ReportProgress): Promise<void>;
  /** Loads the definitions alone, past every error; gives all that was refused, each with its object. */
  loadDefinitions(
    order: Omit<LoadOrder, 'expected'>,
    signal: AbortSignal,
  ): Promise<readonly string[]>;
  /** Runs the work while no other process does on this server; `null` where one does. */
  alone<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result | null>;
  /** Restores what a dump does not contain: all digits of FLOAT columns. */
  restoreFloats(order: LoadOrder, signal: AbortSignal, say: ReportProgress): Promise<void>;
  /** The copy is whole. */
  markLoaded(key: SentinelKey, signal: AbortSignal): Promise<void>;
  /** Removes the marker, and with the last one its table. */
  removeMarker(key: SentinelKey, signal: AbortSignal): Promise<void>;
}
