import {setTimeout as sleep} from 'node:timers/promises';
import {SwitcharooError} from '../../../src/index.ts';
import type {MysqlReader, MysqlWriter, Position, SentinelKey} from '../contract.ts';
import {positionIn, positionText} from '../replication/position.ts';
import {brokenReason, isRunning} from '../replication/replication.ts';
import {startReplication} from '../replication/reverse-replication.ts';
import {waitForPosition} from '../replication/waits.ts';
import type {Members} from './links.ts';
import {ownWritesSince} from './own-writes.ts';
import {
  ringFiltered,
  ringLogUnread,
  ringOriginLost,
  ringStartMissing,
  ringTestRowMissing,
  ringWritable,
  ringWrites,
} from './problems.ts';

/** The test row of each direction: it is written at the beginning and must arrive at the end of it. */
export const forwardKey = ({id, entry}: {id: string; entry: string}): SentinelKey => ({
  run: id,
  entry,
});

export const backKey = ({id, entry}: {id: string; entry: string}): SentinelKey => ({
  run: id,
  entry: `${entry} back`,
});

const wordsOf = 'the test row of this run';

/** It notes where Aurora's log is now, before anything else: from there the source replicates. */
export const writeForwardRow = (key: SentinelKey, aurora: MysqlReader) =>
  ({
    on: 'source',
    does: `write ${wordsOf} into switcharoo.sentinel, to arrive on ${aurora.name}`,
    perform: async (source: MysqlWriter, signal: AbortSignal) => {
      const since = await aurora.position(signal);
      await source.writeSentinel(key, signal, positionText(since));
    },
  }) as const;

/** Where Aurora's log was when the ring began to be armed; `null` before that. */
export async function ringStart(
  source: MysqlReader,
  run: {readonly id: string; readonly entry: string},
  signal: AbortSignal,
): Promise<Position | null> {
  const note = await source.sentinelNote(forwardKey(run), signal);
  return note === null ? null : positionIn(note);
}

async function startOf(
  source: MysqlReader,
  run: {readonly id: string; readonly entry: string},
  signal: AbortSignal,
): Promise<Position> {
  const since = await ringStart(source, run, signal);
  if (since === null) {
    throw new SwitcharooError(ringStartMissing(source.name));
  }
  return since;
}

/**
 * Before: the row has gone forward, and Aurora's log shows under which id it logs what it replicates. Under its own id,
 * the source would execute its own writes a second time.
 */
export const setRingSource = (
  {host, port}: {readonly host: string; readonly port: number},
  {source, aurora}: Members,
  run: {readonly id: string; readonly entry: string},
) =>
  ({
    on: 'source',
    does: `set ${aurora.name} at ${host}:${port} as the replication source, from the position that its test row notes`,
    perform: async (writer: MysqlWriter, signal: AbortSignal) => {
      if (await writer.replication(signal)) {
        return;
      }
      const since = await startOf(source, run, signal);
      await untilArrived(aurora, {key: forwardKey(run), from: source.name}, signal);
      const isArmed = await aurora.hasSentinel(backKey(run), signal);
      await refuseWrites({source, aurora}, since, isArmed, signal);
      await writer.setSource({host, port, from: since}, signal);
    },
  }) as const;

export const startRing = (aurora: MysqlReader) => {
  const start = startReplication(aurora);
  return {
    on: 'source',
    does: start.does,
    perform: async (source: MysqlWriter, signal: AbortSignal) => {
      const filters = (await source.replication(signal))?.filters ?? [];
      if (filters.length > 0) {
        throw new SwitcharooError(ringFiltered(source.name, filters));
      }
      if (!(await aurora.fence(signal)).readOnly) {
        throw new SwitcharooError(ringWritable(aurora.name));
      }
      await start.perform(source, signal);
    },
  } as const;
};

/** Everything that Aurora wrote itself until then is looked at: this row stands for "accounted for". */
export const writeBackRow = (
  {source, aurora}: Members,
  run: {readonly id: string; readonly entry: string},
) =>
  ({
    on: 'aurora',
    does: `write ${wordsOf} into switcharoo.sentinel, to arrive on ${source.name}`,
    perform: async (writer: MysqlWriter, signal: AbortSignal) => {
      if (!(await writer.hasSentinel(backKey(run), signal))) {
        const since = await startOf(source, run, signal);
        await refuseWrites({source, aurora}, since, false, signal);
        await writer.writeSentinel(backKey(run), signal);
      }
    },
  }) as const;

async function refuseWrites(
  {source, aurora}: Pick<Members, 'source' | 'aurora'>,
  since: Position,
  isArmed: boolean,
  signal: AbortSignal,
): Promise<void> {
  const writes = await ownWritesSince(aurora, {from: since, limitMs: readLimitMs}, signal);
  if (!isArmed && writes.ownTestRows > 0) {
    throw new SwitcharooError(ringOriginLost(aurora.name, source.name));
  }
  if (writes.count > 0) {
    throw new SwitcharooError(ringWrites(aurora.name, source.name, writes, since));
  }
  if (!writes.isWhole) {
    throw new SwitcharooError(ringLogUnread(aurora.name, since));
  }
}

const readLimitMs = 30_000;

async function untilArrived(
  server: MysqlReader,
  {key, from}: {readonly key: SentinelKey; readonly from: string},
  signal: AbortSignal,
): Promise<void> {
  const giveUpAt = performance.now() + arrivalLimitMs;
  while (!(await server.hasSentinel(key, signal))) {
    if (performance.now() > giveUpAt) {
      throw new SwitcharooError(ringTestRowMissing(server.name, from, arrivalLimitMs));
    }
    await sleep(20, undefined, {signal});
  }
}

const arrivalLimitMs = 30_000;

/** Aurora's log also grows by what it replicates, so there is no last position: one from now is enough. */
export const executeRing = (aurora: MysqlReader) =>
  ({
    on: 'source',
    does: `execute what ${aurora.name} has written until now`,
    perform: async (
      source: MysqlWriter,
      signal: AbortSignal,
      say: (text: string) => void,
    ): Promise<void> => {
      const replication = await source.replication(signal);
      if (!replication) {
        return;
      }
      if (!isRunning(replication) && brokenReason(replication) !== null) {
        await source.startReplication(signal);
      }
      await waitForPosition(source, await aurora.position(signal), {signal, say});
    },
  }) as const;

/** On the source, from which the removal goes to the other two: a row that one of them lacks would stop it. */
export const removeRows = (keys: readonly SentinelKey[]) =>
  ({
    on: 'source',
    does: `remove ${keys.length === 1 ? wordsOf : 'the test rows of this run'} from switcharoo.sentinel`,
    perform: async (source: MysqlWriter, signal: AbortSignal) => {
      for (const key of keys) {
        await source.removeSentinel(key, signal);
      }
    },
  }) as const;

export const leaveRing = (aurora: string) =>
  ({
    on: 'source',
    does: `stop and reset replication from ${aurora}`,
    perform: (source: MysqlWriter, signal: AbortSignal) => source.resetReplication(signal),
  }) as const;
