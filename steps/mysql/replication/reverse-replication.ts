import {SwitcharooError} from '../../../src/index.ts';
import type {MysqlReader, MysqlWriter, Position, SentinelKey} from '../contract.ts';
import {writeAfterFreeze} from './obstacles.ts';
import {comparePositions} from './position.ts';
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
    perform: async (
      replica: MysqlWriter,
      signal: AbortSignal,
      say: (text: string) => void,
    ): Promise<void> => {
      const [replication, {readOnly}, start] = await Promise.all([
        replica.replication(signal),
        source.fence(signal),
        source.position(signal),
      ]);
      if (!replication) {
        return;
      }
      // A source that still accepts writes has no last position. A position before a later one is only a first goal.
      if (!readOnly) {
        throw new SwitcharooError(sourceNotFrozen(source.name, replica.name));
      }
      if (!isRunning(replication)) {
        await replica.startReplication(signal);
      }
      for (let end = start; ; ) {
        await waitForPosition(replica, end, {signal, say});
        const now = await source.position(signal);
        if (comparePositions(now, end) === 0) {
          return;
        }
        end = now;
      }
    },
  }) as const;

export const resetReplication = (source: string) =>
  ({
    on: 'replica',
    does: `stop and reset replication from ${source}`,
    perform: (replica: MysqlWriter, signal: AbortSignal) => replica.resetReplication(signal),
  }) as const;
