import {z} from 'zod';
import {blocked, defineStep, done, pending, SwitcharooError, waiting} from '../../src/index.ts';
import {
  brokenReason,
  changesSince,
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
  summary: 'Promote Aurora once it has caught up with upstream.',
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
  needs: {
    aurora: ['EXECUTE ON mysql.*', 'REPLICATION CLIENT'],
    upstream: ['REPLICATION CLIENT', 'REPLICATION SLAVE'],
  },
  reverses:
    'Starts replication from upstream again, at the position where it stopped; writes stay disabled.',
  relies: [
    {fact: 'writes', of: 'aurora', are: 'refused'},
    {fact: 'replication', from: 'upstream', to: 'aurora', is: 'running'},
  ],
  effects: [{fact: 'replication', from: 'upstream', to: 'aurora', is: 'stopped'}],
  roundTrips: {aurora: 9, upstream: 2},
  timeoutMs: 120_000,
  neverSkip: 'Without it, Aurora accepts writes while it still replicates from the old side.',
  poll: {firstMs: 50, mostMs: 1_000},

  async check({targets: {aurora, upstream}, input, run, signal}) {
    const [end, replication, {readOnly}] = await Promise.all([
      upstream.position(signal),
      aurora.replication(signal),
      aurora.fence(signal),
    ]);
    if (!replication) {
      return run.started
        ? done(await aurora.position(signal))
        : blocked(
            `${aurora.name} does not replicate from any server, so it cannot be promoted.`,
            `Set up replication from ${upstream.name} first (aurora.replicate-from).`,
          );
    }
    if (!readOnly) {
      return blocked(
        `${aurora.name} accepts writes while it replicates from ${sourceAddress(replication)}.`,
        `Check for writes on ${aurora.name}, then CALL mysql.rds_set_read_only(1) there.`,
      );
    }
    return hasReached(replication.executed, end)
      ? pendingFor(aurora, replication)
      : behind({aurora, upstream}, replication, {end, started: run.started, ...input}, signal);
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

interface Servers {
  readonly aurora: AuroraReader;
  readonly upstream: MysqlReader;
}

interface Progress {
  readonly end: Position;
  readonly started: boolean;
  readonly upstreamAt?: Position | undefined;
}

async function behind(
  {aurora, upstream}: Servers,
  replication: Replication,
  {end, started, upstreamAt}: Progress,
  signal: AbortSignal,
) {
  const {executed} = replication;
  const distance = distanceText(executed, end);
  const progress = `${aurora.name} is at ${positionText(executed)}, ${distance} behind ${upstream.name}, which is at ${positionText(end)}`;
  const changes = await changesSince(upstream, executed, signal);
  const broken = brokenReason(replication);
  if (changes.length === 0) {
    return rotated(aurora, replication, {progress, started, broken});
  }
  // After our own start it catches up; before it, the gates in front of this step were not waited for.
  if (started && broken === null) {
    return waiting(progress);
  }
  const isCaughtUp = upstreamAt && hasReached(executed, upstreamAt);
  return blocked(
    `${progress}: ${changes.join(', ')}.`,
    isCaughtUp
      ? `${upstream.name} was written to after ${aurora.name} had caught up. Check which session writes there with SHOW PROCESSLIST. Reverse to the checkpoint before the freeze, unless the writes changed no data.`
      : `Freeze writes, and wait with mysql.caught-up until ${aurora.name} has executed everything.`,
  );
}

/** Running threads read on to the next file within a second. Those that this step stopped do not, and miss nothing. */
function rotated(
  aurora: AuroraReader,
  replication: Replication,
  {
    progress,
    started,
    broken,
  }: {readonly progress: string; readonly started: boolean; readonly broken: string | null},
) {
  if (broken === null) {
    return waiting(`${progress}: the log was rotated, with no changes in between`);
  }
  return started
    ? pendingFor(aurora, replication)
    : blocked(
        `${progress}: the log was rotated, and ${broken}.`,
        `Start replication on ${aurora.name} with CALL mysql.rds_start_replication, then try again.`,
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
    perform: async (aurora: AuroraWriter, signal: AbortSignal) => {
      const replication = await aurora.replication(signal);
      const end = await upstream.position(signal);
      // A write that arrived upstream while replication was being stopped would be lost with the reset.
      const changes =
        replication && !hasReached(replication.executed, end)
          ? await changesSince(upstream, replication.executed, signal)
          : [];
      if (replication && changes.length > 0) {
        const at = positionText(replication.executed);
        const to = positionText(end);
        throw new SwitcharooError(writesOnUpstream(aurora.name, at, upstream.name, to, changes));
      }
      await reset.perform(aurora, signal);
    },
  } as const;
};
