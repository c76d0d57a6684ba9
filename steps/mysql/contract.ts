import type {z} from 'zod';
import type {ReportProgress} from '../../src/index.ts';
import type {CopyProcess} from './copy/client.ts';
import type {AvailablePrograms, CopyPrograms} from './copy/programs.ts';
import type {mysqlConfig} from './session/config.ts';
import type {Ask, Row} from './session/contract.ts';

/** A server's entry in the inventory. */
export type MysqlConfig = z.output<typeof mysqlConfig>;
export type ReplicationAccount = NonNullable<MysqlConfig['replication']>;

/** A place in one server's binary log. */
export interface Position {
  readonly file: string;
  readonly position: number;
}

/** What a server says about the one it follows. */
export interface Replication {
  readonly host: string;
  readonly port: number;
  /** The `server_id` of the followed server; 0 until it was reached once. */
  readonly sourceServerId: number;
  /** `Yes`, `No`, `Connecting`; MariaDB also says `Preparing`. */
  readonly io: string;
  readonly sql: string;
  /** Up to where the followed server's log has been executed here. */
  readonly executed: Position;
  /** What the server says that it is behind: to be shown, and never to be waited for. */
  readonly secondsBehind: number | null;
  /** The last error of either thread, in the server's words. */
  readonly error: ReplicationError | null;
  /** Whether changes to the followed server's own schema `mysql` are left out. */
  readonly ignoresMysqlSchema: boolean;
  /** Filters by which it leaves out anything else: "Replicate_Do_DB = shop". */
  readonly filters: readonly string[];
  /** By how much it is behind on purpose. */
  readonly delaySeconds: number;
}

export interface ReplicationError {
  readonly thread: 'io' | 'sql';
  readonly errno: number;
  readonly text: string;
}

/** An account of a server, as the operator knows it: under its own host also while it is locked. */
export interface Account {
  readonly user: string;
  readonly host: string;
}

export interface ServerAccount extends Account {
  readonly locked: boolean;
  /** Whether `read_only` binds it; `super_read_only` binds every account. */
  readonly bound: boolean;
}

/** A client's session on a server. */
export interface Client {
  readonly id: number;
  readonly user: string;
  /** Where it comes from: `address:port`, or `localhost`. */
  readonly host: string;
  /** `Sleep`, `Query`, … */
  readonly command: string;
  /** How long it has been in that state. */
  readonly seconds: number;
}

/** A session with changes that it has not committed. */
export interface OpenTransaction {
  readonly id: number;
  readonly user: string;
  readonly host: string;
  readonly seconds: number;
}

/** What is to be read of a server's log. */
export interface LogPart {
  readonly from: Position;
  /** Where a transaction ends: it is read up to there. */
  readonly until: Position;
  /** Rows of these schemas; without it, of all that are not the server's own. */
  readonly schemas: readonly string[] | undefined;
  /** Tables whose rows are passed over: `schema`, `table`. */
  readonly without: readonly (readonly [schema: string, table: string])[];
  readonly limitMs: number;
}

/** Who is told what the log says. */
export interface LogListener {
  /** A row as it was or became; with `before` of an update. TIMESTAMP is in UTC, and a column that was not logged is `null`. */
  row(table: string, row: Row, before?: Row): void;
  /** A statement with its default schema: BEGIN and COMMIT, definitions, and changes that are not logged as rows. */
  statement(schema: string, text: string): void;
}

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

interface LogFilters {
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
  logRetentionHours(signal?: AbortSignal): Promise<number | null>;
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
  exemptAccounts(signal?: AbortSignal): Promise<readonly ServerAccount[]>;
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
  withSessions<Result>(
    count: number,
    work: (sessions: readonly Ask[]) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result>;
  /** Reads a part of the server's log, as a replica would; gives how far it was read. */
  readLog(part: LogPart, listener: LogListener, signal?: AbortSignal): Promise<Position>;
  /** As the beginning or the end of a copy of whole schemas. */
  readonly copies: CopyReader;
}

/** A MySQL server, to be changed. Every write is safe to repeat, and none begins once `signal` is aborted. */
export interface MysqlWriter extends MysqlReader {
  /** Makes the server refuse writes, `super_read_only` where it has it; ends with errno 1205 after `lockWaitSeconds`. */
  fenceWrites(lockWaitSeconds: number, signal: AbortSignal): Promise<void>;
  allowWrites(signal: AbortSignal): Promise<void>;
  /** Lets a server that refuses writes refuse them after a restart, too. */
  persistFence(signal: AbortSignal): Promise<void>;
  /** Puts back what a server that accepts writes kept before. */
  restorePersisted(kept: PersistedFence, signal: AbortSignal): Promise<void>;
  /** Past the binary log: no replica hears of it. Sessions that are there already stay. */
  lockAccount(account: Account, signal: AbortSignal): Promise<void>;
  unlockAccount(account: Account, signal: AbortSignal): Promise<void>;
  setEventScheduler(on: boolean, signal: AbortSignal): Promise<void>;
  endSession(id: number, signal: AbortSignal): Promise<void>;
  /** Points it at a server, from a position in that server's log. It does not start. */
  setSource(source: ReplicationSource, signal: AbortSignal): Promise<void>;
  /** Starts replication, and comes back when both threads were seen running. */
  startReplication(signal: AbortSignal): Promise<void>;
  stopReplication(signal: AbortSignal): Promise<void>;
  /** Stops or starts executing what it receives, and goes on receiving. Comes back when it was seen. */
  stopSqlThread(signal: AbortSignal): Promise<void>;
  startSqlThread(signal: AbortSignal): Promise<void>;
  /** Stops replication and forgets whom it followed. */
  resetReplication(signal: AbortSignal): Promise<void>;
  writeSentinel(key: SentinelKey, signal: AbortSignal): Promise<void>;
  removeSentinel(key: SentinelKey, signal: AbortSignal): Promise<void>;
  readonly copies: CopyWriter;
}

interface ReplicationSource {
  readonly host: string;
  readonly port: number;
  readonly from: Position;
}

/** What a copy of whole schemas leaves on the server that it was made on: whose it is, how far it is, what belongs to it. */
export interface CopyMarker {
  readonly run: string;
  readonly entry: string;
  readonly state: 'loading' | 'loaded';
  /** These schemas, and nothing else, are the copy's own. */
  readonly schemas: readonly string[];
  /** Whether the replica executed what its source writes, before it was stopped for the copy. */
  readonly executing: boolean;
  /** Where the copied server's own log stood; `null` until it stands still. */
  readonly position: Position | null;
  /** What it had executed of its source then. */
  readonly sourcePosition: Position | null;
}

/** What a schema holds, by kind: `{table: 12, view: 1, trigger: 3}`. Empty: nothing. */
export interface SchemaContent {
  readonly schema: string;
  readonly counts: Readonly<Record<string, number>>;
  /** What the server believes that its tables take; InnoDB estimates it. */
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

/** A server as the beginning or the end of a copy of whole schemas. Nothing here changes it. */
export interface CopyReader {
  /** Which clients of this machine can dump this server, and load what they dumped into another. */
  programs(signal?: AbortSignal): Promise<AvailablePrograms>;
  /** Every schema but the server's own and switcharoo's. */
  schemas(signal?: AbortSignal): Promise<readonly SchemaContent[]>;
  /** Of the copy that was made on this server; `null` when there is none. */
  marker(signal?: AbortSignal): Promise<CopyMarker | null>;
  /** Starts the dump of whole schemas. It is the caller's to end. */
  dump(programs: CopyPrograms, schemas: readonly string[]): CopyProcess;
}

export interface CopyWriter extends CopyReader {
  /** Before anything of it is there: whose the copy is. Does nothing when the mark is there already. */
  createMarker(
    mark: Pick<CopyMarker, 'run' | 'entry' | 'schemas' | 'executing'>,
    signal: AbortSignal,
  ): Promise<void>;
  /** Ends a load that is still under way, and drops what the mark says is the copy's own. */
  dropCopy(mark: CopyMarker, signal: AbortSignal): Promise<void>;
  /** Notes at which place of the copied server's log the copy is taken. */
  recordPositions(
    key: SentinelKey,
    places: {readonly at: Position; readonly ofSource: Position | null},
    signal: AbortSignal,
  ): Promise<void>;
  /** Loads what is dumped on the other server; comes back when both clients say that all of it is there. */
  load(order: LoadOrder, signal: AbortSignal, say: ReportProgress): Promise<void>;
  /** Gives the copy what a dump does not carry: all digits of FLOAT columns. */
  restoreFloats(order: LoadOrder, signal: AbortSignal, say: ReportProgress): Promise<void>;
  /** The copy is whole. */
  markLoaded(key: SentinelKey, signal: AbortSignal): Promise<void>;
  /** Removes the mark, and with the last one all that held it. */
  removeMarker(key: SentinelKey, signal: AbortSignal): Promise<void>;
}
