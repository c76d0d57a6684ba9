import {z} from 'zod';
import {
  type Blocked,
  blocked,
  defineStep,
  done,
  pending,
  type ReversalLoss,
  waiting,
} from '../../src/index.ts';
import type {Position, Replication} from './contract.ts';
import {brokenReversal, otherSource} from './replication/obstacles.ts';
import {positionSchema} from './replication/position.ts';
import {repairOf} from './replication/repair.ts';
import {brokenReason, isRunning, sourceAddress} from './replication/replication.ts';
import {startReplication} from './replication/reverse-replication.ts';
import {replicates} from './replication/upkeep.ts';
import {
  backKey,
  executeRing,
  forwardKey,
  leaveRing,
  removeRows,
  ringStart,
  setRingSource,
  startRing,
  writeBackRow,
  writeForwardRow,
} from './ring/actions.ts';
import {ringFindings} from './ring/checks.ts';
import {forwardLinks, linkObstacle, type Members, untilExecuted} from './ring/links.ts';
import {ownTransactions, ownWritesSince} from './ring/own-writes.ts';
import {afterWrites, writesText} from './ring/problems.ts';
import {ringLossOf} from './ring/ring-loss.ts';
import {mysqlServer} from './target.ts';

const address = z.object({
  /** How the source reaches Aurora. */
  host: z.string(),
  port: z.coerce.number().int().default(3306),
});

const armedRing = z.object({
  /** Everything that Aurora wrote itself after it came from nobody but a test row. */
  ...positionSchema.shape,
  /** What Aurora's own transaction ids were then; `null` where it has none. */
  ownTransactions: z.string().nullable(),
  /** Whether Aurora logs what it replicates: then every write of the source comes back to it, and is dropped there. */
  returns: z.boolean(),
});

/**
 * Closes the ring source > replica > Aurora > source days before the cutover, while Aurora still refuses writes. A test
 * row has then gone each way, so the freeze needs neither a promotion nor a new replication.
 */
export const armRing = defineStep({
  name: 'mysql.arm-ring',
  summary:
    'Start reverse replication beside the forward one, and verify both with test rows (experimental).',
  targets: {source: mysqlServer, replica: mysqlServer, aurora: mysqlServer},
  input: address,
  before: z.object({source: z.null()}),
  output: armedRing,
  needs: {
    source: [
      'SUPER',
      'REPLICATION CLIENT',
      'REPLICATION SLAVE',
      'CREATE, SELECT, INSERT, DELETE ON switcharoo.*',
    ],
    replica: ['REPLICATION CLIENT'],
    aurora: [
      'REPLICATION CLIENT',
      'REPLICATION SLAVE',
      'CONNECTION_ADMIN (SUPER before 8.0): writes while it is read_only',
      'CREATE, SELECT, INSERT, DELETE ON switcharoo.*',
    ],
  },
  reverses:
    'Waits until the source has executed what Aurora has written, removes the test rows, then stops and resets its replication from Aurora.',
  relies: [
    {fact: 'writes', of: 'aurora', are: 'refused'},
    {fact: 'replication', from: 'source', to: 'replica', is: 'running'},
    {fact: 'replication', from: 'replica', to: 'aurora', is: 'running'},
  ],
  effects: [{fact: 'replication', from: 'aurora', to: 'source', is: 'running'}],
  upkeep: [
    {
      of: {fact: 'replication', from: 'aurora', to: 'source', is: 'running'},
      reliedOnBy: 'reversal',
      check: ({targets: {source}, input, signal}) => replicates(source, input, signal),
      restore: async ({targets: {aurora}, signal}) => [
        // Once Aurora accepts writes, the source replicates what its clients write.
        (await aurora.fence(signal)).readOnly
          ? startRing(aurora)
          : {...startReplication(aurora), on: 'source' as const},
      ],
    },
  ],
  claims: ['source'],
  timeoutMs: 300_000,
  neverSkip: 'Without it, a reversal loses every write that Aurora accepts.',
  poll: {firstMs: 50, mostMs: 1_000},

  async check({targets, input, run, signal}) {
    const {source, aurora} = targets;
    const replication = await source.replication(signal);
    if (replication && !isRing(replication, input)) {
      return otherSource(source, replication);
    }
    if (replication && !run.started) {
      return blocked(
        `${source.name} already replicates from ${sourceAddress(input)}, and this run did not start that.`,
        `If it is the ring of an earlier run, go on with that run (switcharoo runs) or reverse it; otherwise stop and reset it on ${source.name} (RESET SLAVE ALL or RESET REPLICA ALL).`,
      );
    }
    const obstacle = run.started ? null : await obstacleTo(targets, signal);
    if (obstacle) {
      return obstacle;
    }
    const since = await ringStart(source, run, signal);
    if (!replication || since === null || !(await aurora.hasSentinel(backKey(run), signal))) {
      const leaving = replication ? null : await stillLeaving(targets, run, signal);
      return leaving ?? notArmed(targets);
    }
    return verifyRing(targets, replication, {since, run}, signal);
  },

  async plan({targets, input, run, signal}) {
    const {source, aurora} = targets;
    const replication = await source.replication(signal);
    const [hasForward, hasBack] = await Promise.all([
      source.hasSentinel(forwardKey(run), signal),
      aurora.hasSentinel(backKey(run), signal),
    ]);
    return [
      ...(hasForward ? [] : [writeForwardRow(forwardKey(run), aurora)]),
      ...(replication ? [] : [setRingSource(input, targets, run)]),
      ...(replication && isRunning(replication) ? [] : [startRing(aurora)]),
      ...(hasBack ? [] : [writeBackRow(targets, run)]),
    ];
  },

  async reverse({targets, input, run, signal}) {
    const {source, aurora} = targets;
    const replication = await source.replication(signal);
    if (replication && !isRing(replication, input)) {
      return otherSource(source, replication);
    }
    if (replication && !(await aurora.fence(signal)).readOnly) {
      return blocked(
        `${aurora.name} accepts writes, and without the ring ${source.name} would not receive them.`,
        'Reverse the entry that opened writes first (aurora.open-writes-in-ring).',
      );
    }
    const keys = [forwardKey(run), backKey(run)];
    const there = await Promise.all([
      source.hasSentinel(forwardKey(run), signal),
      aurora.hasSentinel(backKey(run), signal),
    ]);
    const remove = there.some(Boolean) ? [removeRows(keys)] : [];
    if (replication && brokenReason(replication) !== null && replication.error) {
      return (
        (await lossOnReversal(targets, replication, signal)) ?? [...remove, leaveRing(aurora.name)]
      );
    }
    return [
      ...(replication ? [executeRing(aurora)] : []),
      ...remove,
      ...(replication ? [leaveRing(aurora.name)] : []),
    ];
  },

  async reversalLoss({targets, run, signal}): Promise<ReversalLoss> {
    return ringLossOf(targets, await ringStart(targets.source, run, signal), signal);
  },
});

const isRing = (replication: Replication, {host, port}: z.output<typeof address>): boolean =>
  replication.host === host && replication.port === port;

/** All that forbids a ring with these servers as they are now. */
async function obstacleTo(members: Members, signal: AbortSignal): Promise<Blocked | null> {
  const {source, aurora} = members;
  if (!(await aurora.fence(signal)).readOnly) {
    return blocked(
      `${aurora.name} accepts writes (read_only = OFF), and in a ring only one side may accept them.`,
      `Let ${aurora.name} replicate first (aurora.replicate-from), which disables writes.`,
    );
  }
  if ((await source.fence(signal)).readOnly) {
    return blocked(
      `${source.name} refuses writes (read_only = ON), so no test row can be written there.`,
      'Arm the ring before the freeze.',
    );
  }
  const broken = await linkObstacle(forwardLinks(members), signal);
  if (broken && 'kind' in broken) {
    return broken;
  }
  const findings = await ringFindings(members, signal);
  const blocking = findings.filter(({severity}) => severity === 'blocks');
  return blocking.length === 0
    ? null
    : blocked(
        `A ring of ${source.name}, ${members.replica.name} and ${aurora.name} is not possible: ${blocking.map(({observed}) => observed).join('; ')}.`,
        `${[...new Set(blocking.map(({fix}) => fix))].join(' ')} Without a ring, use a runbook with mysql.replicate-back.`,
      );
}

const notArmed = ({source, aurora}: Members) =>
  pending(
    {source: null},
    {what: `${source.name} replication source`, is: 'none', shouldBe: `${aurora.name} (ring)`},
  );

/** The removal of the test rows still has to arrive: until then Aurora is not as it was. */
async function stillLeaving(
  {source, replica, aurora}: Members,
  run: {readonly id: string; readonly entry: string},
  signal: AbortSignal,
) {
  const [onSource, onAurora] = await Promise.all([
    source.hasSentinel(forwardKey(run), signal),
    aurora.hasSentinel(forwardKey(run), signal),
  ]);
  return !onSource && onAurora
    ? waiting(`${aurora.name} still has the test row of this run (through ${replica.name})`)
    : null;
}

async function verifyRing(
  members: Members,
  replication: Replication,
  {since, run}: {readonly since: Position; readonly run: {id: string; entry: string}},
  signal: AbortSignal,
) {
  const {source, aurora} = members;
  const broken = brokenReason(replication);
  if (broken !== null && replication.error) {
    return blocked(
      `${source.name} does not replicate from ${aurora.name}: ${broken}.`,
      `${repairOf(source.name, replication)} Writes on ${source.name} go on, and the reversal of this entry loses nothing.`,
    );
  }
  if (broken !== null) {
    return notArmed(members);
  }
  if (!(await source.hasSentinel(backKey(run), signal))) {
    return waiting(
      `the test row of ${aurora.name} has not arrived on ${source.name} (IO ${replication.io}, SQL ${replication.sql})`,
    );
  }
  const behind = await untilExecuted({from: aurora, to: source}, signal);
  if (behind !== null) {
    return waiting(behind);
  }
  // Read first: what is written between the two is then in neither, and the next check tells it.
  const own = await ownTransactions(aurora, signal);
  const writes = await ownWritesSince(aurora, {from: since, limitMs: readLimitMs}, signal);
  if (writes.count > 0) {
    return blocked(
      `${writesText(aurora.name, writes, since)}.`,
      afterWrites(aurora.name, source.name),
    );
  }
  return done(
    {...since, ownTransactions: own, returns: writes.logsReplicated},
    `${experimental}${writes.logsReplicated ? '' : ` ${aurora.name} does not log what it replicates, so the test rows went one way each, and none went round.`}`,
  );
}

const experimental =
  'The ring is experimental: no Aurora of AWS has run it yet. The order without it is in runbooks/warm-cutover.ts.';

const readLimitMs = 10_000;

/** The ring is broken: what Aurora wrote itself and the source has not executed would be lost. */
async function lossOnReversal(
  {source, aurora}: Members,
  replication: Replication,
  signal: AbortSignal,
): Promise<Blocked | null> {
  const from = replication.executed;
  const writes = await ownWritesSince(aurora, {from, limitMs: readLimitMs}, signal);
  return writes.count === 0
    ? null
    : brokenReversal({replica: source, source: aurora}, replication, from, signal);
}
