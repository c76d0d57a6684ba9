import {z} from 'zod';
import {blocked, defineStep, done, pending, SwitcharooError, waiting} from '../../src/index.ts';
import {
  brokenReason,
  distanceText,
  hasReached,
  isRunning,
  type MysqlReader,
  mysqlServer,
  positionText,
  type Replication,
  sourceAddress,
} from '../mysql/index.ts';
import {forget, pointAt, start} from './procedures/actions.ts';
import {upstreamMoved} from './procedures/problems.ts';
import {type AuroraReader, type AuroraWriter, auroraCluster} from './target.ts';

const position = z.object({file: z.string(), position: z.coerce.number().int()});
const address = z.object({host: z.string(), port: z.number()});

/** Aurora stops following upstream and stands alone, still fenced. Where its own log stands then is where the way back begins. */
export const promote = defineStep({
  name: 'aurora.promote',
  summary: 'Let Aurora stop following upstream, once it has executed everything.',
  targets: {aurora: auroraCluster, upstream: mysqlServer},
  input: z.object({
    /**
     * Where upstream stands, frozen: from there Aurora follows it again. Without it, from where upstream stands at the
     * reversal, and what was written there meanwhile by somebody who should not have would be missing on Aurora.
     */
    upstreamAt: position.optional(),
  }),
  before: z.object({following: address}),
  /** Aurora's own position, before anybody can write there. */
  output: z.object({file: z.string(), position: z.number()}),
  needs: {aurora: ['EXECUTE ON mysql.*', 'REPLICATION CLIENT'], upstream: ['REPLICATION CLIENT']},
  reverses: 'Lets Aurora follow upstream again, from where it stopped; it stays fenced.',
  timeoutMs: 120_000,
  poll: {firstMs: 50, mostMs: 1_000},

  async check({targets: {aurora, upstream}, run, signal}) {
    const end = await upstream.position(signal);
    const replication = await aurora.replication(signal);
    if (!replication) {
      return run.started
        ? done(await aurora.position(signal))
        : blocked(
            `${aurora.name} follows nobody, so there is nothing to promote it from.`,
            `Let it follow ${upstream.name} first (aurora.replicate-from), or find out who stopped it.`,
          );
    }
    if (!(await aurora.fence(signal)).readOnly) {
      return blocked(
        `${aurora.name} accepts writes while it follows ${sourceAddress(replication)}.`,
        `Fence it with CALL mysql.rds_set_read_only(1), after a look that nobody has written there.`,
      );
    }
    return hasReached(replication.executed, end)
      ? pendingFor(aurora, replication)
      : behind(aurora, upstream, replication, {end, started: run.started});
  },

  async plan({targets: {aurora, upstream}, signal}) {
    const replication = await aurora.replication(signal);
    return replication
      ? [
          ...(replication.io === 'No' && replication.sql === 'No' ? [] : [stop]),
          forgetUpstream(upstream, sourceAddress(replication)),
        ]
      : [];
  },

  async reverse({targets: {aurora, upstream}, input: {upstreamAt}, signal}, {following}) {
    const replication = await aurora.replication(signal);
    if (replication && sourceAddress(replication) !== sourceAddress(following)) {
      return blocked(
        `${aurora.name} follows ${sourceAddress(replication)} now, and followed ${sourceAddress(following)} before.`,
        `Find out who changed that; stop and reset replication on ${aurora.name}, then reverse again.`,
      );
    }
    const from = upstreamAt ? positionText(upstreamAt) : `where ${upstream.name} stands`;
    const does = `follow ${sourceAddress(following)} again, from ${from}`;
    const place = async (stopping: AbortSignal) => upstreamAt ?? upstream.position(stopping);
    return [
      // What upstream logs later and came from Aurora itself, Aurora drops: events carry their origin's server_id.
      ...(replication ? [] : [pointAt(following, place, does)]),
      ...(replication && isRunning(replication) ? [] : [start]),
    ];
  },
});

const pendingFor = (aurora: AuroraReader, {host, port}: Replication) =>
  pending(
    {following: {host, port}},
    {what: aurora.name, is: `follows ${host}:${port}`, shouldBe: 'follows nobody'},
  );

function behind(
  aurora: AuroraReader,
  upstream: MysqlReader,
  replication: Replication,
  {end, started}: {end: {file: string; position: number}; started: boolean},
) {
  const {executed} = replication;
  const words = `${aurora.name} is at ${positionText(executed)}, ${distanceText(executed, end)} before ${positionText(end)} where ${upstream.name} stands`;
  // After our own start it catches up; before we began, the gates in front of this step were not waited for.
  return started && brokenReason(replication) === null
    ? waiting(words)
    : blocked(
        `${words}.`,
        `Freeze writes, and wait with mysql.caught-up until ${aurora.name} has executed everything.`,
      );
}

const stop = {
  on: 'aurora',
  does: 'stop replication',
  perform: async (aurora: AuroraWriter, signal: AbortSignal) => {
    const replication = await aurora.replication(signal);
    if (replication && replication.sql !== 'No') {
      await aurora.stopReplication(signal);
    }
  },
} as const;

const forgetUpstream = (upstream: MysqlReader, followed: string) => {
  const forgetting = forget(followed);
  return {
    ...forgetting,
    does: `forget ${followed}`,
    perform: async (aurora: AuroraWriter, signal: AbortSignal) => {
      const replication = await aurora.replication(signal);
      const end = await upstream.position(signal);
      // Whatever arrived upstream while replication was being stopped would be lost with it.
      if (replication && !hasReached(replication.executed, end)) {
        const at = positionText(replication.executed);
        throw new SwitcharooError(upstreamMoved(aurora.name, at, upstream.name, positionText(end)));
      }
      await forgetting.perform(aurora, signal);
    },
  } as const;
};
