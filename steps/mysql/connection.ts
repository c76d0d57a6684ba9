import {SwitcharooError} from '../../src/index.ts';
import {Line, type Login, type Row, type Statement} from './line.ts';
import {answerLost, connectionLost, type Where} from './problems.ts';
import {Lost} from './server-errors.ts';

/** Two connections to one server, opened when first used: looks and writes never wait for each other. */
export interface Connections {
  /** For what changes nothing: asked once more when the connection is lost. */
  read(statement: Statement, signal?: AbortSignal): Promise<readonly Row[]>;
  /** Sent once. When its answer is lost, only the next look can tell what became of it. */
  write(statement: Statement, signal: AbortSignal): Promise<readonly Row[]>;
  /** The server's ids of these two sessions. */
  ids(): readonly number[];
  close(): Promise<void>;
}

export function connectTo(login: Login, where: Where, open: AbortSignal): Connections {
  const reading = new Line(login, where, readOnlySession);
  const writing = new Line(login, where);
  return {
    read: async (statement, signal = open) => {
      const either = AbortSignal.any([signal, open]);
      try {
        return await reading.ask(statement, either);
      } catch (cause) {
        if (!(cause instanceof Lost)) {
          throw cause;
        }
      }
      return await reading.ask(statement, either).catch((cause) => {
        throw cause instanceof Lost ? new SwitcharooError(connectionLost(where), {cause}) : cause;
      });
    },
    write: async (statement, signal) => {
      const either = AbortSignal.any([signal, open]);
      await writing.ensure(either);
      either.throwIfAborted();
      try {
        return await writing.ask(statement, either);
      } catch (cause) {
        throw cause instanceof Lost
          ? new SwitcharooError(answerLost(where, statement.sql), {cause})
          : cause;
      }
    },
    ids: () => [reading.id, writing.id].filter((id) => id !== null),
    close: async () => {
      reading.close();
      writing.close();
    },
  };
}

// Whatever a look asks for, this session changes no data: errno 1792 (MySQL 5.6.5 and later, MariaDB 10.0 and later).
const readOnlySession = 'SET SESSION TRANSACTION READ ONLY';
