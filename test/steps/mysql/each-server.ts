import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import mysql from 'mysql2/promise';
import {afterAll, beforeAll} from 'vitest';
import {addAccountsOnPremises, type Passwords} from '../../../lab/mysql/accounts.ts';
import {type LabDatabase, startServer} from '../../../lab/mysql/server.ts';
import {statementsOf} from '../../../lab/mysql/statements.ts';
import {Processes} from '../../../lab/processes.ts';
import type {Keeper, Session} from '../../../src/model/target.ts';
import type {MysqlReader, MysqlWriter} from '../../../steps/mysql/contract.ts';
import {mysqlServer} from '../../../steps/mysql/target.ts';
import {freePort, passwords} from '../../lab/mysql/databases.ts';
import {
  forEachKind,
  forEachPair,
  forMariadb,
  forMariadbAndCurrent,
  forOldAndCurrent,
} from '../../lab/mysql/for-each-kind.ts';
import type {KindPair, ServerKind} from '../../lab/mysql/server-kinds.ts';
import {untilFollowed} from './real-servers.ts';

/** One real server with the accounts of the lab, for the tests of one `describe`. */
export interface TriedServer {
  readonly kind: ServerKind;
  /** Asks as root, past every privilege. */
  readonly database: LabDatabase;
  /** The target as a step has it, with the account `switcharoo`. */
  readonly session: Session<MysqlReader, MysqlWriter>;
  /** The same once more, as a later command opens it. */
  open(keeper: Keeper): Promise<Session<MysqlReader, MysqlWriter>>;
  /** A connection over TCP, as an application has one. It is closed at the end. */
  connect(user: keyof Passwords): Promise<mysql.Connection>;
}

/** Two of them: the target follows the source from its first event on, and everything is caught up. */
export interface TriedPair {
  readonly source: TriedServer;
  readonly target: TriedServer;
  /** Until the target has executed what the source has written now. */
  caughtUp(): Promise<void>;
}

export interface Tried {
  /** Runs on each server once it has started. */
  readonly prepare?: (server: TriedServer) => Promise<void>;
  readonly settings?: readonly string[];
  /** Instead of the three that every test meets. */
  readonly kinds?: readonly ServerKind[];
}

/** The same tests on MySQL 5.6, MariaDB 10.11 and MySQL 9. The server is there from `beforeAll` on. */
export function describeEachServer(
  title: string,
  tests: (on: TriedServer) => void,
  tried: Tried = {},
): void {
  forEachKind(
    title,
    (kind) => {
      const started = startedFor([{kind, name: 'db1', serverId: 1}], tried);
      tests(lazily(kind, () => started()[0]));
    },
    tried.kinds,
  );
}

/** The same tests on each pair of servers that a migration may have: 5.6 to 5.6, 5.6 to MariaDB, 9 to 9. */
export function describeEachPair(
  title: string,
  tests: (on: TriedPair) => void,
  tried: Tried = {},
): void {
  forEachPair(title, (pair) => testPair(pair, tests, tried));
}

/** The same on two servers of MariaDB, which has tables that MySQL has not. */
export function describeMariadbPair(title: string, tests: (on: TriedPair) => void): void {
  forMariadb(title, (pair) => testPair(pair, tests, {}));
}

function testPair({source, target}: KindPair, tests: (on: TriedPair) => void, tried: Tried): void {
  const started = startedFor(
    [
      {kind: source, name: 'db1', serverId: 1},
      {kind: target, name: 'aurora', serverId: 3},
    ],
    tried,
    ([first, second]) => follow(second, first),
  );
  const [from, to] = [
    lazily(source, () => started()[0]),
    lazily(target, () => started()[1]),
  ] as const;
  tests({source: from, target: to, caughtUp: () => untilFollowed(from.database, to.database)});
}

/** MySQL 5.6 and MySQL 9, neither of which follows the other. */
export function describeOldBesideCurrent(
  title: string,
  settings: Readonly<Record<'source' | 'target', readonly string[]>>,
  tests: (on: Pick<TriedPair, 'source' | 'target'>) => void,
): void {
  forOldAndCurrent(title, (pair) => testBeside(pair, settings, tests));
}

/** MariaDB and MySQL 9, neither of which follows the other. */
export function describeMariadbBesideCurrent(
  title: string,
  tests: (on: Pick<TriedPair, 'source' | 'target'>) => void,
): void {
  forMariadbAndCurrent(title, (pair) => testBeside(pair, {source: [], target: []}, tests));
}

function testBeside(
  {source, target}: KindPair,
  settings: Readonly<Record<'source' | 'target', readonly string[]>>,
  tests: (on: Pick<TriedPair, 'source' | 'target'>) => void,
): void {
  const wanted = [
    {kind: source, name: 'db1', serverId: 1, settings: settings.source},
    {kind: target, name: 'aurora', serverId: 3, settings: settings.target},
  ];
  const started = startedFor(wanted, {});
  tests({
    source: lazily(source, () => started()[0]),
    target: lazily(target, () => started()[1]),
  });
}

interface Wanted {
  readonly kind: ServerKind;
  readonly name: string;
  readonly serverId: number;
  readonly settings?: readonly string[];
}

/** Starts them before the tests of this `describe`, and ends them afterwards, also when a start fails. */
function startedFor(
  wanted: readonly Wanted[],
  tried: Tried,
  afterwards: (servers: readonly TriedServer[]) => Promise<void> = async () => {},
): () => readonly TriedServer[] {
  let servers: readonly TriedServer[] = [];
  const closing: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    const directory = await mkdtemp(join(tmpdir(), 'switcharoo-'));
    const processes = new Processes(directory);
    closing.push(
      () => processes.endAll(),
      () => rm(directory, {recursive: true}),
    );
    servers = await Promise.all(
      wanted.map((one) => start(one, {directory, processes, tried, closing})),
    );
    await afterwards(servers);
    for (const server of servers) {
      await tried.prepare?.(server);
    }
  });
  afterAll(async () => {
    for (const close of closing) {
      await close();
    }
  });
  return () => servers;
}

async function start(
  {kind, name, serverId, settings = []}: Wanted,
  {
    directory,
    processes,
    tried,
    closing,
  }: {
    directory: string;
    processes: Processes;
    tried: Tried;
    closing: (() => Promise<unknown>)[];
  },
): Promise<TriedServer> {
  const database = await startServer({
    ...{name, directory, processes, serverId, program: await kind.program()},
    ...{port: await freePort(), logName: 'mysql-bin', rootPassword: passwords.root},
    settings: [...(tried.settings ?? []), ...settings],
  });
  // Nobody needs its data any more, and a clean stop takes seconds.
  closing.unshift(() => database.kill());
  await addAccountsOnPremises(database, passwords);
  const at = {host: '127.0.0.1', port: database.port};
  const config = {
    ...{...at, user: 'switcharoo', password: passwords.switcharoo},
    replication: {user: 'repl', password: passwords.repl},
  };
  const {signal} = new AbortController();
  const session = await mysqlServer.open(config, {name, signal});
  closing.unshift(() => session.close());
  return {
    ...{kind, database, session},
    open: (keeper) => mysqlServer.open(config, {name, signal, keeper}),
    connect: async (user) => {
      const connection = await mysql.createConnection({...at, user, password: passwords[user]});
      connection.on('error', () => {});
      closing.unshift(async () => connection.destroy());
      return connection;
    },
  };
}

/** Known by name when tests are collected, there once they run. */
function lazily(kind: ServerKind, started: () => TriedServer | undefined): TriedServer {
  const there = (): TriedServer => {
    const server = started();
    if (!server) {
      throw new Error(`${kind.name} is there from beforeAll on, and not earlier`);
    }
    return server;
  };
  return {
    kind,
    get database() {
      return there().database;
    },
    get session() {
      return there().session;
    },
    open: (keeper) => there().open(keeper),
    connect: (user) => there().connect(user),
  };
}

async function follow(
  replica: TriedServer | undefined,
  source: TriedServer | undefined,
): Promise<void> {
  if (!replica || !source) {
    throw new Error('a pair has two servers');
  }
  const words = statementsOf(replica.database.brand);
  const values = ['127.0.0.1', source.database.port, passwords.repl, 'mysql-bin.000001', 4];
  await replica.database.query(words.follow, values);
  await replica.database.query(words.start);
  await untilFollowed(source.database, replica.database);
}
