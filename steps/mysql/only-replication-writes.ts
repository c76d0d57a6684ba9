import {z} from 'zod';
import {type Blocked, blocked, defineGate, done, waiting} from '../../src/index.ts';
import type {MysqlReader, Position} from './contract.ts';
import {positionSchema, positionText} from './replication/position.ts';
import {
  noWrites,
  type OwnWrites,
  ownServerId,
  searchForeignWrites,
  sumOf,
  type Writes,
} from './ring/own-writes.ts';
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
    const [origin, own] = await Promise.all([
      ownServerId(source, signal),
      ownServerId(target, signal),
    ]);
    const [middle, end] = await Promise.all([
      copyOf(replica, {since: input.replicaSince, origin, source: source.name}, signal),
      copyOf(target, {since: input.targetSince, origin, source: source.name}, signal),
    ]);
    const obstacle = [middle, end].flatMap((copy) => ('kind' in copy ? [copy] : []))[0];
    if (obstacle || 'kind' in middle || 'kind' in end) {
      return obstacle ?? done({});
    }
    return (
      writtenElsewhere(middle, own) ??
      writtenElsewhere(end, own) ??
      notGoneRound(middle, end, own) ??
      done({})
    );
  },
});

/** A copy of the source, and what it has in its log that did not come from there; `null` where it has none. */
interface Copy {
  readonly server: string;
  readonly source: string;
  readonly since: Position;
  readonly writes: OwnWrites | null;
}

interface Copied {
  readonly since: Position | null;
  readonly origin: number;
  readonly source: string;
}

async function copyOf(
  server: MysqlReader,
  {since, origin, source}: Copied,
  signal: AbortSignal,
): Promise<Copy | Blocked | ReturnType<typeof waiting>> {
  if (!(await server.fence(signal)).readOnly) {
    return blocked(
      `${server.name} accepts writes (read_only = OFF), and ${source} would not receive them.`,
      `Check for writes on ${server.name} with SHOW PROCESSLIST, then SET GLOBAL read_only = ON there (CALL mysql.rds_set_read_only(1) on Aurora), and try again.`,
    );
  }
  if (since === null) {
    return {server: server.name, source, since: {file: '', position: 0}, writes: null};
  }
  const writes = await searchForeignWrites(server, origin, {from: since, limitMs: lookMs}, signal);
  if (writes.isWhole) {
    return {server: server.name, source, since, writes};
  }
  return writes.until === since
    ? blocked(
        `The log of ${server.name} from ${positionText(since)} is purged, so it is not known who wrote there.`,
        'Keep the binary logs for a week, reverse to the start, and run again, which compares the data.',
      )
    : waiting(`the log of ${server.name} is read up to ${positionText(writes.until)}`);
}

const writesOf = ({writes}: Copy, origin: number): Writes =>
  writes?.origins.get(origin) ?? noWrites;

/** What neither the source nor the target wrote. */
function writtenElsewhere({server, source, since, writes}: Copy, own: number): Blocked | null {
  const strange = [...(writes?.origins ?? [])]
    .filter(([origin]) => origin !== own)
    .map(([, each]) => each)
    .reduce(sumOf, noWrites);
  return strange.count === 0
    ? null
    : blocked(
        `${writesText(server, strange, since)}. ${source} does not have them.`,
        whatToDo(server),
      );
}

/** What the target wrote itself while it was in charge has gone round, over the source, to the replica. */
function notGoneRound(middle: Copy, end: Copy, own: number): Blocked | null {
  const [written, arrived] = [writesOf(end, own), writesOf(middle, own)];
  if (written.count <= arrived.count) {
    return null;
  }
  const {server, source, since} = end;
  return arrived.count === 0
    ? blocked(
        `${writesText(server, written, since)}. ${source} does not have them.`,
        whatToDo(server),
      )
    : blocked(
        `${server} wrote ${written.count} changes itself after ${positionText(since)}, and only ${arrived.count} of them are on ${middle.server}: ${source} may not have the others.`,
        whatToDo(server),
      );
}

const whatToDo = (server: string): string =>
  `Find who writes on ${server} (SHOW PROCESSLIST), and set read_only there. Take the writes back on every server that has them, then reverse to the start and run again, which compares the data.`;

const lookMs = 5_000;
