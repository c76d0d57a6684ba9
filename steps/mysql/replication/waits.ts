import {setTimeout as sleep} from 'node:timers/promises';
import {SwitcharooError} from '../../../src/index.ts';
import type {MysqlReader, Position} from '../contract.ts';
import {changesSince} from './binlog.ts';
import {hasReached, positionText, samePosition} from './position.ts';
import {replicationNotRunning, sqlThreadNotSwitched} from './problems.ts';
import {brokenReason, isRunning} from './replication.ts';

/** Waits until both threads run: after START, the account, the log or the network may still be wrong. */
export async function waitForReplication(server: MysqlReader, signal: AbortSignal): Promise<void> {
  const giveUpAt = performance.now() + startLimitMs;
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 2, mostWaitMs)) {
    const replication = await server.replication(signal);
    if (replication && isRunning(replication)) {
      return;
    }
    const broken = replication ? brokenReason(replication) : 'it has no source';
    if (broken !== null || performance.now() > giveUpAt) {
      const tries = replication?.error?.text ?? `the IO thread reports ${replication?.io}`;
      throw new SwitcharooError(replicationNotRunning(server.name, broken ?? tries));
    }
    await sleep(waitMs, undefined, {signal});
  }
}

/** Waits until its SQL thread runs, or has ended what it was executing. */
export async function waitForSqlThread(
  state: 'Yes' | 'No',
  server: MysqlReader,
  signal: AbortSignal,
): Promise<void> {
  const giveUpAt = performance.now() + startLimitMs;
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 2, mostWaitMs)) {
    const replication = await server.replication(signal);
    if (replication?.sql === state) {
      return;
    }
    const broken = state === 'Yes' ? replication?.error : null;
    if (broken || performance.now() > giveUpAt) {
      const reason = broken?.text ?? `the SQL thread reports ${replication?.sql}`;
      throw new SwitcharooError(sqlThreadNotSwitched(server.name, state, reason));
    }
    await sleep(waitMs, undefined, {signal});
  }
}

/** Waits until the server has executed `position` of its source. */
export async function waitForPosition(
  server: MysqlReader,
  position: Position,
  {signal, say}: {signal: AbortSignal; say(text: string): void},
): Promise<void> {
  for (;;) {
    const replication = await server.replication(signal);
    if (replication && hasReached(replication.executed, position)) {
      return;
    }
    const broken = replication ? brokenReason(replication) : 'it has no source';
    if (broken !== null) {
      throw new SwitcharooError(replicationNotRunning(server.name, broken));
    }
    say(`${server.name} is executing up to ${positionText(position)}`);
    await server.waitUntilExecuted(position, signal);
    // Where it does not execute the server does not wait.
    await sleep(firstWaitMs, undefined, {signal});
  }
}

/** Reads the server's own position twice: it moves while something is written, and when its log is rotated. */
export async function watchPosition(
  server: MysqlReader,
  signal: AbortSignal,
  watchMs = defaultWatchMs,
) {
  const first = await server.position(signal);
  await sleep(watchMs, undefined, {signal});
  const last = await server.position(signal);
  const changes = samePosition(first, last) ? [] : await changesSince(server, first, signal);
  return {first, last, changes};
}

const startLimitMs = 10_000;
// Threads are there within a few milliseconds as a rule, and nobody can write meanwhile.
const firstWaitMs = 2;
const mostWaitMs = 50;
const defaultWatchMs = 200;
