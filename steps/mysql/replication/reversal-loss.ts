import {setTimeout as sleep} from 'node:timers/promises';
import type {ReversalLoss} from '../../../src/index.ts';
import type {MysqlReader, Position, Replication} from '../contract.ts';
import {definitionsSince, missingSince} from './binlog.ts';
import {comparePositions, distanceText, hasReached, positionText} from './position.ts';
import {brokenReason, isRunning} from './replication.ts';

interface Servers {
  readonly replica: MysqlReader;
  readonly source: MysqlReader;
}

/** Whether the replica will have everything that the source has taken: its threads, its place, and how long the log is kept. */
export async function followsWithoutLoss(
  {replica, source}: Servers,
  found: Replication | null,
  armedAt: Position,
  signal: AbortSignal,
): Promise<ReversalLoss> {
  const end = await source.position(signal);
  const {replication, isProven} = await watched(replica, found, end, signal);
  const at = replication?.executed ?? armedAt;
  const why = [
    ...(await whyNotWhole({replica, source}, replication, at, signal)),
    ...(isProven || !replication || !isRunning(replication)
      ? []
      : [
          `Both threads run, but within ${watchMs / 1_000} s it has not executed ${positionText(end)}, so it is not proven that it can: look again.`,
        ]),
  ];
  const isWhole = why.length === 0;
  return {
    lossless: isWhole,
    because: [
      ...(replication ? [threadsText({replica, source}, replication)] : []),
      ...why,
      `${replica.name} has executed ${positionText(at)} of ${source.name}, ${distanceText(at, end)} before ${positionText(end)}.`,
      ...(isWhole ? [] : [`What is missing: ${await missingText({replica, source}, at, signal)}.`]),
      await keptText({replica, source}, replication, signal),
    ],
  };
}

/**
 * Replication that stopped with an error and was started again forgets the error, and says that both of its threads run
 * until it meets the same change again. So it is believed when it has executed what its source had written, or, where
 * changes are committed in order, anything more: it begins with the one at which it stopped.
 */
async function watched(
  replica: MysqlReader,
  found: Replication | null,
  end: Position,
  signal: AbortSignal,
): Promise<{readonly replication: Replication | null; readonly isProven: boolean}> {
  const proves = await proofOfMoving(replica, found, signal);
  const giveUpAt = performance.now() + watchMs;
  for (let now = found; ; now = await replica.replication(signal)) {
    if (!now || !isRunning(now) || hasReached(now.executed, end) || proves(now.executed)) {
      return {replication: now, isProven: true};
    }
    if (performance.now() > giveUpAt) {
      return {replication: now, isProven: false};
    }
    await sleep(betweenLooksMs, undefined, {signal});
  }
}

async function proofOfMoving(
  replica: MysqlReader,
  found: Replication | null,
  signal: AbortSignal,
): Promise<(executed: Position) => boolean> {
  const isAlone = await executesInOrder(replica, signal);
  if (!isAlone && !(await commitsInOrder(replica, signal))) {
    return () => false;
  }
  // Several workers first tell later what they had executed before: every 300 ms (slave_checkpoint_period).
  const startsAt = performance.now() + (isAlone ? 0 : settledMs);
  let start = isAlone ? found?.executed : undefined;
  return (executed) => {
    if (performance.now() >= startsAt) {
      start ??= executed;
    }
    return start !== undefined && !hasReached(start, executed);
  };
}

const settledMs = 1_000;
const watchMs = 2_000;
const betweenLooksMs = 20;

const threadsText = ({replica, source}: Servers, {io, sql}: Replication): string =>
  `${replica.name} follows ${source.name}: IO ${io}, SQL ${sql}.`;

async function whyNotWhole(
  {replica, source}: Servers,
  replication: Replication | null,
  at: Position,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const {readOnly} = await replica.fence(signal);
  const oldest = await source.oldestLog(signal);
  return [
    ...(replication
      ? await whyStopped({replica, source}, replication, signal)
      : [`${replica.name} no longer follows ${source.name}.`]),
    ...(isPurged(oldest, at)
      ? [`The oldest log of ${source.name} is ${oldest}, so what came before it is gone.`]
      : []),
    ...(readOnly
      ? []
      : [
          `${replica.name} accepts writes (read_only = OFF), so the two are no longer one history.`,
        ]),
  ];
}

export const isPurged = (oldest: string, at: Position): boolean =>
  (comparePositions({file: oldest, position: 0}, at) ?? 1) > 0;

async function whyStopped(
  {replica, source}: Servers,
  replication: Replication,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (isRunning(replication)) {
    return [];
  }
  const {executed, error, io} = replication;
  const broken = brokenReason(replication) ?? error?.text ?? `the IO thread says ${io}`;
  if (error?.thread !== 'sql') {
    return [`It has stopped: ${broken}.`];
  }
  const {first, all} = await definitionsSince(source, executed, signal);
  if (first !== null && (await executesInOrder(replica, signal))) {
    return [`It has stopped at ${first}, which ${replica.name} cannot apply: ${broken}.`];
  }
  // With several workers the place of the one that failed is later than what all have executed.
  const among = all.length > 0 ? ` Among what it has not executed: ${all.join(', ')}.` : '';
  return [`It has stopped: ${broken}.${among}`];
}

/** With several workers a later transaction may be executed before an earlier one: the position is that of the last without a gap. */
async function executesInOrder(replica: MysqlReader, signal: AbortSignal): Promise<boolean> {
  const names = ['replica_parallel_workers', 'slave_parallel_workers', 'slave_parallel_threads'];
  const settings = await replica.settings(names, signal);
  return Object.values(settings).every((workers) => !(Number(workers) > 1));
}

/** MariaDB's workers always do, MySQL's when they are told to. */
async function commitsInOrder(replica: MysqlReader, signal: AbortSignal): Promise<boolean> {
  const names = ['replica_preserve_commit_order', 'slave_preserve_commit_order'];
  return !Object.values(await replica.settings(names, signal)).includes('OFF');
}

/** Not every account may read the events; then the distance has to do. */
export const missingText = async (
  {replica, source}: Servers,
  at: Position,
  signal: AbortSignal,
): Promise<string> => {
  const missing = await missingSince(source, at, signal).catch(async (cause) => {
    signal.throwIfAborted();
    const end = await source.position(signal);
    return `${distanceText(at, end)} of changes; what they are, ${source.name} does not tell (${cause instanceof Error ? cause.message : cause})`;
  });
  return (await executesInOrder(replica, signal))
    ? missing
    : `${missing}, or fewer (several workers execute out of order)`;
};

async function keptText(
  {replica, source}: Servers,
  replication: Replication | null,
  signal: AbortSignal,
): Promise<string> {
  const hours = await source.logRetentionHours(signal);
  if (hours === null) {
    return `${source.name} keeps its binary logs for ever.`;
  }
  if (hours === 0) {
    return `${source.name} may purge a binary log as soon as it likes: set its binlog retention hours.`;
  }
  const behind = replication?.secondsBehind ?? null;
  const kept = `${source.name} keeps its binary logs for ${hours} h`;
  return behind === null
    ? `${kept}, counted from when they were written.`
    : `${kept}, and ${replica.name} says that it is ${behind} s behind: ${Math.max(0, Math.floor(hours - behind / 3_600))} h are left if it stops now.`;
}
