import {SwitcharooError} from '../../../src/index.ts';
import type {MysqlReader} from '../contract.ts';
import {readLog} from '../replication/log-reader.ts';
import type {Endpoint, Login, Row, Statement} from './contract.ts';
import {answerLost, connectionLost} from './problems.ts';
import {LostConnection} from './server-errors.ts';
import {ServerSession} from './session.ts';

/** Connections to one server, opened when first used: looks and writes never wait for each other. */
export interface Connections {
  /** For what changes nothing: asked once more when the connection is lost. */
  read(statement: Statement, signal?: AbortSignal): Promise<readonly Row[]>;
  /** The same for what takes its time on the server: other reads go on meanwhile. */
  wait(statement: Statement, signal?: AbortSignal): Promise<readonly Row[]>;
  /** Sent once. When its answer is lost, only the next look can tell what became of it. */
  write(statement: Statement, signal: AbortSignal): Promise<readonly Row[]>;
  /** The same, in a session that writes nothing into the binary log. */
  writeUnlogged(statement: Statement, signal: AbortSignal): Promise<readonly Row[]>;
  comparing: MysqlReader['withSessions'];
  readLog: MysqlReader['readLog'];
  /** The server's ids of all these sessions. */
  ids(): readonly number[];
  close(): Promise<void>;
}

export function connectTo(login: Login, where: Endpoint, open: AbortSignal): Connections {
  const reading = new ServerSession(login, where, [readOnlySession]);
  const waiting = new ServerSession(login, where, [readOnlySession]);
  const writing = new ServerSession(login, where);
  const more = new Set<ServerSession>();
  const unlogged = new ServerSession(login, where, [unloggedSession]);
  const all = () => [reading, waiting, writing, unlogged, ...more];
  const once = async (line: ServerSession, statement: Statement, signal: AbortSignal) => {
    const either = AbortSignal.any([signal, open]);
    await line.ensure(either);
    either.throwIfAborted();
    try {
      return await line.ask(statement, either);
    } catch (cause) {
      throw cause instanceof LostConnection
        ? new SwitcharooError(answerLost(where, statement.sql), {cause})
        : cause;
    }
  };
  const again = async (line: ServerSession, statement: Statement, signal: AbortSignal) => {
    const either = AbortSignal.any([signal, open]);
    try {
      return await line.ask(statement, either);
    } catch (cause) {
      if (!(cause instanceof LostConnection)) {
        throw cause;
      }
    }
    return await line.ask(statement, either).catch((cause) => {
      throw cause instanceof LostConnection
        ? new SwitcharooError(connectionLost(where), {cause})
        : cause;
    });
  };
  return {
    read: (statement, signal = open) => again(reading, statement, signal),
    wait: (statement, signal = open) => again(waiting, statement, signal),
    write: (statement, signal) => once(writing, statement, signal),
    writeUnlogged: (statement, signal) => once(unlogged, statement, signal),
    comparing: async (count, work, signal = open) => {
      const lines = Array.from(
        {length: count},
        () => new ServerSession(login, where, comparingSession),
      );
      for (const line of lines) {
        more.add(line);
      }
      const over = new AbortController();
      const either = AbortSignal.any([signal, open, over.signal]);
      try {
        return await work(lines.map((line) => (statement) => line.ask(statement, either)));
      } catch (cause) {
        throw cause instanceof LostConnection
          ? new SwitcharooError(connectionLost(where), {cause})
          : cause;
      } finally {
        // One part of the work may have failed while others would go on, and open their sessions again.
        over.abort();
        for (const line of lines) {
          line.close();
          more.delete(line);
        }
      }
    },
    readLog: (part, listener, signal = open) =>
      readLog(login, where, part, listener, AbortSignal.any([signal, open])),
    ids: () => all().flatMap(({id}) => id ?? []),
    close: async () => {
      for (const line of all()) {
        line.close();
      }
    },
  };
}

// Whatever a look asks for, this session changes no data: errno 1792 (MySQL 5.6.5 and later, MariaDB 10.0 and later).
const readOnlySession = 'SET SESSION TRANSACTION READ ONLY';

// What a value looks like as text must depend on nothing that a server has set otherwise.
const comparingSession = [
  readOnlySession,
  'SET NAMES utf8mb4 COLLATE utf8mb4_general_ci',
  "SET SESSION time_zone = '+00:00', sql_mode = '', sql_select_limit = DEFAULT",
  // Beyond max_allowed_packet a server gives less than this, or nothing.
  'SET SESSION group_concat_max_len = CAST(LEAST(4000000, @@session.max_allowed_packet) AS UNSIGNED)',
];

// Every session of that line begins with it, so no statement can slip past it after a lost connection.
const unloggedSession = 'SET SESSION sql_log_bin = 0';
