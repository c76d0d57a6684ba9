import {z} from 'zod';
import {type Blocked, blocked, defineGate, done, waiting} from '../../src/index.ts';
import type {MysqlReader, Position} from './contract.ts';
import {positionSchema, positionText} from './replication/position.ts';
import {ownServerId, searchForeignWrites} from './ring/own-writes.ts';
import {writesText} from './ring/problems.ts';
import {mysqlServer} from './target.ts';

/**
 * The copies of the source are read-only, and since they were compared nobody wrote there but the source: a row that
 * somebody changes or deletes on a replica would be wrong on Aurora, too. Asked right before the cutover.
 */
export const onlyReplicationWrites = defineGate({
  name: 'mysql.only-replication-writes',
  summary: 'Check that nobody but replication wrote on the copies of the source.',
  targets: {source: mysqlServer, replica: mysqlServer, target: mysqlServer},
  input: z.object({
    /** Where the log of each ended when their data was compared: the output of mysql.verify-over-replica. */
    replicaSince: positionSchema.nullable(),
    targetSince: positionSchema,
  }),
  output: z.object({}),
  needs: {
    source: ['REPLICATION CLIENT'],
    replica: ['REPLICATION CLIENT', 'REPLICATION SLAVE'],
    target: ['REPLICATION CLIENT', 'REPLICATION SLAVE'],
  },
  relies: [{fact: 'writes', of: 'target', are: 'refused'}],
  timeoutMs: 3_600_000,
  neverSkip: 'Only this gate finds a write that only one of the servers has.',
  poll: {firstMs: 20, mostMs: 1_000},

  async check({targets: {source, replica, target}, input, signal}) {
    const origin = await ownServerId(source, signal);
    const states = await Promise.all([
      stateOf(replica, {since: input.replicaSince, origin, source: source.name}, signal),
      stateOf(target, {since: input.targetSince, origin, source: source.name}, signal),
    ]);
    const obstacle = states.find((state) => state !== null && typeof state !== 'string');
    const reading = states.find((state) => typeof state === 'string');
    return obstacle ?? (reading === undefined ? done({}) : waiting(reading));
  },
});

interface Copied {
  readonly since: Position | null;
  readonly origin: number;
  readonly source: string;
}

/** `null` where all is well; how far its log is read, until it was read. */
async function stateOf(
  server: MysqlReader,
  {since, origin, source}: Copied,
  signal: AbortSignal,
): Promise<Blocked | string | null> {
  if (!(await server.fence(signal)).readOnly) {
    return blocked(
      `${server.name} accepts writes (read_only = OFF), and ${source} would not receive them.`,
      `Check for writes on ${server.name} with SHOW PROCESSLIST, then SET GLOBAL read_only = ON there (CALL mysql.rds_set_read_only(1) on Aurora), and try again.`,
    );
  }
  if (since === null) {
    return null;
  }
  const writes = await searchForeignWrites(server, origin, {from: since, limitMs: lookMs}, signal);
  if (writes.count > 0) {
    return blocked(
      `${writesText(server.name, writes, since)}. ${source} does not have them.`,
      `Find who writes on ${server.name} (SHOW PROCESSLIST), and set read_only there. Take the writes back on every server that has them, then reverse to the start and run again, which compares the data.`,
    );
  }
  if (writes.isWhole) {
    return null;
  }
  return writes.until === since
    ? blocked(
        `The log of ${server.name} from ${positionText(since)} is purged, so it is not known who wrote there.`,
        'Keep the binary logs for a week, reverse to the start, and run again, which compares the data.',
      )
    : `the log of ${server.name} is read up to ${positionText(writes.until)}`;
}

const lookMs = 5_000;
