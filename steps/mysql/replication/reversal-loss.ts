import {setTimeout as sleep} from 'node:timers/promises';
import type {ReversalLoss} from '../../../src/index.ts';
import type {MysqlReader, Position, Replication} from '../contract.ts';
import {changesSince, definitionsSince, missingSince} from './binlog.ts';
import {comparePositions, distanceText, hasReached, positionText} from './position.ts';
import {brokenReason, isRunning} from './replication.ts';

interface Servers {
  readonly replica: MysqlReader;
  readonly source: MysqlReader;
}

/**
 * Whether the replica will have everything that the source accepted: its threads, its position, and how long the log
 * is kept.
 */
export async function reversalLossOf(
  {replica, source}: Servers,
  replication: Replication | null,
  start: Position,
  signal: AbortSignal,
): Promise<ReversalLoss> {
  const nothing =
    replication && !isRunning(replication)
      ? await nothingMissing({replica, source}, replication.executed, signal)
      : null;
  if (nothing) {
    return nothing;
  }
  const end = await source.position(signal);
  const {latest, isProven} = await watchProgress({replica, source}, replication, end, signal);
  const at = latest?.executed ?? start;
  const reasons = [
    ...(await incompleteReasons({replica, source}, latest, at, signal)),
    ...(isProven || !latest || !isRunning(latest)
      ? []
      : [
          `Both threads run, but within ${watchMs / 1_000} s it did not execute ${positionText(end)}: check again.`,
        ]),
  ];
  const lossless = reasons.length === 0;
  return {
    lossless,
    because: [
      ...(latest ? [threadsText({replica, source}, latest)] : []),
      ...reasons,
      executedText({replica, source}, at, end),
      ...(lossless ? [] : [`Missing: ${await missingText({replica, source}, at, signal)}.`]),
      await retentionText({replica, source}, latest, signal),
    ],
  };
}

/** Why nothing can be lost although replication does not run: there is nothing that it would have to bring over. */
export async function nothingMissing(
  {replica, source}: Servers,
  executed: Position,
  signal: AbortSignal,
): Promise<ReversalLoss | null> {
  const fences = await Promise.all([source, replica].map((server) => server.fence(signal)));
  if (!fences.every(({readOnly}) => readOnly)) {
    return null;
  }
  const end = await source.position(signal);
  return hasReached(executed, end)
    ? {
        lossless: true,
        because: [
          `Both servers refuse writes. ${source.name} wrote nothing after ${positionText(end)}, and ${replica.name} has everything up to there.`,
        ],
      }
    : null;
}

const executedText = ({replica, source}: Servers, at: Position, end: Position): string =>
  hasReached(at, end)
    ? `${replica.name} has executed everything of ${source.name}, up to ${positionText(end)}.`
    : `${replica.name} has executed ${positionText(at)} of ${source.name}, ${distanceText(at, end)} before ${positionText(end)}.`;

/**
 * Replication that was started again after an error reports no error and two running threads until it reaches the
 * same change again. So it counts as proven once it has executed what its source had written, or, where changes are
 * committed in order, any further change: the first one is the change at which it stopped.
 */
async function watchProgress(
  {replica, source}: Servers,
  replication: Replication | null,
  end: Position,
  signal: AbortSignal,
): Promise<{readonly latest: Replication | null; readonly isProven: boolean}> {
  const isProgress = await progressTest(replica, replication, signal);
  const giveUpAt = performance.now() + watchMs;
  for (let latest = replication; ; latest = await replica.replication(signal)) {
    if (
      !latest ||
      !isRunning(latest) ||
      hasReached(latest.executed, end) ||
      isProgress(latest.executed)
    ) {
      return {latest, isProven: true};
    }
    if (performance.now() > giveUpAt) {
      return {latest, isProven: await hasEveryChange(source, latest.executed, signal)};
    }
    await sleep(pollMs, undefined, {signal});
  }
}

/** The position of a rotated log is reached a moment later. Where the account may not read the events: unknown. */
const hasEveryChange = (source: MysqlReader, executed: Position, signal: AbortSignal) =>
  changesSince(source, executed, signal).then(
    (changes) => changes.length === 0,
    () => false,
  );

async function progressTest(
  replica: MysqlReader,
  replication: Replication | null,
  signal: AbortSignal,
): Promise<(executed: Position) => boolean> {
  const inOrder = await executesInOrder(replica, signal);
  if (!inOrder && !(await commitsInOrder(replica, signal))) {
    return () => false;
  }
  // Several workers report late what they executed: every 300 ms (slave_checkpoint_period).
  const startsAt = performance.now() + (inOrder ? 0 : checkpointMs);
  let start = inOrder ? replication?.executed : undefined;
  return (executed) => {
    if (performance.now() >= startsAt) {
      start ??= executed;
    }
    return start !== undefined && !hasReached(start, executed);
  };
}

const checkpointMs = 1_000;
const watchMs = 2_000;
const pollMs = 20;

const threadsText = ({replica, source}: Servers, {io, sql}: Replication): string =>
  `${replica.name} replicates from ${source.name}: IO ${io}, SQL ${sql}.`;

async function incompleteReasons(
  {replica, source}: Servers,
  replication: Replication | null,
  at: Position,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const {readOnly} = await replica.fence(signal);
  const oldest = await source.oldestLog(signal);
  return [
    ...(replication
      ? await stopReasons({replica, source}, replication, signal)
      : [`${replica.name} no longer replicates from ${source.name}.`]),
    // A running IO thread reads on in a log that is there.
    ...(replication?.io !== 'Yes' && isPurged(oldest, at)
      ? [`The oldest binary log of ${source.name} is ${oldest}: earlier changes are purged.`]
      : []),
    ...(readOnly
      ? []
      : [`${replica.name} accepts writes (read_only = OFF), so the two may diverge.`]),
  ];
}

export const isPurged = (oldest: string, at: Position): boolean =>
  (comparePositions({file: oldest, position: 0}, at) ?? 1) > 0;

async function stopReasons(
  {replica, source}: Servers,
  replication: Replication,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (isRunning(replication)) {
    return [];
  }
  const {executed, error, io} = replication;
  const broken = brokenReason(replication) ?? error?.text ?? `the IO thread reports ${io}`;
  if (error?.thread !== 'sql') {
    return [`It has stopped: ${broken}.`];
  }
  const {first, all} = await definitionsSince(source, executed, signal);
  if (first !== null && (await executesInOrder(replica, signal))) {
    return [`It has stopped at ${first}, which ${replica.name} cannot apply: ${broken}.`];
  }
  // With several workers the one that failed is past the position that all have executed.
  const statements = all.length > 0 ? ` Not executed, among others: ${all.join(', ')}.` : '';
  return [`It has stopped: ${broken}.${statements}`];
}

/** Several workers may execute a later transaction first: the position is then that of the last one without a gap. */
async function executesInOrder(replica: MysqlReader, signal: AbortSignal): Promise<boolean> {
  const names = ['replica_parallel_workers', 'slave_parallel_workers', 'slave_parallel_threads'];
  const settings = await replica.settings(names, signal);
  return Object.values(settings).every((workers) => !(Number(workers) > 1));
}

/** MariaDB's workers always do, those of MySQL when configured. */
async function commitsInOrder(replica: MysqlReader, signal: AbortSignal): Promise<boolean> {
  const names = ['replica_preserve_commit_order', 'slave_preserve_commit_order'];
  return !Object.values(await replica.settings(names, signal)).includes('OFF');
}

/** Where the account may not read the events, only the distance. */
export const missingText = async (
  {replica, source}: Servers,
  at: Position,
  signal: AbortSignal,
): Promise<string> => {
  const missing = await missingSince(source, at, signal).catch(async (cause) => {
    signal.throwIfAborted();
    const end = await source.position(signal);
    return `${distanceText(at, end)} of changes (${source.name} does not show them: ${cause instanceof Error ? cause.message : cause})`;
  });
  return (await executesInOrder(replica, signal))
    ? missing
    : `${missing}, or fewer (several workers execute out of order)`;
};

async function retentionText(
  {replica, source}: Servers,
  replication: Replication | null,
  signal: AbortSignal,
): Promise<string> {
  const hours = await source.logRetentionHours(signal);
  if (hours === null) {
    return `${source.name} keeps its binary logs for ever.`;
  }
  if (hours === 0) {
    return `${source.name} may purge its binary logs at any time: set its binlog retention hours.`;
  }
  const lagSeconds = replication?.secondsBehind ?? null;
  const kept = `${source.name} keeps its binary logs for ${hours} h`;
  return lagSeconds === null
    ? `${kept} after they were written.`
    : `${kept}, and ${replica.name} reports a lag of ${lagSeconds} s: ${Math.max(0, Math.floor(hours - lagSeconds / 3_600))} h are left if it stops now.`;
}
