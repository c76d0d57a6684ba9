import {SwitcharooError} from '../../../src/index.ts';
import type {LogListener, LogPart, MysqlReader, Position} from '../contract.ts';
import {readLog} from '../replication/log-reader.ts';
import type {Ask, Endpoint, Login, Row, Statement} from './contract.ts';
import {answerLost, connectionLost} from './problems.ts';
import {LostConnection} from './server-errors.ts';
import {ServerSession} from './session.ts';
import {withFirst} from './with-timeout.ts';

/** Connections to one server, opened when first used: reads and writes never wait for each other. */
export interface Connections {
  /** For statements that change nothing: sent again once when the connection is lost. */
  read(statement: Statement, signal?: AbortSignal): Promise<readonly Row[]>;
  /** The same right after a statement that sets something in the session; both again when it is lost. */
  readAfter(
    setting: Statement,
    statement: Statement,
    signal?: AbortSignal,
  ): Promise<readonly Row[]>;
  /** For several statements in one text that take long: other reads are not delayed. The rows of each. */
  wait(statement: Statement, signal?: AbortSignal): Promise<readonly (readonly Row[])[]>;
  /** Sent once. When its answer is lost, only the next check shows whether it took effect. */
  write(statement: Statement, signal: AbortSignal): Promise<readonly Row[]>;
  /** The same, in a session that writes nothing to the binary log. */
  writeUnlogged(statement: Statement, signal: AbortSignal): Promise<readonly Row[]>;
  readonly withSessions: MysqlReader['withSessions'];
  readonly readLog: MysqlReader['readLog'];
  /** A session beside the others. What it holds in the server ends with it. */
  sessionFor(first: readonly string[]): ServerSession;
  /** Opens all sessions for reads: many will be asked together. Waits for nothing. */
  openReaders(): void;
  /** Opens what statements may need soon, so that none of them waits for a login. */
  prepare(signal: AbortSignal): Promise<void>;
  /** The server's ids of all these sessions. */
  ids(): readonly number[];
  close(): Promise<void>;
}

/** Opens nothing yet. `open` ends all of them. */
export const connectTo = (login: Login, endpoint: Endpoint, open: AbortSignal): Connections =>
  new ServerConnections(login, endpoint, open);

class ServerConnections implements Connections {
  readonly #login: Login;
  readonly #endpoint: Endpoint;
  readonly #open: AbortSignal;
  readonly #closing = new AbortController();
  /** Reads that are asked together are answered together. */
  readonly #reading: readonly ServerSession[];
  readonly #waiting: ServerSession;
  readonly #writing: ServerSession;
  readonly #unlogged: ServerSession;
  readonly #more = new Set<ServerSession>();

  constructor(login: Login, endpoint: Endpoint, open: AbortSignal) {
    this.#login = login;
    this.#endpoint = endpoint;
    this.#open = open;
    this.#reading = Array.from({length: readingSessions}, () => this.#session([readOnlySession]));
    this.#waiting = this.#session([readOnlySession], true);
    this.#writing = this.#session([]);
    this.#unlogged = this.#session([unloggedSession]);
  }

  read(statement: Statement, signal = this.#open): Promise<readonly Row[]> {
    const session = this.#reader();
    return this.#twice((either) => session.ask(statement, either), signal);
  }

  readAfter(
    setting: Statement,
    statement: Statement,
    signal = this.#open,
  ): Promise<readonly Row[]> {
    const session = this.#reader();
    return this.#twice((either) => inOrder(session, [setting, statement], either), signal);
  }

  wait(statement: Statement, signal = this.#open): Promise<readonly (readonly Row[])[]> {
    return this.#twice((either) => this.#waiting.askSeveral(statement, either), signal);
  }

  write(statement: Statement, signal: AbortSignal): Promise<readonly Row[]> {
    return this.#once(this.#writing, statement, signal);
  }

  writeUnlogged(statement: Statement, signal: AbortSignal): Promise<readonly Row[]> {
    return this.#once(this.#unlogged, statement, signal);
  }

  async withSessions<Result>(
    count: number,
    work: (sessions: readonly Ask[]) => Promise<Result>,
    signal = this.#open,
  ): Promise<Result> {
    const sessions = Array.from({length: count}, () => this.#session(comparingSession));
    for (const session of sessions) {
      this.#more.add(session);
    }
    try {
      // If one part of the work failed, the others would continue and open their sessions again.
      return await withFirst([signal, this.#open], (either) =>
        work(sessions.map((session) => (statement) => session.ask(statement, either))),
      );
    } catch (cause) {
      throw this.#connectionError(cause);
    } finally {
      for (const session of sessions) {
        session.close();
        this.#more.delete(session);
      }
    }
  }

  readLog(part: LogPart, listener: LogListener, signal = this.#open): Promise<Position> {
    return withFirst([signal, this.#open], (either) =>
      readLog(this.#login, this.#endpoint, part, listener, either),
    );
  }

  sessionFor(first: readonly string[]): ServerSession {
    const session = this.#session(first);
    this.#more.add(session);
    return session;
  }

  openReaders(): void {
    void Promise.allSettled(this.#reading.map((session) => session.open(this.#open)));
  }

  async prepare(signal: AbortSignal): Promise<void> {
    // Only the writing session has to be there: the others are opened when they are needed.
    this.openReaders();
    void Promise.allSettled([this.#waiting.open(this.#open)]);
    await withFirst([signal, this.#open], (either) => this.#writing.ensure(either));
  }

  ids(): readonly number[] {
    return this.#all().flatMap(({id}) => id ?? []);
  }

  async close(): Promise<void> {
    this.#closing.abort(new LostConnection('all connections to this server were closed'));
    for (const session of this.#all()) {
      session.close();
    }
  }

  #session(first: readonly string[], takesSeveral = false): ServerSession {
    const over = this.#closing.signal;
    return new ServerSession(this.#login, this.#endpoint, first, {takesSeveral, over});
  }

  #all(): readonly ServerSession[] {
    return [...this.#reading, this.#waiting, this.#writing, this.#unlogged, ...this.#more];
  }

  /** The session with the fewest statements before this one. A login takes as long as some statements. */
  #reader(): ServerSession {
    const waitOf = ({underWay, isOpen}: ServerSession) =>
      underWay + (isOpen ? 0 : statementsOfLogin);
    return this.#reading.reduce((best, session) =>
      waitOf(session) < waitOf(best) ? session : best,
    );
  }

  async #once(
    session: ServerSession,
    statement: Statement,
    signal: AbortSignal,
  ): Promise<readonly Row[]> {
    return withFirst([signal, this.#open], async (either) => {
      await session.ensure(either);
      either.throwIfAborted();
      try {
        return await session.ask(statement, either);
      } catch (cause) {
        throw cause instanceof LostConnection
          ? new SwitcharooError(answerLost(this.#endpoint, statement.sql), {cause})
          : cause;
      }
    });
  }

  async #twice<Answer>(
    ask: (signal: AbortSignal) => Promise<Answer>,
    signal: AbortSignal,
  ): Promise<Answer> {
    return withFirst([signal, this.#open], async (either) => {
      try {
        return await ask(either);
      } catch (cause) {
        if (!(cause instanceof LostConnection)) {
          throw cause;
        }
      }
      return await ask(either).catch((cause) => {
        throw this.#connectionError(cause);
      });
    });
  }

  #connectionError(cause: unknown): unknown {
    return cause instanceof LostConnection
      ? new SwitcharooError(connectionLost(this.#endpoint), {cause})
      : cause;
  }
}

/** The rows of the last statement. All are queued at once, so no other statement comes between them. */
async function inOrder(
  session: ServerSession,
  statements: readonly Statement[],
  signal: AbortSignal,
): Promise<readonly Row[]> {
  const answers = statements.map((statement) => session.ask(statement, signal));
  await Promise.allSettled(answers);
  return (await Promise.all(answers)).at(-1) ?? [];
}

const readingSessions = 6;
const statementsOfLogin = 2;

// This session changes no data, whatever a check asks for: errno 1792 (MySQL 5.6.5 and later, MariaDB 10.0 and later).
const readOnlySession = 'SET SESSION TRANSACTION READ ONLY';

// The text of a value must not depend on settings of the server.
const comparingSession = [
  readOnlySession,
  'SET NAMES utf8mb4 COLLATE utf8mb4_general_ci',
  "SET SESSION time_zone = '+00:00', sql_mode = '', sql_select_limit = DEFAULT",
  // Beyond max_allowed_packet a server returns less than this, or nothing.
  'SET SESSION group_concat_max_len = CAST(LEAST(4000000, @@session.max_allowed_packet) AS UNSIGNED)',
];

// Every such session starts with it, so a reopened session is not logged either.
const unloggedSession = 'SET SESSION sql_log_bin = 0';
