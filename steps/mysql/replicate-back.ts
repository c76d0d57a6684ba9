import {z} from 'zod';
import {blocked, defineStep, done, pending, waiting} from '../../src/index.ts';
import type {MysqlReader, Replication, SentinelKey} from './contract.ts';
import {brokenReversal, notFrozen, notReady, otherSource} from './replication/obstacles.ts';
import {positionSchema, positionText} from './replication/position.ts';
import {repairOf} from './replication/repair.ts';
import {brokenReason, isRunning, sourceAddress} from './replication/replication.ts';
import {nothingMissing, reversalLossOf} from './replication/reversal-loss.ts';
import {
  drainReplication,
  removeSentinel,
  resetReplication,
  setSource,
  startReplication,
  writeSentinel,
} from './replication/reverse-replication.ts';
import {tlsMissing} from './replication/tls.ts';
import {replicates} from './replication/upkeep.ts';
import {mysqlServer} from './target.ts';

const reverseReplication = z.object({
  /** How the replica reaches the source. */
  host: z.string(),
  port: z.coerce.number().int().default(3306),
  /** Where the source's log ended before a client could write there. */
  ...positionSchema.shape,
  /** Where the replica itself was frozen: the source does not have what it wrote later. */
  frozenAt: positionSchema.optional(),
});
type ReverseReplication = z.output<typeof reverseReplication>;

/**
 * Starts reverse replication: the old source replicates from Aurora, and a test row written there has arrived here.
 * Only then may writes be enabled on Aurora: from that moment on the old source receives everything that Aurora
 * accepts.
 */
export const replicateBack = defineStep({
  name: 'mysql.replicate-back',
  summary:
    'Start reverse replication from Aurora to the old source, and verify it with a test row.',
  targets: {replica: mysqlServer, source: mysqlServer},
  input: reverseReplication,
  before: z.object({source: z.null()}),
  output: z.object({}),
  needs: {
    replica: ['SUPER', 'REPLICATION CLIENT', 'REPLICATION SLAVE', 'SELECT ON switcharoo.*'],
    source: [
      'REPLICATION CLIENT',
      'CONNECTION_ADMIN (SUPER before 8.0): writes while it is read_only',
      'CREATE, SELECT, INSERT, DELETE ON switcharoo.*',
    ],
  },
  reverses:
    'Waits until the old source has executed everything that Aurora has written, then stops and resets its replication.',
  relies: [{fact: 'writes', of: 'replica', are: 'refused'}],
  effects: [{fact: 'replication', from: 'source', to: 'replica', is: 'running', drains: true}],
  upkeep: [
    {
      of: {fact: 'replication', from: 'source', to: 'replica', is: 'running'},
      reliedOnBy: 'reversal',
      check: ({targets: {replica}, input, signal}) => replicates(replica, input, signal),
      restore: async ({targets: {source}}) => [startReplication(source)],
    },
  ],
  claims: ['replica'],
  roundTrips: {replica: 10, source: 5},
  timeoutMs: 120_000,
  neverSkip: 'Without it, a reversal loses every write that Aurora accepts.',
  // Writes are unavailable meanwhile.
  poll: {firstMs: 5, mostMs: 50},

  async check({targets: {replica, source}, input, run, signal}) {
    const replication = await replica.replication(signal);
    if (replication && !isReverse(replication, input)) {
      return otherSource(replica, replication);
    }
    if (!replication) {
      const obstacle = run.started ? null : await notReady(replica, input.frozenAt, signal);
      return obstacle ?? notReplicating(replica, source);
    }
    if (!run.started) {
      return blocked(
        `${replica.name} already replicates from ${sourceAddress(input)}, and this run did not start that.`,
        `If it is left over from an earlier run, stop and reset it on ${replica.name} (RESET SLAVE ALL or RESET REPLICA ALL).`,
      );
    }
    return (
      tlsMissing(replica, replication) ??
      verifyTestRow({replica, source}, replication, keyOf(run), signal)
    );
  },

  async plan({targets: {replica, source}, input, run, signal}) {
    const [replication, hasSentinel] = await Promise.all([
      replica.replication(signal),
      source.hasSentinel(keyOf(run), signal),
    ]);
    return [
      ...(replication ? [] : [setSource(input, source.name)]),
      ...(replication && isRunning(replication) ? [] : [startReplication(source)]),
      ...(hasSentinel ? [] : [writeSentinel(keyOf(run))]),
    ];
  },

  async reverse({targets: {replica, source}, input, run, signal}) {
    const replication = await replica.replication(signal);
    if (replication && !isReverse(replication, input)) {
      return otherSource(replica, replication);
    }
    const hasSentinel = await source.hasSentinel(keyOf(run), signal);
    // Without its row, reverse replication was never started or was reversed completely.
    const broken =
      replication || hasSentinel
        ? await brokenReversal({replica, source}, replication, input, signal)
        : null;
    if (broken || !replication) {
      return broken ?? [];
    }
    // The row stays until the replica has everything: it shows whether replication was reset from outside or by this
    // step.
    return [
      drainReplication(source),
      ...(hasSentinel ? [removeSentinel(keyOf(run)), drainReplication(source)] : []),
      resetReplication(source.name),
    ];
  },

  async reversalLoss({targets: {replica, source}, input, signal}) {
    const replication = await replica.replication(signal);
    const reverse = replication && isReverse(replication, input) ? replication : null;
    // Its position is that of the promotion until replication starts.
    const nothing = replication ? null : await nothingMissing({replica, source}, input, signal);
    return nothing ?? reversalLossOf({replica, source}, reverse, input, signal);
  },
});

const keyOf = ({id, entry}: {id: string; entry: string}): SentinelKey => ({run: id, entry});

const isReverse = (replication: Replication, {host, port}: ReverseReplication): boolean =>
  replication.host === host && replication.port === port;

const notReplicating = (replica: MysqlReader, source: MysqlReader) =>
  pending(
    {source: null},
    {
      what: `${replica.name} replication source`,
      is: 'none',
      shouldBe: source.name,
    },
  );

async function verifyTestRow(
  {replica, source}: {readonly replica: MysqlReader; readonly source: MysqlReader},
  replication: Replication,
  key: SentinelKey,
  signal: AbortSignal,
) {
  const broken = brokenReason(replication);
  if (broken !== null && replication.error) {
    return blocked(
      `${replica.name} does not replicate from ${source.name}: ${broken}.`,
      `${repairOf(replica.name, replication)} Writes are still frozen on both sides, so the reversal loses nothing.`,
    );
  }
  const [isWritten, writable, hasArrived] = await Promise.all([
    source.hasSentinel(key, signal),
    notFrozen(replica, signal),
    replica.hasSentinel(key, signal),
  ]);
  if (broken !== null || !isWritten) {
    return notReplicating(replica, source);
  }
  if (writable) {
    return writable;
  }
  if (isRunning(replication) && hasArrived) {
    return done({});
  }
  return waiting(
    `${replica.name} is at ${positionText(replication.executed)} of ${source.name}, and the test row has not arrived (IO ${replication.io}, SQL ${replication.sql})`,
  );
}
