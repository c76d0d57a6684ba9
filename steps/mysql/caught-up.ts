import {setTimeout as sleep} from 'node:timers/promises';
import {z} from 'zod';
import {blocked, defineGate, done, waiting} from '../../src/index.ts';
import type {MysqlReader, Position, Replication} from './contract.ts';
import {distanceText, hasReached, positionSchema, positionText} from './replication/position.ts';
import {repairOf} from './replication/repair.ts';
import {brokenReason} from './replication/replication.ts';
import {mysqlServer} from './target.ts';

/**
 * Waits until the replica has executed a position of upstream. Seconds_Behind is never asked: it says 0 as soon as
 * everything that has arrived is executed, however much has not arrived yet.
 */
export const caughtUp = defineGate({
  name: 'mysql.caught-up',
  summary: 'Wait until the replica has caught up with upstream.',
  targets: {upstream: mysqlServer, replica: mysqlServer},
  input: z.object({
    /** A position in upstream's binary log; without it, upstream's position at the moment of the check. */
    position: positionSchema.optional(),
    /** Without a position: the lag that is accepted. */
    lagMsMax: z.coerce.number().int().nonnegative().optional(),
  }),
  /** The replica's own position once it is caught up: the next hop waits for it. */
  output: positionSchema,
  needs: {upstream: ['REPLICATION CLIENT'], replica: ['REPLICATION CLIENT']},
  effects: [{fact: 'caught-up', from: 'upstream', to: 'replica'}],
  roundTrips: {replica: 1},
  timeoutMs: 120_000,
  neverSkip: 'Only this gate proves that the replica has what its upstream has.',
  poll: {firstMs: 5, mostMs: 1_000},

  async check({targets: {upstream, replica}, input, signal}) {
    // Here writes are unavailable: the server itself waits for the moment, before anything is asked.
    const executed = input.position && (await replica.waitUntilExecuted(input.position, signal));
    if (executed) {
      return done(executed);
    }
    const goal = input.position ?? (await upstream.position(signal));
    const lagMsMax = input.position ? 0 : (input.lagMsMax ?? 0);
    const replication = await untilReached(replica, goal, lagMsMax, signal);
    if (replication && hasReached(replication.executed, goal)) {
      return done(await replica.position(signal));
    }
    if (!replication) {
      return blocked(
        `${replica.name} does not replicate, so it cannot catch up with ${upstream.name}.`,
        `Start replication from ${upstream.name} on ${replica.name} first.`,
      );
    }
    const obstacle = await obstacleTo(replication, goal, {upstream, replica}, signal);
    return obstacle ?? waiting(progressText(replica, replication, goal, input.lagMsMax));
  },
});

/** Measures the lag itself: how long it takes until what upstream has written now is executed. */
async function untilReached(
  replica: MysqlReader,
  goal: Position,
  limitMs: number,
  signal: AbortSignal,
): Promise<Replication | null> {
  const giveUpAt = performance.now() + limitMs;
  for (;;) {
    const replication = await replica.replication(signal);
    const isOver = performance.now() >= giveUpAt;
    if (isOver || !replication || hasReached(replication.executed, goal)) {
      return replication;
    }
    await sleep(Math.min(pollMs, limitMs), undefined, {signal});
  }
}

const pollMs = 20;

async function obstacleTo(
  replication: Replication,
  goal: Position,
  {upstream, replica}: {upstream: MysqlReader; replica: MysqlReader},
  signal: AbortSignal,
) {
  const broken = brokenReason(replication);
  if (broken !== null) {
    return blocked(
      `${replica.name} does not replicate from ${upstream.name}: ${broken}.`,
      repairOf(replica.name, replication),
    );
  }
  const {server_id: id = '0'} = await upstream.settings(['server_id'], signal);
  const {sourceServerId} = replication;
  if (sourceServerId !== 0 && sourceServerId !== Number(id)) {
    return blocked(
      `${replica.name} replicates from the server with server_id ${sourceServerId}, and ${upstream.name} has server_id ${id}.`,
      `Bind the target upstream to the source of ${replica.name}: ${replication.host}:${replication.port}.`,
    );
  }
  if (sourceServerId !== 0 && !hasReached(goal, replication.executed)) {
    return blocked(
      `${replica.name} is at ${positionText(replication.executed)} of its source, and ${positionText(goal)} is a position in another log.`,
      `Take the position from the entry that read it on ${upstream.name}.`,
    );
  }
  return null;
}

function progressText(
  replica: MysqlReader,
  {executed, io, error}: Replication,
  goal: Position,
  lagMsMax: number | undefined,
): string {
  const limit = lagMsMax === undefined ? '' : `, more than ${lagMsMax} ms`;
  const ioProblem = io === 'Yes' ? '' : `; it is not connected: ${error?.text ?? io}`;
  return `${replica.name} is at ${positionText(executed)}, ${distanceText(executed, goal)}${limit} behind ${positionText(goal)}${ioProblem}`;
}
