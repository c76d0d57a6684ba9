import {connect, type Socket} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';
import type {Connection} from 'mysql2/promise';
import type {Endpoint, Login, Row, Statement} from './contract.ts';
import {connectError, LostConnection, statementError} from './server-errors.ts';
import {Ending, TimedOut, unlessAborted, withTimeout} from './with-timeout.ts';

const connectLimitMs = 3_000;
const statementLimitMs = 5_000;
const pingLimitMs = 2_000;
const killLimitMs = 2_000;
/** Nobody waits longer for it: the server may hang. */
const killWaitMs = 500;
const recentMs = 3_000;

interface Open {
  readonly connection: Connection;
  readonly socket: Socket;
  readonly ending: Ending;
}

/** One connection, opened when needed, and reopened when lost. */
export class ServerSession {
  readonly #login: Login;
  readonly #where: Endpoint;
  readonly #first: readonly string[];
  readonly #takesSeveral: boolean;
  readonly #over: AbortSignal | undefined;
  #open: Promise<Open> | null = null;
  /** Of the connection that is open. */
  #socket: Socket | null = null;
  #id: number | null = null;
  /** Statements under way. */
  #underWay = 0;
  #answeredAt = Number.NEGATIVE_INFINITY;
  /** Settles when all statements that were asked until now have ended. */
  #earlier: Promise<unknown> = Promise.resolve();

  /**
   * `first`: statements to execute at the start of each session. `takesSeveral`: the server takes several statements
   * in one text, so that they are one round trip. `over`: from then on it is not opened again. A look that another
   * one's failure has left behind would: nobody closes it any more, and the process never ends.
   */
  constructor(
    login: Login,
    where: Endpoint,
    first: readonly string[] = [],
    {takesSeveral = false, over}: {readonly takesSeveral?: boolean; over?: AbortSignal} = {},
  ) {
    this.#login = login;
    this.#where = where;
    this.#first = first;
    this.#takesSeveral = takesSeveral;
    this.#over = over;
  }

  get id(): number | null {
    return this.#id;
  }

  get isOpen(): boolean {
    return this.#socket !== null;
  }

  /** How many statements would be answered before the next one. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Opens it without a statement. */
  async open(signal: AbortSignal): Promise<void> {
    await this.#opened(signal);
  }

  /** Detects a dead idle connection before a write is sent. One that answered a moment ago is not dead. */
  async ensure(signal: AbortSignal): Promise<void> {
    if (this.#socket !== null && performance.now() - this.#answeredAt < recentMs) {
      return;
    }
    try {
      await this.ask({sql: 'DO 0', limitMs: pingLimitMs}, signal);
    } catch (cause) {
      if (!(cause instanceof LostConnection)) {
        throw cause;
      }
      await this.ask({sql: 'DO 0', limitMs: pingLimitMs}, signal);
    }
  }

  async ask(statement: Statement, signal: AbortSignal): Promise<readonly Row[]> {
    return rowsOf(await this.#answer(statement, signal));
  }

  /** The rows of each statement in a text of several. */
  async askSeveral(
    statement: Statement,
    signal: AbortSignal,
  ): Promise<readonly (readonly Row[])[]> {
    return setsOf(await this.#answer(statement, signal));
  }

  async #answer(statement: Statement, signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted();
    this.#underWay += 1;
    const {earlier, end} = this.#queued();
    try {
      // The driver sends one statement at a time: the limit is for the server, and not for the statements before.
      await unlessAborted(earlier, signal);
      const result = await this.#send(statement, signal);
      this.#answeredAt = performance.now();
      return result;
    } finally {
      this.#underWay -= 1;
      end();
    }
  }

  #queued(): {readonly earlier: Promise<unknown>; end(): void} {
    const earlier = this.#earlier;
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    // A statement that was aborted while it waited does not let the next one pass.
    this.#earlier = earlier.then(() => ended);
    return {earlier, end};
  }

  async #send(statement: Statement, signal: AbortSignal): Promise<unknown> {
    const {connection, ending, socket} = await this.#opened(signal);
    const {sql, values = [], limitMs = statementLimitMs} = statement;
    try {
      const answer = connection.query(sql, [...values]);
      const [result] = await withTimeout(ending.unlessEnded(answer), limitMs, signal);
      return result;
    } catch (cause) {
      if (cause instanceof TimedOut || signal.aborted) {
        const id = this.#id;
        this.#drop(socket);
        // The server would continue the statement although its answer is no longer read.
        await Promise.race([this.#kill(id), sleep(killWaitMs, undefined, {ref: false})]);
      }
      const error = statementError(cause, this.#where, sql);
      if (error instanceof LostConnection) {
        // The driver may report it before the socket does: the next statement must not get this connection again.
        this.#drop(socket);
      }
      throw error;
    }
  }

  close(): void {
    const open = this.#open;
    this.#open = null;
    this.#socket = null;
    this.#id = null;
    void open?.then(({socket}) => socket.destroy()).catch(() => {});
  }

  async #opened(signal: AbortSignal): Promise<Open> {
    this.#over?.throwIfAborted();
    return await withTimeout(this.#open ?? this.#reopen(), connectLimitMs, signal);
  }

  #reopen(): Promise<Open> {
    const opening = this.#connect();
    this.#open = opening;
    opening.catch(() => {
      if (this.#open === opening) {
        this.#open = null;
      }
    });
    return opening;
  }

  /** Shared by all statements that wait for it, so none of them can abort it. */
  async #connect(): Promise<Open> {
    const {host, port} = this.#login;
    const socket = connect({host, port, noDelay: true, keepAlive: true});
    const ending = new Ending();
    socket.once('close', () => {
      this.#drop(socket);
      ending.end(new LostConnection('the connection was closed'));
    });
    try {
      const connection = await withTimeout(
        Promise.race([this.#handshake(socket), failed(socket)]),
        connectLimitMs,
      );
      // A waiting statement gets a lost connection through `ending`.
      connection.on('error', () => {});
      this.#socket = socket;
      this.#id = connection.threadId;
      this.#answeredAt = performance.now();
      return {connection, socket, ending};
    } catch (cause) {
      socket.destroy();
      throw connectError(cause, this.#where, this.#login.user);
    }
  }

  async #handshake(socket: Socket): Promise<Connection> {
    const {createConnection} = await import('mysql2/promise');
    const {user, password, database, tls} = this.#login;
    const connection = await createConnection({
      stream: socket,
      user,
      password,
      supportBigNumbers: true,
      multipleStatements: this.#takesSeveral,
      // The driver's timer also runs while this process cannot read an answer: `connectLimitMs` is the limit.
      connectTimeout: 0,
      ...(database === undefined ? {} : {database}),
      ...(tls === undefined ? {} : {ssl: tls.ca === undefined ? {} : {ca: tls.ca}}),
    });
    for (const statement of this.#first) {
      await connection.query(statement);
    }
    return connection;
  }

  #drop(socket: Socket): void {
    socket.destroy();
    // A connection that never opened is reported by the statement that needed it.
    if (this.#socket === socket) {
      this.#open = null;
      this.#socket = null;
      this.#id = null;
    }
  }

  async #kill(id: number | null): Promise<void> {
    if (id === null) {
      return;
    }
    const other = new ServerSession(this.#login, this.#where);
    try {
      const limit = AbortSignal.timeout(killLimitMs);
      const {connection} = await other.#opened(limit);
      // An account may end its own sessions without any privilege (MySQL 5.6 manual 13.7.6.4).
      await withTimeout(connection.query('KILL ?', [id]), killLimitMs, limit);
    } catch {
      // The server is unreachable; the first error is the one to report.
    } finally {
      other.close();
    }
  }
}

const failed = (socket: Socket): Promise<never> =>
  new Promise((_resolve, reject) => socket.once('error', reject));

/** A query answers with rows, a procedure with several row sets and a header, any other statement with a header. */
function rowsOf(result: unknown): readonly Row[] {
  if (!Array.isArray(result)) {
    return [];
  }
  const sets = setsOf(result);
  return sets.length > 0 ? (sets.findLast((rows) => rows.length > 0) ?? []) : result;
}

const setsOf = (result: unknown): readonly (readonly Row[])[] =>
  Array.isArray(result) ? result.filter((part) => Array.isArray(part)) : [];
