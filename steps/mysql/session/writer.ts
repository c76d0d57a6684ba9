import {SwitcharooError} from '../../../src/index.ts';
import {parkedHost} from '../accounts/accounts.ts';
import type {CopyWriter, MysqlConfig, MysqlReader, MysqlWriter} from '../contract.ts';
import {errnoOf} from '../dialect/dialect.ts';
import * as sentinels from '../replication/sentinel.ts';
import {waitForReplication, waitForSqlThread} from '../replication/waits.ts';
import type {Connections} from './connection.ts';
import {replicationAccountMissing} from './problems.ts';
import type {AskDialect} from './reader.ts';

export function writerOf(
  connections: Connections,
  dialect: AskDialect,
  reader: MysqlReader,
  replicationAccount: MysqlConfig['replication'],
  copies: CopyWriter,
): MysqlWriter {
  const write = (
    sql: string,
    signal: AbortSignal,
    values: readonly unknown[] = [],
    limitMs?: number,
  ) => connections.write({sql, values, ...(limitMs === undefined ? {} : {limitMs})}, signal);
  const say = async (
    request: 'start' | 'stop' | 'startExecuting' | 'stopExecuting' | 'forget' | 'follow',
    signal: AbortSignal,
    values?: readonly unknown[],
  ) =>
    (await dialect(signal)).send(request, (sql) => write(sql, signal, values, replicationLimitMs));
  const unlogged = async (sql: string, signal: AbortSignal, values: readonly unknown[]) =>
    void (await connections.writeUnlogged({sql, values}, signal));
  const writer: MysqlWriter = {
    ...reader,
    copies,
    fenceWrites: async (lockWaitSeconds, signal) => {
      const {superReadOnly} = await reader.fence(signal);
      // Without a bound it hangs behind a LOCK TABLES or a long UPDATE, and every other write queues behind it.
      await write('SET SESSION lock_wait_timeout = ?', signal, [lockWaitSeconds]);
      const variable = superReadOnly === null ? 'read_only' : 'super_read_only';
      await write(`SET GLOBAL ${variable} = ON`, signal, [], lockWaitSeconds * 1_000 + 2_000);
    },
    // Turning read_only off turns super_read_only off with it.
    allowWrites: async (signal) => void (await write('SET GLOBAL read_only = OFF', signal)),
    persistFence: async (signal) => {
      await write('SET PERSIST read_only = ON', signal);
      await write('SET PERSIST super_read_only = ON', signal);
    },
    restorePersisted: async (kept, signal) => {
      for (const name of ['super_read_only', 'read_only']) {
        const value = kept[name];
        // PERSIST_ONLY leaves alone what the running server does, but asks for a privilege that hardly anybody has.
        await (value === undefined
          ? write(`RESET PERSIST IF EXISTS ${name}`, signal)
          : write(
              value === 'ON' ? `SET PERSIST_ONLY ${name} = ON` : `SET PERSIST ${name} = OFF`,
              signal,
            ));
      }
    },
    lockAccount: async ({user, host}, signal) => {
      const {locksAccounts} = (await dialect(signal)).traits;
      await (locksAccounts
        ? unlogged('ALTER USER ?@? ACCOUNT LOCK', signal, [user, host])
        : unlogged('RENAME USER ?@? TO ?@?', signal, [user, host, user, parkedHost(host)]));
    },
    unlockAccount: async ({user, host}, signal) => {
      const {locksAccounts} = (await dialect(signal)).traits;
      await (locksAccounts
        ? unlogged('ALTER USER ?@? ACCOUNT UNLOCK', signal, [user, host])
        : unlogged('RENAME USER ?@? TO ?@?', signal, [user, parkedHost(host), user, host]));
    },
    setEventScheduler: async (on, signal) =>
      void (await write(`SET GLOBAL event_scheduler = ${on ? 'ON' : 'OFF'}`, signal)),
    endSession: async (id, signal) => {
      await write('KILL ?', signal, [id]).catch(unlessSessionGone);
    },
    setSource: async ({host, port, from}, signal) => {
      if (!replicationAccount) {
        throw new SwitcharooError(replicationAccountMissing(reader));
      }
      const {user, password} = replicationAccount;
      await say('follow', signal, [host, port, user, password, from.file, from.position]);
    },
    startReplication: async (signal) => {
      await say('start', signal);
      await waitForReplication(reader, signal);
    },
    stopReplication: async (signal) => void (await say('stop', signal)),
    stopSqlThread: async (signal) => {
      await say('stopExecuting', signal);
      await waitForSqlThread('No', reader, signal);
    },
    startSqlThread: async (signal) => {
      await say('startExecuting', signal);
      await waitForSqlThread('Yes', reader, signal);
    },
    resetReplication: async (signal) => {
      await say('stop', signal);
      await say('forget', signal);
    },
    writeSentinel: async (key, signal) => {
      if (await reader.hasSentinel(key, signal)) {
        return;
      }
      if (await sentinels.isHalfMade((sql, values) => reader.query(sql, values, signal))) {
        await write(sentinels.dropTableSql, signal);
      }
      // Also where it is there: a server that died right after it had made it may not have logged that, and the follower
      // would have no table for the row. Where there is one already it does nothing, and is logged all the same.
      await write(sentinels.makeSchemaSql, signal);
      await write(sentinels.makeTableSql, signal);
      await write(sentinels.insertSql, signal, [key.run, key.entry]);
    },
    removeSentinel: async (key, signal) => {
      if (await reader.hasSentinel(key, signal)) {
        await write(sentinels.deleteSql, signal, [key.run, key.entry]);
      }
    },
  };
  return writer;
}

// STOP waits until the event group that is being applied is through.
const replicationLimitMs = 20_000;

/** ER_NO_SUCH_THREAD: it ended by itself. */
export function unlessSessionGone(cause: unknown): void {
  if (errnoOf(cause) !== 1094) {
    throw cause;
  }
}
