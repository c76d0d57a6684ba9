import {setTimeout as sleep} from 'node:timers/promises';
import {z} from 'zod';
import {blocked, defineGate, done, waiting} from '../../src/index.ts';
import type {MysqlReader, Position, Replication} from './contract.ts';
import {distanceText, hasReached, positionSchema, positionText} from './replication/position.ts';
import {brokenReason} from './replication/replication.ts';
import {mysqlServer} from './target.ts';

/**
 * Waits until the replica has executed a position of upstream. Seconds_Behind is never asked: it says 0 as soon as
 * everything that has arrived is executed, however much has not arrived yet.
 */
export const caughtUp = defineGate({
  name: 'mysql.caught-up',
  summary: 'Wait until the replica has executed what upstream has written.',
  targets: {upstream: mysqlServer, replica: mysqlServer},
  input: z.object({
    /** A place in upstream's log; without it, where upstream stands at the moment of the look. */
    position: positionSchema.optional(),
    /** Without a position: near enough when what upstream had written this long ago is executed. */
    lagMsMax: z.coerce.number().int().nonnegative().optional(),
  }),
  /** The replica's own position once it is caught up: the next hop waits for it. */
  output: positionSchema,
  needs: {upstream: ['REPLICATION CLIENT'], replica: ['REPLICATION CLIENT']},
  timeoutMs: 120_000,
  poll: {firstMs: 5, mostMs: 1_000},

  async check({targets: {upstream, replica}, input, signal}) {
    const wanted = input.position ?? (await upstream.position(signal));
    const lagMsMax = input.position ? 0 : (input.lagMsMax ?? 0);
    const replication = await untilReached(replica, wanted, lagMsMax, signal);
    if (replication && hasReached(replication.executed, wanted)) {
      return done(await replica.position(signal));
    }
    if (!replication) {
      return blocked(
        `${replica.name} follows nobody, so it does not catch up with ${upstream.name}.`,
        `Let ${replica.name} replicate from ${upstream.name} first.`,
      );
    }
    const never = await whyNever(replication, wanted, {upstream, replica}, signal);
    if (never || !input.position) {
      return never ?? waiting(progressText(replica, replication, wanted, input.lagMsMax));
    }
    // Looks come ever less often, and here nobody can write: the server itself tells the moment.
    await replica.waitUntilExecuted(wanted, signal);
    const now = (await replica.replication(signal)) ?? replication;
    return hasReached(now.executed, wanted)
      ? done(await replica.position(signal))
      : waiting(progressText(replica, now, wanted, input.lagMsMax));
  },
});

/** The lag itself: how long it takes until what upstream has written now is executed. */
async function untilReached(
  replica: MysqlReader,
  wanted: Position,
  limitMs: number,
  signal: AbortSignal,
): Promise<Replication | null> {
  const giveUpAt = performance.now() + limitMs;
  for (;;) {
    const replication = await replica.replication(signal);
    const isOver = performance.now() >= giveUpAt;
    if (isOver || !replication || hasReached(replication.executed, wanted)) {
      return replication;
    }
    await sleep(Math.min(betweenLooksMs, limitMs), undefined, {signal});
  }
}

const betweenLooksMs = 20;

async function whyNever(
  replication: Replication,
  wanted: Position,
  {upstream, replica}: {upstream: MysqlReader; replica: MysqlReader},
  signal: AbortSignal,
) {
  const broken = brokenReason(replication);
  if (broken !== null) {
    return blocked(
      `${replica.name} does not replicate from ${upstream.name}: ${broken}.`,
      `Read SHOW SLAVE STATUS (SHOW REPLICA STATUS) on ${replica.name}, and remove the cause.`,
    );
  }
  const {server_id: id = '0'} = await upstream.settings(['server_id'], signal);
  const followed = replication.sourceServerId;
  if (followed !== 0 && followed !== Number(id)) {
    return blocked(
      `${replica.name} follows the server with server_id ${followed}, and ${upstream.name} has server_id ${id}.`,
      `Bind the part upstream to the server that ${replica.name} follows: ${replication.host}:${replication.port}.`,
    );
  }
  if (followed !== 0 && !hasReached(wanted, replication.executed)) {
    return blocked(
      `${replica.name} is at ${positionText(replication.executed)} of its source, and ${positionText(wanted)} is a place in another log.`,
      `Take the position from the entry that read it on ${upstream.name}.`,
    );
  }
  return null;
}

function progressText(
  replica: MysqlReader,
  {executed, io, error}: Replication,
  wanted: Position,
  lagMsMax: number | undefined,
): string {
  const limit = lagMsMax === undefined ? '' : `, more than ${lagMsMax} ms`;
  const trouble = io === 'Yes' ? '' : `; it is not connected: ${error?.text ?? io}`;
  return `${replica.name} is at ${positionText(executed)}, ${distanceText(executed, wanted)}${limit} before ${positionText(wanted)}${trouble}`;
}
