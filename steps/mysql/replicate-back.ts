import {z} from 'zod';
import {
  type Blocked,
  blocked,
  defineStep,
  done,
  type Problem,
  pending,
  SwitcharooError,
  waiting,
} from '../../src/index.ts';
import type {MysqlReader, MysqlWriter, Position, Replication, SentinelKey} from './contract.ts';
import {writesAfterFreeze} from './freeze/problems.ts';
import {changesSince} from './replication/binlog.ts';
import {
  comparePositions,
  positionSchema,
  positionText,
  samePosition,
} from './replication/position.ts';
import {replicationFilterMissing, sourceNotFrozen} from './replication/problems.ts';
import {brokenReason, isRunning, sourceAddress} from './replication/replication.ts';
import {followsWithoutLoss, isPurged, missingText} from './replication/reversal-loss.ts';
import {waitForPosition} from './replication/waits.ts';
import {mysqlServer} from './target.ts';

const input = z.object({
  /** How the replica reaches the source. */
  host: z.string(),
  port: z.coerce.number().int().default(3306),
  /** Where the source's log stood before anybody could write there. */
  ...positionSchema.shape,
  /** Where the replica itself was frozen: what it wrote later, the source does not have. */
  frozenAt: positionSchema.optional(),
});
type Input = z.output<typeof input>;
type Servers = {readonly replica: MysqlReader; readonly source: MysqlReader};

/**
 * Arms the way back: the old source follows the new one, and a row written there has arrived here. Only then may the
 * new one be opened: from that moment on nothing is accepted there that the old one will not have.
 */
export const replicateBack = defineStep({
  name: 'mysql.replicate-back',
  summary: 'Let the old source follow the new one, and prove it with a row.',
  targets: {replica: mysqlServer, source: mysqlServer},
  input,
  before: z.object({source: z.null()}),
  output: z.object({}),
  needs: {
    replica: ['SUPER', 'REPLICATION CLIENT', 'REPLICATION SLAVE', 'SELECT ON switcharoo.*'],
    source: [
      'REPLICATION CLIENT',
      'CONNECTION_ADMIN (SUPER before 8.0): writes while it is fenced',
      'CREATE, SELECT, INSERT, DELETE ON switcharoo.*',
    ],
  },
  reverses:
    'Waits until the old source has executed everything of the fenced new one, then stops following it.',
  timeoutMs: 120_000,
  // Nobody can write meanwhile.
  poll: {firstMs: 5, mostMs: 50},

  async check({targets: {replica, source}, input: wanted, run, signal}) {
    const replication = await replica.replication(signal);
    if (!replication || !isOurs(replication, wanted)) {
      return replication
        ? followsAnother(replica, replication)
        : ((run.started ? null : await notReady(replica, wanted, signal)) ??
            pendingFor(replica, source));
    }
    if (!run.started) {
      return blocked(
        `${replica.name} already follows ${sourceAddress(wanted)}, and this run did not arm it.`,
        `Find out who did; if it is a leftover, stop and reset replication on ${replica.name}.`,
      );
    }
    return proof({replica, source}, replication, keyOf(run), signal);
  },

  async plan({targets: {replica, source}, input: wanted, run, signal}) {
    const replication = await replica.replication(signal);
    const isThere = await source.hasSentinel(keyOf(run), signal);
    return [
      ...(replication ? [] : [pointAt(wanted, source.name)]),
      ...(replication && isRunning(replication) ? [] : [start(source)]),
      ...(isThere ? [] : [writeSentinel(keyOf(run))]),
    ];
  },

  async reverse({targets: {replica, source}, input: wanted, run, signal}) {
    const replication = await replica.replication(signal);
    const isArmed = await source.hasSentinel(keyOf(run), signal);
    const lost = await whyLost({replica, source}, replication, wanted, isArmed, signal);
    if (lost || !replication) {
      return lost ?? [];
    }
    // Armed until the replica has everything: the row is what tells a way that was cut from one taken down in order.
    return [
      drain(source),
      ...(isArmed ? [removeSentinel(keyOf(run)), drain(source)] : []),
      stopFollowing(source.name),
    ];
  },

  async reversalLoss({targets: {replica, source}, input: wanted, signal}) {
    const replication = await replica.replication(signal);
    const ours = replication && isOurs(replication, wanted) ? replication : null;
    return followsWithoutLoss({replica, source}, ours, wanted, signal);
  },
});

const keyOf = ({id, entry}: {id: string; entry: string}): SentinelKey => ({run: id, entry});

const isOurs = (replication: Replication, {host, port}: Input): boolean =>
  replication.host === host && replication.port === port;

const followsAnother = (replica: MysqlReader, replication: Replication): Blocked =>
  blocked(
    `${replica.name} follows ${sourceAddress(replication)}, and can follow one server only.`,
    `Stop and reset that replication on ${replica.name} if nobody needs it.`,
  );

async function notFenced(replica: MysqlReader, signal: AbortSignal): Promise<Blocked | null> {
  return (await replica.fence(signal)).readOnly
    ? null
    : blocked(
        `${replica.name} accepts writes, and a server that follows must have no other writer.`,
        `A server that was restarted has forgotten that it was frozen. Freezing it by hand is not enough: what was written meanwhile is missing on the other side. Reverse to the checkpoint before the freeze.`,
      );
}

/** Fenced, and with nothing written since it was: whatever came later would be missing on the source for ever. */
async function notReady(
  replica: MysqlReader,
  {frozenAt}: Input,
  signal: AbortSignal,
): Promise<Blocked | null> {
  const open = await notFenced(replica, signal);
  const moved = open || !frozenAt ? null : await movedSince(replica, frozenAt, signal);
  return open ?? (moved && blocked(moved.message, moved.hint));
}

async function movedSince(
  replica: MysqlReader,
  frozenAt: Position,
  signal: AbortSignal,
): Promise<Problem | null> {
  const now = await replica.position(signal);
  return samePosition(now, frozenAt) || (await changesSince(replica, frozenAt, signal)).length === 0
    ? null
    : writesAfterFreeze(replica.name, positionText(frozenAt), positionText(now));
}

const pendingFor = (replica: MysqlReader, source: MysqlReader) =>
  pending(
    {source: null},
    {what: replica.name, is: 'follows nobody', shouldBe: `follows ${source.name}`},
  );

async function proof(
  {replica, source}: Servers,
  replication: Replication,
  key: SentinelKey,
  signal: AbortSignal,
) {
  const broken = brokenReason(replication);
  if (broken !== null && replication.error) {
    return blocked(
      `${replica.name} does not replicate from ${source.name}: ${broken}.`,
      `Read SHOW SLAVE STATUS (SHOW REPLICA STATUS) on ${replica.name}; writes are still frozen everywhere, so going back is safe.`,
    );
  }
  if (broken !== null || !(await source.hasSentinel(key, signal))) {
    return pendingFor(replica, source);
  }
  const open = await notFenced(replica, signal);
  if (open) {
    return open;
  }
  if (isRunning(replication) && (await replica.hasSentinel(key, signal))) {
    return done({});
  }
  return waiting(
    `${replica.name} is at ${positionText(replication.executed)} of ${source.name}, and the row that proves the way has not arrived (IO ${replication.io}, SQL ${replication.sql})`,
  );
}

/** Going back stops the only copy of what was written on the source. Where that copy is not whole, say what is missing. */
async function whyLost(
  {replica, source}: Servers,
  replication: Replication | null,
  wanted: Input,
  isArmed: boolean,
  signal: AbortSignal,
): Promise<Blocked | null> {
  if (replication && !isOurs(replication, wanted)) {
    return followsAnother(replica, replication);
  }
  // Without its row the way was never armed, or was taken down in order.
  if (!replication && !isArmed) {
    return null;
  }
  const at: Position = replication?.executed ?? wanted;
  const end = await source.position(signal);
  const oldest = await source.oldestLog(signal);
  const broken = replication?.error ? brokenReason(replication) : null;
  const why = !replication
    ? `it no longer follows ${source.name}`
    : isPurged(oldest, at)
      ? `the oldest log of ${source.name} is now ${oldest}`
      : broken;
  if (why === null) {
    return null;
  }
  const between = `between ${positionText(at)} and ${positionText(end)} of ${source.name}`;
  return wayBackBroken(
    replica,
    why,
    `${await missingText({replica, source}, at, signal)} ${between}`,
  );
}

const wayBackBroken = (replica: MysqlReader, why: string, missing: string): Blocked =>
  blocked(
    `The way back to ${replica.name} is broken: ${why}. Going back would lose ${missing}.`,
    `Repair replication on ${replica.name} until it has caught up, then reverse again; or stay where you are.`,
  );

const pointAt = ({host, port, file, position, frozenAt}: Input, source: string) =>
  ({
    on: 'replica',
    does: `follow ${source} at ${host}:${port}, from ${file}:${position}`,
    perform: async (replica: MysqlWriter, signal: AbortSignal) => {
      if (!(await replica.replication(signal))) {
        const moved = frozenAt ? await movedSince(replica, frozenAt, signal) : null;
        if (moved) {
          throw new SwitcharooError(moved);
        }
        await replica.setSource({host, port, from: {file, position}}, signal);
      }
    },
  }) as const;

const start = (source: MysqlReader) =>
  ({
    on: 'replica',
    does: 'start replication, and see both threads run',
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

const writeSentinel = (key: SentinelKey) =>
  ({
    on: 'source',
    does: `write a row for this run into switcharoo.sentinel`,
    perform: (source: MysqlWriter, signal: AbortSignal) => source.writeSentinel(key, signal),
  }) as const;

const removeSentinel = (key: SentinelKey) =>
  ({
    on: 'source',
    does: `remove the row of this run from switcharoo.sentinel`,
    perform: (source: MysqlWriter, signal: AbortSignal) => source.removeSentinel(key, signal),
  }) as const;

const drain = (source: MysqlReader) =>
  ({
    on: 'replica',
    does: `execute everything that ${source.name} has written`,
    perform: async (
      replica: MysqlWriter,
      signal: AbortSignal,
      say: (text: string) => void,
    ): Promise<void> => {
      const replication = await replica.replication(signal);
      if (!replication) {
        return;
      }
      // A source that still takes writes has no last position.
      if (!(await source.fence(signal)).readOnly) {
        throw new SwitcharooError(sourceNotFrozen(source.name, replica.name));
      }
      if (!isRunning(replication)) {
        await replica.startReplication(signal);
      }
      for (let end = await source.position(signal); ; ) {
        await waitForPosition(replica, end, {signal, say});
        const now = await source.position(signal);
        if (comparePositions(now, end) === 0) {
          return;
        }
        end = now;
      }
    },
  }) as const;

const stopFollowing = (source: string) =>
  ({
    on: 'replica',
    does: `stop following ${source}, and forget it`,
    perform: (replica: MysqlWriter, signal: AbortSignal) => replica.resetReplication(signal),
  }) as const;
