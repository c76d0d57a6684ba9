import {setTimeout as sleep} from 'node:timers/promises';
import {SwitcharooError} from '../../../src/index.ts';
import type {Fence, MysqlReader, MysqlWriter, Position, SentinelKey} from '../contract.ts';
import {writeAfterFreeze} from './obstacles.ts';
import {comparePositions, hasReached} from './position.ts';
import {replicationFilterMissing, sourceNotFrozen} from './problems.ts';
import {isRunning} from './replication.ts';
import {waitForPosition} from './waits.ts';

interface ReverseReplication extends Position {
  readonly host: string;
  readonly port: number;
  readonly frozenAt?: Position | undefined;
}

/** Nothing was written on the replica since `frozenAt`: such a write would be missing on the source. */
export const setSource = (
  {host, port, file, position, frozenAt}: ReverseReplication,
  source: string,
) =>
  ({
    on: 'replica',
    does: `set ${source} at ${host}:${port} as the replication source, from ${file}:${position}`,
    perform: async (replica: MysqlWriter, signal: AbortSignal) => {
      if (!(await replica.replication(signal))) {
        const problem = frozenAt ? await writeAfterFreeze(replica, frozenAt, signal) : null;
        if (problem) {
          throw new SwitcharooError(problem);
        }
        await replica.setSource({host, port, from: {file, position}}, signal);
      }
    },
  }) as const;

export const startReplication = (source: MysqlReader) =>
  ({
    on: 'replica',
    does: 'start replication, and wait until both threads run',
    perform: async (replica: MysqlWriter, signal: AbortSignal) => {
      const replication = await replica.replication(signal);
      if (replication && !replication.ignoresMysqlSchema && (await hasRdsTables(source, signal))) {
        throw new SwitcharooError(replicationFilterMissing(replica.name, source.name));
      }
      await replica.startReplication(signal);
    },
  }) as const;

/** Aurora writes into tables of its own (`mysql.rds_heartbeat2`), which no other server has. */
async function hasRdsTables(source: MysqlReader, signal: AbortSignal): Promise<boolean> {
  const rows = await source.query(rdsTablesSql, [], signal);
  return rows.length > 0;
}

const rdsTablesSql = `SELECT 1 AS there FROM information_schema.tables
  WHERE table_schema = 'mysql' AND table_name LIKE 'rds\\_%' LIMIT 1`;

export const writeSentinel = (key: SentinelKey) =>
  ({
    on: 'source',
    does: 'write the test row of this run into switcharoo.sentinel',
    perform: (source: MysqlWriter, signal: AbortSignal) => source.writeSentinel(key, signal),
  }) as const;

export const removeSentinel = (key: SentinelKey) =>
  ({
    on: 'source',
    does: 'remove the test row of this run from switcharoo.sentinel',
    perform: (source: MysqlWriter, signal: AbortSignal) => source.removeSentinel(key, signal),
  }) as const;

export const drainReplication = (source: MysqlReader) =>
  ({
    on: 'replica',
    does: `execute everything that ${source.name} has written`,
    perform: (replica: MysqlWriter, signal: AbortSignal, say: (text: string) => void) =>
      drain({replica, source}, {signal, say}),
  }) as const;

interface Draining {
  readonly signal: AbortSignal;
  say(text: string): void;
  /** How long the last position of the source is watched at least. */
  readonly watchMs?: number;
  /** The source has logged something although it refuses writes. */
  moved?(from: Position): Promise<void>;
}

/** Waits until the replica has executed all of a source that refuses writes. `false`: it has no replication. */
export async function drain(
  {replica, source}: {readonly replica: MysqlWriter; readonly source: MysqlReader},
  {signal, say, watchMs = 0, moved}: Draining,
): Promise<boolean> {
  // Asked together, here and below: nobody can write meanwhile.
  const look = () => Promise.all([source.position(signal), source.fence(signal)]);
  const [replication, [start, fence]] = await Promise.all([replica.replication(signal), look()]);
  const watched = sleep(watchMs, undefined, {signal});
  watched.catch(() => {});
  if (!replication) {
    return false;
  }
  refuseWritable(fence, {replica, source});
  if (!isRunning(replication)) {
    await replica.startReplication(signal);
  }
  for (let {executed} = replication, end = start; ; ) {
    if (!hasReached(executed, end) && !(await replica.waitUntilExecuted(end, signal))) {
      await waitForPosition(replica, end, {signal, say});
    }
    await watched;
    const [now, fenceNow] = await look();
    refuseWritable(fenceNow, {replica, source});
    if (comparePositions(now, end) === 0) {
      return true;
    }
    await moved?.(end);
    [executed, end] = [end, now];
  }
}

/** A source that still accepts writes has no last position. A position before a later one is only a first goal. */
function refuseWritable(
  {readOnly}: Fence,
  {replica, source}: {readonly replica: MysqlReader; readonly source: MysqlReader},
): void {
  if (!readOnly) {
    throw new SwitcharooError(sourceNotFrozen(source.name, replica.name));
  }
}

export const resetReplication = (source: string) =>
  ({
    on: 'replica',
    does: `stop and reset replication from ${source}`,
    perform: (replica: MysqlWriter, signal: AbortSignal) => replica.resetReplication(signal),
  }) as const;
