import {type Blocked, blocked} from '../../../src/index.ts';
import {
  changesSince,
  errnoOf,
  type MysqlReader,
  type Position,
  positionText,
} from '../../mysql/index.ts';
import type {AuroraReader} from '../contract.ts';

/**
 * Aurora has replicated from this position before, and was reset since: what it executed then, it would execute again,
 * and stop at the first row that is there already (errno 1062). Its own history shows it, whichever host ran that run.
 */
export async function alreadyReplicated(
  {aurora, upstream}: {readonly aurora: AuroraReader; readonly upstream: MysqlReader},
  seed: Position,
  signal: AbortSignal,
): Promise<Blocked | null> {
  const startedAt = await startFrom(aurora, seed, signal);
  const changes = startedAt === null ? [] : await changesSince(upstream, seed, signal);
  return changes.length === 0
    ? null
    : blocked(
        `${aurora.name} already replicated from ${positionText(seed)}, started at ${startedAt}, and was reset: an earlier run was reversed to its start. It would execute ${changes[0]} a second time and stop (errno 1062).`,
        `Seed ${aurora.name} again, and give its new position. Next time, reverse to a checkpoint after this entry: replication then keeps running, and resume repeats the cutover.`,
      );
}

async function startFrom(
  aurora: AuroraReader,
  {file, position}: Position,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    const [row] = await aurora.query(startSql, [file, String(position)], signal);
    return row ? String(row['startedAt']) : null;
  } catch (cause) {
    if (unreadable.includes(errnoOf(cause) ?? 0)) {
      return null;
    }
    throw cause;
  }
}

// ER_NO_SUCH_TABLE, ER_TABLEACCESS_DENIED_ERROR, ER_BAD_FIELD_ERROR: a server without this history.
const unreadable = [1146, 1142, 1054];

const startSql = `
  SELECT CAST(started.action_timestamp AS CHAR) AS startedAt
    FROM mysql.rds_history source JOIN mysql.rds_history started
      ON started.action_timestamp >= source.action_timestamp
   WHERE source.action IN ('set master', 'set source')
     AND source.master_log_file = ? AND source.master_log_pos = ?
     AND started.action IN ('start slave', 'start replica')
   ORDER BY started.action_timestamp DESC LIMIT 1`;
