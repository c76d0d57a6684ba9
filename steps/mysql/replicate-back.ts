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
  /** How the follower reaches the leader. */
  host: z.string(),
  port: z.coerce.number().int().default(3306),
  /** Where the leader's log stood before anybody could write there. */
  ...positionSchema.shape,
  /** Where the follower itself was frozen: what it wrote later, the leader does not have. */
  frozenAt: positionSchema.optional(),
});
type Input = z.output<typeof input>;
type Servers = {readonly follower: MysqlReader; readonly leader: MysqlReader};

/**
 * Arms the way back: the old source follows the new one, and a row written there has arrived here. Only then may the
 * new one be opened: from that moment on nothing is accepted there that the old one will not have.
 */
export const replicateBack = defineStep({
  name: 'mysql.replicate-back',
  summary: 'Let the old source follow the new one, and prove it with a row.',
  targets: {follower: mysqlServer, leader: mysqlServer},
  input,
  before: z.object({following: z.null()}),
  output: z.object({}),
  needs: {
    follower: ['SUPER', 'REPLICATION CLIENT', 'REPLICATION SLAVE', 'SELECT ON switcharoo.*'],
    leader: [
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

  async check({targets: {follower, leader}, input: wanted, run, signal}) {
    const replication = await follower.replication(signal);
    if (!replication || !isOurs(replication, wanted)) {
      return replication
        ? followsAnother(follower, replication)
        : ((run.started ? null : await notReady(follower, wanted, signal)) ??
            pendingFor(follower, leader));
    }
    if (!run.started) {
      return blocked(
        `${follower.name} already follows ${sourceAddress(wanted)}, and this run did not arm it.`,
        `Find out who did; if it is a leftover, stop and reset replication on ${follower.name}.`,
      );
    }
    return proof({follower, leader}, replication, keyOf(run), signal);
  },

  async plan({targets: {follower, leader}, input: wanted, run, signal}) {
    const replication = await follower.replication(signal);
    const isThere = await leader.hasSentinel(keyOf(run), signal);
    return [
      ...(replication ? [] : [pointAt(wanted, leader.name)]),
      ...(replication && isRunning(replication) ? [] : [start(leader)]),
      ...(isThere ? [] : [writeSentinel(keyOf(run))]),
    ];
  },

  async reverse({targets: {follower, leader}, input: wanted, run, signal}) {
    const replication = await follower.replication(signal);
    const isArmed = await leader.hasSentinel(keyOf(run), signal);
    const lost = await whyLost({follower, leader}, replication, wanted, isArmed, signal);
    if (lost || !replication) {
      return lost ?? [];
    }
    // Armed until the follower has everything: the row is what tells a way that was cut from one taken down in order.
    return [
      drain(leader),
      ...(isArmed ? [removeSentinel(keyOf(run)), drain(leader)] : []),
      stopFollowing(leader.name),
    ];
  },

  async reversalLoss({targets: {follower, leader}, input: wanted, signal}) {
    const replication = await follower.replication(signal);
    const ours = replication && isOurs(replication, wanted) ? replication : null;
    return followsWithoutLoss({follower, leader}, ours, wanted, signal);
  },
});

const keyOf = ({id, entry}: {id: string; entry: string}): SentinelKey => ({run: id, entry});

const isOurs = (replication: Replication, {host, port}: Input): boolean =>
  replication.host === host && replication.port === port;

const followsAnother = (follower: MysqlReader, replication: Replication): Blocked =>
  blocked(
    `${follower.name} follows ${sourceAddress(replication)}, and can follow one server only.`,
    `Stop and reset that replication on ${follower.name} if nobody needs it.`,
  );

async function notFenced(follower: MysqlReader, signal: AbortSignal): Promise<Blocked | null> {
  return (await follower.fence(signal)).readOnly
    ? null
    : blocked(
        `${follower.name} accepts writes, and a server that follows must have no other writer.`,
        `A server that was restarted has forgotten that it was frozen. Freezing it by hand is not enough: what was written meanwhile is missing on the other side. Reverse to the checkpoint before the freeze.`,
      );
}

/** Fenced, and with nothing written since it was: whatever came later would be missing on the leader for ever. */
async function notReady(
  follower: MysqlReader,
  {frozenAt}: Input,
  signal: AbortSignal,
): Promise<Blocked | null> {
  const open = await notFenced(follower, signal);
  const moved = open || !frozenAt ? null : await movedSince(follower, frozenAt, signal);
  return open ?? (moved && blocked(moved.message, moved.hint));
}

async function movedSince(
  follower: MysqlReader,
  frozenAt: Position,
  signal: AbortSignal,
): Promise<Problem | null> {
  const now = await follower.position(signal);
  return samePosition(now, frozenAt) ||
    (await changesSince(follower, frozenAt, signal)).length === 0
    ? null
    : writesAfterFreeze(follower.name, positionText(frozenAt), positionText(now));
}

const pendingFor = (follower: MysqlReader, leader: MysqlReader) =>
  pending(
    {following: null},
    {what: follower.name, is: 'follows nobody', shouldBe: `follows ${leader.name}`},
  );

async function proof(
  {follower, leader}: Servers,
  replication: Replication,
  key: SentinelKey,
  signal: AbortSignal,
) {
  const broken = brokenReason(replication);
  if (broken !== null && replication.error) {
    return blocked(
      `${follower.name} does not replicate from ${leader.name}: ${broken}.`,
      `Read SHOW SLAVE STATUS (SHOW REPLICA STATUS) on ${follower.name}; writes are still frozen everywhere, so going back is safe.`,
    );
  }
  if (broken !== null || !(await leader.hasSentinel(key, signal))) {
    return pendingFor(follower, leader);
  }
  const open = await notFenced(follower, signal);
  if (open) {
    return open;
  }
  if (isRunning(replication) && (await follower.hasSentinel(key, signal))) {
    return done({});
  }
  return waiting(
    `${follower.name} is at ${positionText(replication.executed)} of ${leader.name}, and the row that proves the way has not arrived (IO ${replication.io}, SQL ${replication.sql})`,
  );
}

/** Going back stops the only copy of what was written on the leader. Where that copy is not whole, say what is missing. */
async function whyLost(
  {follower, leader}: Servers,
  replication: Replication | null,
  wanted: Input,
  isArmed: boolean,
  signal: AbortSignal,
): Promise<Blocked | null> {
  if (replication && !isOurs(replication, wanted)) {
    return followsAnother(follower, replication);
  }
  // Without its row the way was never armed, or was taken down in order.
  if (!replication && !isArmed) {
    return null;
  }
  const at: Position = replication?.executed ?? wanted;
  const end = await leader.position(signal);
  const oldest = await leader.oldestLog(signal);
  const broken = replication?.error ? brokenReason(replication) : null;
  const why = !replication
    ? `it no longer follows ${leader.name}`
    : isPurged(oldest, at)
      ? `the oldest log of ${leader.name} is now ${oldest}`
      : broken;
  if (why === null) {
    return null;
  }
  const between = `between ${positionText(at)} and ${positionText(end)} of ${leader.name}`;
  return wayBackBroken(
    follower,
    why,
    `${await missingText({follower, leader}, at, signal)} ${between}`,
  );
}

const wayBackBroken = (follower: MysqlReader, why: string, missing: string): Blocked =>
  blocked(
    `The way back to ${follower.name} is broken: ${why}. Going back would lose ${missing}.`,
    `Repair replication on ${follower.name} until it has caught up, then reverse again; or stay where you are.`,
  );

const pointAt = ({host, port, file, position, frozenAt}: Input, leader: string) =>
  ({
    on: 'follower',
    does: `follow ${leader} at ${host}:${port}, from ${file}:${position}`,
    perform: async (follower: MysqlWriter, signal: AbortSignal) => {
      if (!(await follower.replication(signal))) {
        const moved = frozenAt ? await movedSince(follower, frozenAt, signal) : null;
        if (moved) {
          throw new SwitcharooError(moved);
        }
        await follower.setSource({host, port, from: {file, position}}, signal);
      }
    },
  }) as const;

const start = (leader: MysqlReader) =>
  ({
    on: 'follower',
    does: 'start replication, and see both threads run',
    perform: async (follower: MysqlWriter, signal: AbortSignal) => {
      const replication = await follower.replication(signal);
      if (replication && !replication.ignoresMysqlSchema && (await hasRdsTables(leader, signal))) {
        throw new SwitcharooError(replicationFilterMissing(follower.name, leader.name));
      }
      await follower.startReplication(signal);
    },
  }) as const;

/** Aurora writes into tables of its own (`mysql.rds_heartbeat2`), which no other server has. */
async function hasRdsTables(leader: MysqlReader, signal: AbortSignal): Promise<boolean> {
  const rows = await leader.query(rdsTablesSql, [], signal);
  return rows.length > 0;
}

const rdsTablesSql = `SELECT 1 AS there FROM information_schema.tables
  WHERE table_schema = 'mysql' AND table_name LIKE 'rds\\_%' LIMIT 1`;

const writeSentinel = (key: SentinelKey) =>
  ({
    on: 'leader',
    does: `write a row for this run into switcharoo.sentinel`,
    perform: (leader: MysqlWriter, signal: AbortSignal) => leader.writeSentinel(key, signal),
  }) as const;

const removeSentinel = (key: SentinelKey) =>
  ({
    on: 'leader',
    does: `remove the row of this run from switcharoo.sentinel`,
    perform: (leader: MysqlWriter, signal: AbortSignal) => leader.removeSentinel(key, signal),
  }) as const;

const drain = (leader: MysqlReader) =>
  ({
    on: 'follower',
    does: `execute everything that ${leader.name} has written`,
    perform: async (
      follower: MysqlWriter,
      signal: AbortSignal,
      say: (text: string) => void,
    ): Promise<void> => {
      const replication = await follower.replication(signal);
      if (!replication) {
        return;
      }
      // A leader that still takes writes has no last position.
      if (!(await leader.fence(signal)).readOnly) {
        throw new SwitcharooError(sourceNotFrozen(leader.name, follower.name));
      }
      if (!isRunning(replication)) {
        await follower.startReplication(signal);
      }
      for (let end = await leader.position(signal); ; ) {
        await waitForPosition(follower, end, {signal, say});
        const now = await leader.position(signal);
        if (comparePositions(now, end) === 0) {
          return;
        }
        end = now;
      }
    },
  }) as const;

const stopFollowing = (leader: string) =>
  ({
    on: 'follower',
    does: `stop following ${leader}, and forget it`,
    perform: (follower: MysqlWriter, signal: AbortSignal) => follower.resetReplication(signal),
  }) as const;
