import {z} from 'zod';
import {blocked, defineStep, done, pending, SwitcharooError, waiting} from '../../src/index.ts';
import {
  brokenReason,
  distanceText,
  hasReached,
  isRunning,
  type MysqlReader,
  mysqlServer,
  type Position,
  positionSchema,
  positionText,
  type Replication,
  sourceAddress,
} from '../mysql/index.ts';
import type {AuroraReader, AuroraWriter} from './contract.ts';
import {resetReplication, setSource, startReplication} from './replication/actions.ts';
import {writesOnUpstream} from './replication/problems.ts';
import {auroraCluster} from './target.ts';

const address = z.object({host: z.string(), port: z.number()});

/** Aurora stops replication from upstream; writes stay disabled. Reverse replication starts at its position then. */
export const promote = defineStep({
  name: 'aurora.promote',
  summary: 'Promote Aurora once it has executed everything from upstream.',
  targets: {aurora: auroraCluster, upstream: mysqlServer},
  input: z.object({
    /**
     * The position of the frozen upstream, from which Aurora replicates again when reversed. Without it the position at
     * the reversal is used: a write made there meanwhile, in spite of the freeze, would be missing on Aurora.
     */
    upstreamAt: positionSchema.optional(),
  }),
  before: z.object({source: address}),
  /** Aurora's own position, before any client can write there. */
  output: positionSchema,
  needs: {aurora: ['EXECUTE ON mysql.*', 'REPLICATION CLIENT'], upstream: ['REPLICATION CLIENT']},
  reverses:
    'Starts replication from upstream again, at the position where it stopped; writes stay disabled.',
  timeoutMs: 120_000,
  poll: {firstMs: 50, mostMs: 1_000},

  async check({targets: {aurora, upstream}, run, signal}) {
    const end = await upstream.position(signal);
    const replication = await aurora.replication(signal);
    if (!replication) {
      return run.started
        ? done(await aurora.position(signal))
        : blocked(
            `${aurora.name} does not replicate from any server, so it cannot be promoted.`,
            `Set up replication from ${upstream.name} first (aurora.replicate-from).`,
          );
    }
    if (!(await aurora.fence(signal)).readOnly) {
      return blocked(
        `${aurora.name} accepts writes while it replicates from ${sourceAddress(replication)}.`,
        `Check for writes on ${aurora.name}, then CALL mysql.rds_set_read_only(1) there.`,
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
          resetFrom(upstream, sourceAddress(replication)),
        ]
      : [];
  },

  async reverse({targets: {aurora, upstream}, input: {upstreamAt}, signal}, {source}) {
    const replication = await aurora.replication(signal);
    if (replication && sourceAddress(replication) !== sourceAddress(source)) {
      return blocked(
        `${aurora.name} replicates from ${sourceAddress(replication)} now, and replicated from ${sourceAddress(source)} before.`,
        `Stop and reset replication on ${aurora.name}, then reverse again.`,
      );
    }
    const from = upstreamAt ? positionText(upstreamAt) : `the position of ${upstream.name}`;
    const does = `replicate from ${sourceAddress(source)} again, starting at ${from}`;
    const position = async (stopping: AbortSignal) => upstreamAt ?? upstream.position(stopping);
    return [
      // Aurora drops what upstream logs later but came from Aurora itself: events carry their origin's server_id.
      ...(replication ? [] : [setSource(source, position, does)]),
      ...(replication && isRunning(replication) ? [] : [startReplication]),
    ];
  },
});

const pendingFor = (aurora: AuroraReader, {host, port}: Replication) =>
  pending(
    {source: {host, port}},
    {what: aurora.name, is: `replicates from ${host}:${port}`, shouldBe: 'does not replicate'},
  );

function behind(
  aurora: AuroraReader,
  upstream: MysqlReader,
  replication: Replication,
  {end, started}: {readonly end: Position; readonly started: boolean},
) {
  const {executed} = replication;
  const distance = distanceText(executed, end);
  const progress = `${aurora.name} is at ${positionText(executed)}, ${distance} behind ${upstream.name}, which is at ${positionText(end)}`;
  // After our own start it catches up; before it, the gates in front of this step were not waited for.
  return started && brokenReason(replication) === null
    ? waiting(progress)
    : blocked(
        `${progress}.`,
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

const resetFrom = (upstream: MysqlReader, source: string) => {
  const reset = resetReplication(source);
  return {
    ...reset,
    does: `reset replication from ${source}`,
    perform: async (aurora: AuroraWriter, signal: AbortSignal) => {
      const replication = await aurora.replication(signal);
      const end = await upstream.position(signal);
      // A write that arrived upstream while replication was being stopped would be lost with the reset.
      if (replication && !hasReached(replication.executed, end)) {
        const at = positionText(replication.executed);
        const to = positionText(end);
        throw new SwitcharooError(writesOnUpstream(aurora.name, at, upstream.name, to));
      }
      await reset.perform(aurora, signal);
    },
  } as const;
};
