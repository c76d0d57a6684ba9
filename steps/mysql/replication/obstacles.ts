import {type Blocked, blocked, type Problem} from '../../../src/index.ts';
import type {MysqlReader, Position, Replication} from '../contract.ts';
import {writesAfterFreeze} from '../freeze/problems.ts';
import {changesSince} from './binlog.ts';
import {positionText, samePosition} from './position.ts';
import {brokenReason, sourceAddress} from './replication.ts';
import {isPurged, missingText} from './reversal-loss.ts';

interface Servers {
  readonly replica: MysqlReader;
  readonly source: MysqlReader;
}

export const otherSource = (replica: MysqlReader, replication: Replication): Blocked =>
  blocked(
    `${replica.name} already replicates from ${sourceAddress(replication)}, and can have one source only.`,
    `If that replication is not needed, stop and reset it on ${replica.name} (RESET SLAVE ALL or RESET REPLICA ALL).`,
  );

export async function notFrozen(
  replica: MysqlReader,
  signal: AbortSignal,
): Promise<Blocked | null> {
  return (await replica.fence(signal)).readOnly
    ? null
    : blocked(
        `${replica.name} accepts writes (read_only = OFF), and a replica must have no other writer.`,
        'A restart resets read_only. Setting it again is not enough: writes made in the meantime are missing on the other side. Reverse to the checkpoint before the freeze.',
      );
}

/** Frozen, and without a write since: a later write would be missing on the source for good. */
export async function notReady(
  replica: MysqlReader,
  frozenAt: Position | undefined,
  signal: AbortSignal,
): Promise<Blocked | null> {
  const [writable, problem] = await Promise.all([
    notFrozen(replica, signal),
    frozenAt ? writeAfterFreeze(replica, frozenAt, signal) : null,
  ]);
  return writable ?? (problem && blocked(problem.message, problem.hint));
}

/** `null` while nothing was written on the server since it was frozen. */
export async function writeAfterFreeze(
  server: MysqlReader,
  frozenAt: Position,
  signal: AbortSignal,
): Promise<Problem | null> {
  const now = await server.position(signal);
  const changes = samePosition(now, frozenAt) ? [] : await changesSince(server, frozenAt, signal);
  return changes.length === 0
    ? null
    : writesAfterFreeze(server.name, positionText(frozenAt), positionText(now), changes);
}

/**
 * Reversal stops the only copy of what was written on the source. Gives why that copy is incomplete and what is
 * missing, or `null` where it is complete. `replication` is `null` where it was reset, from `start` on.
 */
export async function brokenReversal(
  {replica, source}: Servers,
  replication: Replication | null,
  start: Position,
  signal: AbortSignal,
): Promise<Blocked | null> {
  const at: Position = replication?.executed ?? start;
  const end = await source.position(signal);
  const oldest = await source.oldestLog(signal);
  const broken = replication?.error ? brokenReason(replication) : null;
  const reason = !replication
    ? `it no longer replicates from ${source.name}`
    : replication.io !== 'Yes' && isPurged(oldest, at)
      ? `the oldest binary log of ${source.name} is now ${oldest}`
      : broken;
  if (reason === null) {
    return null;
  }
  const missing = await missingText({replica, source}, at, signal);
  return blocked(
    `Reverse replication to ${replica.name} is broken: ${reason}. Reversal would lose ${missing} between ${positionText(at)} and ${positionText(end)} of ${source.name}.`,
    `Repair replication on ${replica.name} until it has caught up, then reverse again; or stay on ${source.name}.`,
  );
}
