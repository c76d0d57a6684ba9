import {SwitcharooError} from '../../../src/index.ts';
import {parkedHost} from '../accounts/accounts.ts';
import type {
  Account,
  CopyWriter,
  MysqlReader,
  MysqlWriter,
  ReplicationAccount,
} from '../contract.ts';
import {errnoOf} from '../dialect/dialect.ts';
import * as thaws from '../freeze/thaw.ts';
import {replicationAccountMissing} from '../replication/problems.ts';
import * as sentinels from '../replication/sentinel.ts';
import {waitForReplication, waitForSqlThread} from '../replication/waits.ts';
import type {Connections} from './connection.ts';
import type {AskDialect} from './reader.ts';

/** Everything that the writes to one server need. */
interface WriteAccess {
  readonly connections: Connections;
  readonly dialect: AskDialect;
  readonly reader: MysqlReader;
  /** The account with which this server logs in on its source. */
  readonly replicationAccount: ReplicationAccount | undefined;
  readonly copies: CopyWriter;
}

export function writerOf(access: WriteAccess): MysqlWriter {
  return {
    ...access.reader,
    copies: access.copies,
    ...freezeWrites(access),
    ...accountWrites(access),
    ...replicationWrites(access),
    ...sentinelWrites(access),
  };
}

type WriterPart<Name extends keyof MysqlWriter> = Pick<MysqlWriter, Name>;

const writeOf =
  ({connections}: WriteAccess) =>
  (sql: string, signal: AbortSignal, values: readonly unknown[] = [], limitMs?: number) =>
    connections.write({sql, values, ...(limitMs === undefined ? {} : {limitMs})}, signal);

type FreezeWrites =
  | 'fenceWrites'
  | 'allowWrites'
  | 'armThaw'
  | 'checkThawed'
  | 'disarmThaw'
  | 'removeThaw'
  | 'persistFence'
  | 'restorePersisted'
  | 'setEventScheduler'
  | 'endSession';

function freezeWrites(access: WriteAccess): WriterPart<FreezeWrites> {
  const write = writeOf(access);
  const {name} = access.reader;
  const unlogged = (signal: AbortSignal) => (sql: string, values: readonly unknown[]) =>
    access.connections.writeUnlogged({sql, values, limitMs: 6_000}, signal);
  return {
    armThaw: (afterSeconds, signal) => thaws.armThaw(unlogged(signal), name, afterSeconds),
    checkThawed: (signal) => thaws.checkThawed(unlogged(signal), name),
    disarmThaw: (signal) => thaws.disarmThaw(unlogged(signal), name),
    removeThaw: async (signal) => void (await thaws.removeThaw(unlogged(signal), name)),
    fenceWrites: async (lockWaitSeconds, signal, hasSuperReadOnly) => {
      const isSuper =
        hasSuperReadOnly ?? (await access.reader.fence(signal)).superReadOnly !== null;
      const variable = isSuper ? 'super_read_only' : 'read_only';
      // Without a limit it waits behind LOCK TABLES or a long UPDATE, and every other write queues behind it. The
      // assignments of one statement are made in their order.
      await write(
        `SET SESSION lock_wait_timeout = ?, GLOBAL ${variable} = ON`,
        signal,
        [lockWaitSeconds],
        lockWaitSeconds * 1_000 + 2_000,
      );
    },
    // Turning read_only off turns super_read_only off with it.
    allowWrites: async (signal) => void (await write('SET GLOBAL read_only = OFF', signal)),
    persistFence: async (signal) => {
      await write('SET PERSIST read_only = ON', signal);
      await write('SET PERSIST super_read_only = ON', signal);
    },
    restorePersisted: async (persisted, signal) => {
      for (const name of ['super_read_only', 'read_only']) {
        const value = persisted[name];
        // PERSIST_ONLY does not change the running server, but needs a privilege that few accounts have.
        await (value === undefined
          ? write(`RESET PERSIST IF EXISTS ${name}`, signal)
          : write(
              value === 'ON' ? `SET PERSIST_ONLY ${name} = ON` : `SET PERSIST ${name} = OFF`,
              signal,
            ));
      }
    },
    setEventScheduler: async (on, signal) =>
      void (await write(`SET GLOBAL event_scheduler = ${on ? 'ON' : 'OFF'}`, signal)),
    endSession: (id, signal) => killAnswer(write('KILL ?', signal, [id])),
  };
}

function accountWrites(access: WriteAccess): WriterPart<'lockAccount' | 'unlockAccount'> {
  const {connections, dialect} = access;
  const unlogged = async (sql: string, signal: AbortSignal, values: readonly unknown[]) =>
    void (await connections.writeUnlogged({sql, values}, signal));
  const rename = (user: string, from: string, to: string, signal: AbortSignal) =>
    unlogged('RENAME USER ?@? TO ?@?', signal, [user, from, user, to]);
  const locksAccounts = async (signal: AbortSignal) => (await dialect(signal)).traits.locksAccounts;
  return {
    lockAccount: async ({user, host}: Account, signal) =>
      (await locksAccounts(signal))
        ? unlogged('ALTER USER ?@? ACCOUNT LOCK', signal, [user, host])
        : rename(user, host, parkedHost(host), signal),
    unlockAccount: async ({user, host}: Account, signal) =>
      (await locksAccounts(signal))
        ? unlogged('ALTER USER ?@? ACCOUNT UNLOCK', signal, [user, host])
        : rename(user, parkedHost(host), host, signal),
  };
}

type ReplicationWrites =
  | 'setSource'
  | 'startReplication'
  | 'stopReplication'
  | 'startSqlThread'
  | 'stopSqlThread'
  | 'resetReplication';

type ReplicationRequest =
  | 'start'
  | 'stop'
  | 'startSqlThread'
  | 'stopSqlThread'
  | 'reset'
  | 'setSource'
  | 'setSourceOverTls';

function replicationWrites(access: WriteAccess): WriterPart<ReplicationWrites> {
  const {reader, replicationAccount} = access;
  const write = writeOf(access);
  const send = async (
    request: ReplicationRequest,
    signal: AbortSignal,
    values?: readonly unknown[],
  ) => {
    const dialect = await access.dialect(signal);
    return dialect.send(request, (sql) => write(sql, signal, values, replicationLimitMs));
  };
  return {
    setSource: async ({host, port, from}, signal) => {
      if (!replicationAccount) {
        throw new SwitcharooError(replicationAccountMissing(reader));
      }
      const {user, password, tls} = replicationAccount;
      const values = [host, port, user, password, from.file, from.position];
      await (tls
        ? send('setSourceOverTls', signal, [...values, tls.caFile ?? '', tls.verify ? 1 : 0])
        : send('setSource', signal, values));
    },
    startReplication: async (signal) => {
      await send('start', signal);
      await waitForReplication(reader, signal);
    },
    stopReplication: async (signal) => void (await send('stop', signal)),
    stopSqlThread: async (signal) => {
      await send('stopSqlThread', signal);
      await waitForSqlThread('No', reader, signal);
    },
    startSqlThread: async (signal) => {
      await send('startSqlThread', signal);
      await waitForSqlThread('Yes', reader, signal);
    },
    resetReplication: async (signal) => {
      await send('stop', signal);
      await send('reset', signal);
    },
  };
}

// STOP waits until the current event group is applied.
const replicationLimitMs = 20_000;

function sentinelWrites(
  access: WriteAccess,
): WriterPart<'writeSentinel' | 'removeSentinel' | 'passSentinel'> {
  const {reader} = access;
  const write = writeOf(access);
  const writer: ReturnType<typeof sentinelWrites> = {
    passSentinel: async (key, signal) => {
      try {
        await write(sentinels.replaceSql, signal, [key.run, key.entry, '']);
        await write(sentinels.deleteSql, signal, [key.run, key.entry]);
      } catch (cause) {
        if (!sentinels.isTableMissing(cause)) {
          throw cause;
        }
        await writer.writeSentinel(key, signal);
        await writer.removeSentinel(key, signal);
      }
    },
    writeSentinel: async (key, signal, note = '') => {
      const [isWritten, isHalfMade] = await Promise.all([
        reader.hasSentinel(key, signal),
        sentinels.isHalfMade((sql, values) => reader.query(sql, values, signal)),
      ]);
      if (isWritten) {
        return;
      }
      if (isHalfMade) {
        await write(sentinels.dropTableSql, signal);
      }
      // Also where it exists: a server that crashed right after creating it may not have logged it, and the replica
      // would
      // have no table for the row. Where it exists, the statement does nothing but is logged.
      await write(sentinels.makeSchemaSql, signal);
      await write(sentinels.makeTableSql, signal);
      await write(sentinels.insertSql, signal, [key.run, key.entry, note]);
    },
    removeSentinel: async (key, signal) => {
      if (await reader.hasSentinel(key, signal)) {
        await write(sentinels.deleteSql, signal, [key.run, key.entry]);
      }
    },
  };
  return writer;
}

/** ER_NO_SUCH_THREAD: it ended by itself. */
export function unlessSessionGone(cause: unknown): void {
  if (errnoOf(cause) !== 1094) {
    throw cause;
  }
}

/** `null` where the session is ended or was gone, else why the server does not end it. */
export async function killAnswer(kill: Promise<unknown>): Promise<string | null> {
  try {
    await kill;
    return null;
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno !== null && refusals.includes(errno)) {
      return `errno ${errno}`;
    }
    unlessSessionGone(cause);
    return null;
  }
}

// ER_KILL_DENIED_ERROR; and what rds_kill raises for sessions of RDS itself: a signal, in older versions an unknown
// column that has the message for its name (ER_BAD_FIELD_ERROR).
const refusals = [1095, 1644, 1054];
