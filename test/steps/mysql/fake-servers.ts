import {setTimeout as sleep} from 'node:timers/promises';
import {SwitcharooError} from '../../../src/model/problem.ts';
import type {Session} from '../../../src/model/target.ts';
import type {
  AuroraReader,
  AuroraWriter,
  ClusterState,
  ReplicationEnd,
  RestoreWriter,
  SnapshotWriter,
} from '../../../steps/aurora/contract.ts';
import type {
  Account,
  Client,
  CopyWriter,
  OpenTransaction,
  Position,
  Replication,
  ServerAccount,
} from '../../../steps/mysql/contract.ts';

/** One change in a binary log, with the server on which it was first made. */
interface Event {
  readonly origin: number;
  readonly apply: (server: FakeServer) => void;
  readonly table: string;
}

interface Channel {
  readonly source: FakeServer;
  readonly host: string;
  readonly port: number;
  next: number;
  running: boolean;
}

interface FakeSession extends Client {
  /** How long its uncommitted changes are open. */
  readonly openSeconds?: number;
}

const eventBytes = 100;
const logStart = 120;
const testRows = 'switcharoo.sentinel';

/**
 * A small true model of a MySQL server: it has a binary log, refuses writes, has sessions, and replicates from
 * another one.
 * Replication moves whenever somebody looks. The same model plays Aurora.
 */
export class FakeServer {
  readonly name: string;
  readonly serverId: number;
  readonly #network: FakeNetwork;
  log: Event[] = [];
  oldestLog = 1;
  readOnly = false;
  superReadOnly: boolean | null = null;
  eventScheduler = 'ON';
  sessions: FakeSession[] = [];
  prepared = 0;
  locked: string[] = [];
  accounts: ServerAccount[] = [{user: 'shop', host: '%', locked: false, bound: true}];
  persisted: Readonly<Record<string, string>> | null = null;
  sentinels = new Map<string, string>();
  rows = 0;
  channel: Channel | null = null;
  /** What the server would say of a replication that cannot go on. */
  replicationError: Replication['error'] = null;
  clusterState: ClusterState | null = null;
  retentionHours: number | null = 168;
  replicationEnd: ReplicationEnd | null = null;
  /** Settings beside those that it always has, or instead of them. */
  variables: Readonly<Record<string, string>> = {};
  /** It logs what it replicates under its own id. */
  forgetsOrigin = false;
  #replicating = false;

  constructor(name: string, serverId: number, network: FakeNetwork) {
    this.name = name;
    this.serverId = serverId;
    this.#network = network;
    network.servers.push(this);
  }

  get address(): string {
    return `${this.name}:3306`;
  }

  /** An application's committed write. */
  write(): void {
    if (this.readOnly) {
      throw new Error('ER_OPTION_PREVENTS_STATEMENT 1290');
    }
    this.commit(this.serverId, (server) => {
      server.rows += 1;
    });
  }

  commit(origin: number, apply: Event['apply'], table = 'shop.orders'): void {
    this.log.push({origin, apply, table});
    apply(this);
  }

  /** Points at the place in front of an event. */
  place(index: number): Position {
    return {file: `${this.name}-bin.000001`, position: logStart + index * eventBytes};
  }

  replicate(): void {
    const {channel} = this;
    // In a ring it is asked again by the server that it asks.
    if (!channel?.running || this.replicationError || this.#replicating) {
      return;
    }
    this.#replicating = true;
    channel.source.replicate();
    this.#replicating = false;
    for (; channel.next < channel.source.log.length; channel.next += 1) {
      const event = channel.source.log[channel.next];
      // Events that began here come back round the ring, and are dropped.
      if (event && event.origin !== this.serverId) {
        this.commit(this.forgetsOrigin ? this.serverId : event.origin, event.apply, event.table);
      }
    }
  }

  replicateFrom(source: FakeServer, from?: Position): void {
    const next = from ? (from.position - logStart) / eventBytes : source.log.length;
    this.channel = {source, host: source.name, port: 3306, next, running: true};
  }

  /** All that a step could change, without what moves by itself. */
  picture() {
    const {readOnly, superReadOnly, eventScheduler, sessions, sentinels} = this;
    const {channel} = this;
    return {
      readOnly,
      superReadOnly,
      eventScheduler,
      uncommitted: sessions.filter(({openSeconds}) => openSeconds !== undefined).length,
      sentinels: [...sentinels.keys()],
      accounts: this.accounts,
      persisted: this.persisted,
      channel: channel && {host: channel.host, running: channel.running},
    };
  }

  session(): Session<AuroraReader, AuroraWriter> {
    const reader = readerOf(this);
    const writer = {
      ...reader,
      ...writesOf(this, this.#network),
      copies: noCopies,
      restore: noRestore,
      snapshots: noSnapshots,
    };
    return {reader, writer, close: async () => {}};
  }
}

/** Who reaches whom. */
export class FakeNetwork {
  readonly servers: FakeServer[] = [];

  picture() {
    return Object.fromEntries(this.servers.map((server) => [server.name, server.picture()]));
  }

  at(host: string): FakeServer {
    const found = this.servers.find(({name}) => name === host);
    if (!found) {
      throw new Error(`nobody is at ${host}`);
    }
    return found;
  }
}

function readerOf(server: FakeServer): AuroraReader {
  return {
    name: server.name,
    address: server.address,
    user: 'switcharoo',
    clusterIdentifier: server.name,
    leastCapacity: async () => {
      throw new Error('nothing is measured of a fake server');
    },
    position: async () => {
      server.replicate();
      return server.place(server.log.length);
    },
    waitUntilExecuted: async ({file, position}) => {
      await sleep(1);
      server.replicate();
      const executed = replicationOf(server)?.executed;
      return executed !== undefined && executed.file === file && executed.position >= position
        ? server.place(server.log.length)
        : null;
    },
    logFilters: async () => ({only: [], without: []}),
    oldestLog: async () => `${server.name}-bin.${String(server.oldestLog).padStart(6, '0')}`,
    logRetentionHours: async () => server.retentionHours ?? 0,
    fence: async () => ({readOnly: server.readOnly, superReadOnly: server.superReadOnly}),
    replication: async () => {
      server.replicate();
      return replicationOf(server);
    },
    clients: async () => server.sessions,
    openTransactions: async () =>
      server.sessions.flatMap(({id, user, host, openSeconds}): OpenTransaction[] =>
        openSeconds === undefined ? [] : [{id, user, host, seconds: openSeconds}],
      ),
    preparedTransactions: async () => server.prepared,
    lockedTables: async () => server.locked,
    lockHolders: async () => server.sessions.filter(({command}) => command === 'Sleep'),
    accounts: async () => server.accounts,
    exemptAccounts: async () => [],
    persistedFence: async () => server.persisted,
    hasSentinel: async ({run, entry}) => {
      server.replicate();
      return server.sentinels.has(`${run}/${entry}`);
    },
    sentinelNote: async ({run, entry}) => {
      server.replicate();
      return server.sentinels.get(`${run}/${entry}`) ?? null;
    },
    settings: async () => settingsOf(server),
    query: async (sql, values = []) => rowsOfLog(server, sql, values),
    expectQueries: () => {},
    catalogue: () => ({
      startedMs: performance.now(),
      tables: async () => ({schemas: [], tables: [], columns: []}),
      tablesWithNext: async () => ({schemas: [], tables: [], columns: []}),
      keys: async () => ({indexes: [], foreignKeys: []}),
      objects: async () => ({defined: [], events: []}),
      largest: async () => [],
      counters: async () => [],
    }),
    copies: noCopies,
    readLog: async ({until}) => until,
    withSessions: (count, work) => work(Array.from({length: count}, () => async () => [])),
    procedures: async () => new Map(),
    binlogRetentionHours: async () => server.retentionHours,
    replicationEnd: async () => server.replicationEnd,
    cluster: async () => server.clusterState,
    readOnlyParameter: async () => null,
    restore: noRestore,
    snapshots: noSnapshots,
  };
}

const settingsOf = (server: FakeServer): Readonly<Record<string, string>> => ({
  event_scheduler: server.eventScheduler,
  server_id: String(server.serverId),
  log_bin: 'ON',
  binlog_format: 'ROW',
  collation_server: 'utf8mb4_general_ci',
  log_slave_updates: 'ON',
  ...server.variables,
});

/** Its log, event by event: each is one transaction on one table. */
function rowsOfLog(server: FakeServer, sql: string, [file, from]: readonly unknown[]) {
  const first = `${server.name}-bin.${String(server.oldestLog).padStart(6, '0')}`;
  if (sql === 'SHOW BINARY LOGS') {
    return [{Log_name: first}];
  }
  if (sql === 'SHOW GRANTS') {
    return [{grants: 'GRANT ALL PRIVILEGES ON *.* TO `switcharoo`@`%`'}];
  }
  if (sql === 'SHOW GLOBAL VARIABLES') {
    return Object.entries(settingsOf(server)).map(([name, Value]) => ({
      Variable_name: name,
      Value,
    }));
  }
  if (!sql.startsWith('SHOW BINLOG EVENTS')) {
    return [];
  }
  return server.log.flatMap(({origin, table}, index) => {
    const [Pos, End_log_pos] = [index, index + 1].map((place) => server.place(place).position);
    const at = {Log_name: file, Pos, End_log_pos, Server_id: origin};
    return Number(Pos) < Number(from)
      ? []
      : [
          {...at, Event_type: 'Table_map', Info: `table_id: 70 (${table})`},
          {...at, Event_type: 'Xid', Info: 'COMMIT /* xid=19 */'},
        ];
  });
}

function replicationOf(server: FakeServer): Replication | null {
  const {channel, replicationError: error} = server;
  if (!channel) {
    return null;
  }
  const state = channel.running ? 'Yes' : 'No';
  return {
    host: channel.host,
    port: channel.port,
    sourceServerId: channel.source.serverId,
    io: state,
    sql: error ? 'No' : state,
    executed: channel.source.place(channel.next),
    error,
    secondsBehind: error ? null : 0,
    ignoresMysqlSchema: true,
    filters: [],
    delaySeconds: 0,
    tls: false,
  };
}

/** No machine has a client that dumps a fake; copies are tried on real servers. */
const noCopy = async () => {
  throw new Error('a fake server is not copied');
};
const noCopies: CopyWriter = {
  programs: async () => ({suitable: null, available: []}),
  schemas: async () => [],
  marker: async () => null,
  dump: () => {
    throw new Error('a fake server is not copied');
  },
  loadDefinitions: noCopy,
  alone: noCopy,
  createMarker: noCopy,
  dropCopy: noCopy,
  recordPositions: noCopy,
  load: noCopy,
  restoreFloats: noCopy,
  markLoaded: noCopy,
  removeMarker: noCopy,
};

const noRestore: RestoreWriter = {
  cluster: async () => null,
  recoveredAt: async () => null,
  lastEvent: async () => null,
  fromS3: noCopy,
  addInstance: noCopy,
  deleteInstance: noCopy,
  deleteCluster: noCopy,
};

const noSnapshots: SnapshotWriter = {find: async () => null, take: noCopy, remove: noCopy};

type Writes = Omit<AuroraWriter, keyof AuroraReader>;

function writesOf(server: FakeServer, network: FakeNetwork): Writes {
  const written = (signal: AbortSignal, write: () => void) => {
    signal.throwIfAborted();
    write();
  };
  return {
    fenceWrites: async (seconds, signal) =>
      written(signal, () => {
        if (server.locked.length > 0) {
          throw lockWaitTimeout(seconds);
        }
        server.readOnly = true;
        server.superReadOnly = server.superReadOnly === null ? null : true;
      }),
    allowWrites: async (signal) =>
      written(signal, () => {
        server.readOnly = false;
        server.superReadOnly = server.superReadOnly === null ? null : false;
      }),
    armThaw: async (_afterSeconds, signal) => written(signal, () => {}),
    disarmThaw: async (signal) => written(signal, () => {}),
    checkThawed: async (signal) => written(signal, () => {}),
    removeThaw: async (signal) => written(signal, () => {}),
    persistFence: async (signal) =>
      written(signal, () => {
        server.persisted = {read_only: 'ON', super_read_only: 'ON'};
      }),
    restorePersisted: async (kept, signal) =>
      written(signal, () => {
        server.persisted = kept;
      }),
    lockAccount: async (account, signal) => written(signal, () => setLocked(server, account, true)),
    unlockAccount: async (account, signal) =>
      written(signal, () => setLocked(server, account, false)),
    setEventScheduler: async (on, signal) =>
      written(signal, () => {
        server.eventScheduler = on ? 'ON' : 'OFF';
      }),
    recordReplicationEnd: async (end, signal) =>
      written(signal, () => {
        server.replicationEnd = end;
      }),
    endSession: async (id, signal) => {
      written(signal, () => {
        server.sessions = server.sessions.filter((session) => session.id !== id);
      });
      return null;
    },
    setSource: async ({host, port, from}, signal) =>
      written(signal, () => {
        const source = network.at(host);
        const next = (from.position - logStart) / eventBytes;
        server.channel = {source, host, port, next, running: false};
      }),
    startReplication: async (signal) => written(signal, () => setRunning(server, true)),
    stopReplication: async (signal) => written(signal, () => setRunning(server, false)),
    stopSqlThread: async (signal) => written(signal, () => setRunning(server, false)),
    startSqlThread: async (signal) => written(signal, () => setRunning(server, true)),
    resetReplication: async (signal) =>
      written(signal, () => {
        server.channel = null;
      }),
    writeSentinel: async ({run, entry}, signal, note = '') =>
      written(signal, () => {
        if (!server.sentinels.has(`${run}/${entry}`)) {
          const row = `${run}/${entry}`;
          server.commit(server.serverId, ({sentinels}) => void sentinels.set(row, note), testRows);
        }
      }),
    passSentinel: async ({run, entry}, signal) =>
      written(signal, () => {
        const row = `${run}/${entry}`;
        server.commit(server.serverId, ({sentinels}) => void sentinels.set(row, ''), testRows);
        server.commit(server.serverId, ({sentinels}) => void sentinels.delete(row), testRows);
      }),
    setReadOnlyParameter: noCopy,
    removeSentinel: async ({run, entry}, signal) =>
      written(signal, () => {
        if (server.sentinels.has(`${run}/${entry}`)) {
          const row = `${run}/${entry}`;
          server.commit(server.serverId, ({sentinels}) => void sentinels.delete(row), testRows);
        }
      }),
  };
}

function setLocked(server: FakeServer, {user, host}: Account, locked: boolean): void {
  server.accounts = server.accounts.map((one) =>
    one.user === user && one.host === host ? {...one, locked} : one,
  );
}

function setRunning({channel}: FakeServer, running: boolean): void {
  if (channel) {
    channel.running = running;
  }
}

function lockWaitTimeout(seconds: number): SwitcharooError {
  const cause = Object.assign(new Error('Lock wait timeout exceeded'), {errno: 1205});
  const problem = {code: 'mysql-statement-refused', message: `waited ${seconds} s`, hint: 'wait'};
  return new SwitcharooError(problem, {cause});
}

/** The three servers of a migration: the source, its replica, and Aurora with the seed of the replica. */
export function fakeServers() {
  const network = new FakeNetwork();
  const source = new FakeServer('db1', 1, network);
  const replica = new FakeServer('db2', 2, network);
  const aurora = new FakeServer('aurora', 3, network);
  replica.readOnly = true;
  replica.replicateFrom(source);
  for (let order = 0; order < 3; order += 1) {
    source.write();
  }
  replica.replicate();
  aurora.rows = replica.rows;
  return {
    network,
    source,
    replica,
    aurora,
    /** Where the replica stood when Aurora was seeded. */
    seed: replica.place(replica.log.length),
    /** Aurora is read-only and replicates from the replica. */
    replicating: () => {
      aurora.readOnly = true;
      aurora.replicateFrom(replica);
    },
    /** The source is frozen, and Aurora is read-only and does not replicate. */
    promoted: () => {
      source.readOnly = true;
      source.eventScheduler = 'OFF';
      aurora.readOnly = true;
    },
  };
}
