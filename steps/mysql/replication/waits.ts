import {setTimeout as sleep} from 'node:timers/promises';
import {SwitcharooError} from '../../../src/index.ts';
import type {MysqlReader, Position} from '../contract.ts';
import {hasReached, positionText, samePosition} from './position.ts';
import {replicationNotRunning, sqlThreadNotSwitched} from './problems.ts';
import {brokenReason, isRunning} from './replication.ts';

/** Waits until both threads run. That replication was started says little: the account, the log or the network may be wrong. */
export async function waitForReplication(server: MysqlReader, signal: AbortSignal): Promise<void> {
  const giveUpAt = Date.now() + startLimitMs;
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 2, mostWaitMs)) {
    const replication = await server.replication(signal);
    if (replication && isRunning(replication)) {
      return;
    }
    const broken = replication ? brokenReason(replication) : 'it follows nobody';
    if (broken !== null || Date.now() > giveUpAt) {
      const tries = replication?.error?.text ?? `the IO thread says ${replication?.io}`;
      throw new SwitcharooError(replicationNotRunning(server.name, broken ?? tries));
    }
    await sleep(waitMs, undefined, {signal});
  }
}

/** Waits until its SQL thread runs, or has ended what it was executing. */
export async function waitForSqlThread(
  wanted: 'Yes' | 'No',
  server: MysqlReader,
  signal: AbortSignal,
): Promise<void> {
  const giveUpAt = Date.now() + startLimitMs;
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 2, mostWaitMs)) {
    const replication = await server.replication(signal);
    if (replication?.sql === wanted) {
      return;
    }
    const broken = wanted === 'Yes' ? replication?.error : null;
    if (broken || Date.now() > giveUpAt) {
      const why = broken?.text ?? `its SQL thread says ${replication?.sql}`;
      throw new SwitcharooError(sqlThreadNotSwitched(server.name, wanted, why));
    }
    await sleep(waitMs, undefined, {signal});
  }
}

/** Waits until the server has executed `wanted` of the server it follows. */
export async function waitForPosition(
  server: MysqlReader,
  wanted: Position,
  {signal, say}: {signal: AbortSignal; say(text: string): void},
): Promise<void> {
  for (;;) {
    const replication = await server.replication(signal);
    if (replication && hasReached(replication.executed, wanted)) {
      return;
    }
    const broken = replication ? brokenReason(replication) : 'it follows nobody';
    if (broken !== null) {
      throw new SwitcharooError(replicationNotRunning(server.name, broken));
    }
    say(`${server.name} executes what remains until ${positionText(wanted)}`);
    await server.waitUntilExecuted(wanted, signal);
    // Where it does not execute the server does not wait.
    await sleep(firstWaitMs, undefined, {signal});
  }
}

/** Two reads of the server's own position: is it still being written to? */
export async function watchPosition(
  server: MysqlReader,
  signal: AbortSignal,
  watchMs = defaultWatchMs,
) {
  const first = await server.position(signal);
  await sleep(watchMs, undefined, {signal});
  const last = await server.position(signal);
  return {first, last, stands: samePosition(first, last)};
}

const startLimitMs = 10_000;
// Threads are there within a few milliseconds as a rule, and nobody can write meanwhile.
const firstWaitMs = 2;
const mostWaitMs = 50;
const defaultWatchMs = 200;
