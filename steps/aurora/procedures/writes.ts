import {SwitcharooError} from '../../../src/index.ts';
import {
  type Connections,
  errnoOf,
  killAnswer,
  type Login,
  type MysqlWriter,
  replicationAccountMissing,
  waitForReplication,
} from '../../mysql/index.ts';
import type {AuroraReader} from '../contract.ts';
import {readOnlyUnchanged, replicationNotStopped} from './problems.ts';
import {callFor, type Use} from './procedures.ts';

type ThroughProcedures =
  | 'fenceWrites'
  | 'allowWrites'
  | 'endSession'
  | 'setSource'
  | 'startReplication'
  | 'stopReplication'
  | 'resetReplication';

/** What the writes need: a reader to verify each one, and the account with which Aurora logs in on its source. */
interface Access {
  readonly reader: AuroraReader;
  readonly connections: Connections;
  readonly replication: Pick<Login, 'user' | 'password'> | undefined;
}

/** The writes that only the procedures may make. The answer of a CALL means little, so each write is verified. */
export const writesThroughProcedures = (access: Access): Pick<MysqlWriter, ThroughProcedures> => ({
  fenceWrites: async (lockWaitSeconds, signal) => {
    await access.connections.write(
      {sql: 'SET SESSION lock_wait_timeout = ?', values: [lockWaitSeconds]},
      signal,
    );
    await setReadOnly(access, 1, signal);
  },
  allowWrites: (signal) => setReadOnly(access, 0, signal),
  endSession: (id, signal) => killAnswer(call(access, 'kill', signal, [id])),
  setSource: async ({host, port, from}, signal) => {
    if (!access.replication) {
      throw new SwitcharooError(replicationAccountMissing(access.reader));
    }
    const {user, password} = access.replication;
    // With 1 the procedure wants imported certificates; TLS without them is a procedure of its own (from 3.06 on).
    const withoutTls = 0;
    const values = [host, port, user, password, from.file, from.position, withoutTls];
    await call(access, 'setSource', signal, values);
    await overTls(access, signal);
  },
  startReplication: async (signal) => {
    // An earlier process may have died between the two calls that set the source.
    await overTls(access, signal);
    // The procedure looks once, 2 s after the start, and gives an error when replication was running already.
    await call(access, 'start', signal).catch(unlessSignalled);
    await waitForReplication(access.reader, signal);
  },
  stopReplication: (signal) => stopReplication(access, signal),
  resetReplication: async (signal) => {
    if ((await access.reader.replication(signal)) !== null) {
      await call(access, 'resetSource', signal);
    }
  },
});

/** Only while replication is stopped: there is no other moment for it. */
async function overTls(access: Access, signal: AbortSignal): Promise<void> {
  const replication = access.reader.replicationTls ? await access.reader.replication(signal) : null;
  if (replication && !replication.tls && replication.io === 'No') {
    await call(access, 'setTls', signal, [1]);
  }
}

async function call(
  {reader, connections}: Access,
  use: Use,
  signal: AbortSignal,
  values: readonly unknown[] = [],
): Promise<void> {
  const sql = callFor(use, await reader.procedures(signal), reader.name);
  await connections.write({sql, values, limitMs: callLimitMs}, signal);
}

async function setReadOnly(access: Access, value: 0 | 1, signal: AbortSignal): Promise<void> {
  await call(access, 'setReadOnly', signal, [value]);
  const {readOnly} = await access.reader.fence(signal);
  if (readOnly !== (value === 1)) {
    throw new SwitcharooError(
      readOnlyUnchanged(access.reader.name, value, readOnly ? 'ON' : 'OFF'),
    );
  }
}

async function stopReplication(access: Access, signal: AbortSignal): Promise<void> {
  // The procedure gives an error when there was nothing to stop.
  await call(access, 'stop', signal).catch(unlessSignalled);
  const replication = await access.reader.replication(signal);
  if (replication && (replication.io !== 'No' || replication.sql !== 'No')) {
    const {io, sql} = replication;
    throw new SwitcharooError(replicationNotStopped(access.reader.name, io, sql));
  }
}

// A start or stop sleeps some 3 s on Aurora, and waits for the transaction that is being applied.
const callLimitMs = 30_000;

/** ER_SIGNAL_EXCEPTION: the procedures raise SQLSTATE '45000' for a state that the next check sees more exactly. */
function unlessSignalled(cause: unknown): void {
  if (errnoOf(cause) !== 1644) {
    throw cause;
  }
}
