import {type Blocked, blocked} from '../../../src/index.ts';
import {
  changesSince,
  dataChangesSince,
  errnoOf,
  type MysqlReader,
  type Position,
  positionText,
  samePosition,
} from '../../mysql/index.ts';
import type {AuroraReader, ReplicationEnd} from '../contract.ts';
import {seedAgain} from './problems.ts';

interface Servers {
  readonly aurora: AuroraReader;
  readonly upstream: MysqlReader;
}

/** From where Aurora can replicate; `earlier` is the run that brought it there, `null` where the seed did. */
interface Start {
  readonly from: Position;
  readonly earlier: string | null;
}

/**
 * The seed's position, or, after a run that was reversed to its start, the one at which that run stopped: what Aurora
 * has executed since the seed it would execute again, and stop at the first row that is there already (errno 1062). It
 * is blocked where Aurora is no longer as that run left it.
 */
export async function replicationStart(
  {aurora, upstream}: Servers,
  seed: Position,
  signal: AbortSignal,
): Promise<Start | Blocked> {
  const end = await aurora.replicationEnd(signal);
  const isOfSeed = end !== null && samePosition(end.seed, seed);
  const reason = end ? await changedReason({aurora, upstream}, end, signal) : null;
  if (end && reason === null) {
    return isOfSeed ? {from: end.executed, earlier: end.run} : otherSeed(aurora, end, seed);
  }
  const startedAt = await startFrom(aurora, seed, signal);
  const changes = startedAt === null ? [] : await changesSince(upstream, seed, signal);
  if (changes.length === 0) {
    return {from: seed, earlier: null};
  }
  const history = isOfSeed
    ? `${aurora.name} replicated from ${positionText(seed)} to ${positionText(end.executed)} for run ${end.run}, which was reversed. It cannot continue there: ${reason}.`
    : `${aurora.name} already replicated from ${positionText(seed)}, started at ${startedAt}, and was reset; where it stopped is not recorded.`;
  return blocked(
    `${history} From the seed it would execute ${changes[0]} a second time, and stop (errno 1062).`,
    seedAgain(aurora.name),
  );
}

/** Its data is that of the earlier run: another seed's position would leave writes out, or repeat them. */
const otherSeed = ({name}: AuroraReader, end: ReplicationEnd, seed: Position): Blocked =>
  blocked(
    `${name} was not seeded at ${positionText(seed)}: it still has the data of run ${end.run}, seeded at ${positionText(end.seed)} and replicated to ${positionText(end.executed)}.`,
    `Give ${end.seed.file} and ${end.seed.position} as the position of the seed (seedFile, seedPosition), or seed ${name} again first.`,
  );

/** `null` while Aurora has exactly the data that it had when that run stopped. */
async function changedReason(
  {aurora, upstream}: Servers,
  end: ReplicationEnd,
  signal: AbortSignal,
): Promise<string | null> {
  if ((await identityOf(upstream, signal)) !== end.upstream) {
    return `it replicated from another server than ${upstream.name}`;
  }
  if (!(await logsUpdates(aurora, signal))) {
    return `${aurora.name} does not log what it replicates (log_replica_updates), so its log does not prove what it has`;
  }
  const changes = await dataChangesSince(aurora, end.own, signal);
  return changes.length === 0
    ? null
    : `${aurora.name} was written to after the reversal, and ${upstream.name} does not have that: ${changes.join(', ')}`;
}

/** MariaDB has no `server_uuid`. */
export async function identityOf(server: MysqlReader, signal: AbortSignal): Promise<string> {
  const {server_uuid: uuid, server_id: id = ''} = await server.settings(
    ['server_uuid', 'server_id'],
    signal,
  );
  return uuid ?? id;
}

async function logsUpdates(server: MysqlReader, signal: AbortSignal): Promise<boolean> {
  const names = ['log_slave_updates', 'log_replica_updates'];
  return Object.values(await server.settings(names, signal)).includes('ON');
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
