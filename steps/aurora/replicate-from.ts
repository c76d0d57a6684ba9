import {z} from 'zod';
import {
  type Blocked,
  blocked,
  defineStep,
  done,
  pending,
  SwitcharooError,
  waiting,
} from '../../src/index.ts';
import {
  brokenReason,
  comparePositions,
  isRunning,
  type MysqlReader,
  mysqlServer,
  type Position,
  positionSchema,
  positionText,
  type Replication,
  repairOf,
  replicates,
  sourceAddress,
  tlsMissing,
} from '../mysql/index.ts';
import type {AuroraReader} from './contract.ts';
import {
  disableWrites,
  enableWrites,
  resetReplication,
  setSource,
  startReplication,
  stopAndRecord,
} from './replication/actions.ts';
import {replicationStart} from './replication/earlier-replication.ts';
import {alreadyReplicated} from './replication/problems.ts';
import {refusesWrites, refusingFromNow, refusingSince} from './replication/upkeep.ts';
import {auroraCluster} from './target.ts';

const input = z.object({
  /** How Aurora reaches upstream. */
  host: z.string(),
  port: z.coerce.number().int().default(3306),
  /** The position of upstream when Aurora was seeded: `file` and `position`. */
  ...positionSchema.shape,
});

type Target = z.output<typeof input>;
type Address = Pick<Target, 'host' | 'port'>;

/**
 * Disables writes on Aurora and replicates from the seed's position on, or from where an earlier run stopped that was
 * reversed to its start. Writes stay disabled until aurora.open-writes.
 */
export const replicateFrom = defineStep({
  name: 'aurora.replicate-from',
  summary: 'Disable writes on Aurora, and replicate from upstream.',
  targets: {aurora: auroraCluster, upstream: mysqlServer},
  input,
  before: z.object({
    readOnly: z.boolean(),
    /** `null` before this step; otherwise the step is half done. */
    source: z.object({host: z.string(), port: z.number()}).nullable(),
  }),
  output: refusingSince,
  needs: {
    aurora: [
      'EXECUTE ON mysql.*',
      'REPLICATION CLIENT',
      'REPLICATION SLAVE',
      'CONNECTION_ADMIN (SUPER before 8.0): writes while it is read_only',
      'CREATE, SELECT, INSERT, DELETE ON switcharoo.*',
    ],
    upstream: [
      'REPLICATION CLIENT',
      'REPLICATION SLAVE',
      'an account for Aurora with REPLICATION SLAVE',
    ],
  },
  reverses:
    'Stops and resets replication on Aurora, records where it stopped so that a later run continues there, and enables writes if they were enabled before.',
  effects: [
    {fact: 'writes', of: 'aurora', are: 'refused'},
    {fact: 'replication', from: 'upstream', to: 'aurora', is: 'running'},
  ],
  upkeep: [
    {
      of: {fact: 'writes', of: 'aurora', are: 'refused'},
      check: ({targets: {aurora}, now, signal}, done) => refusesWrites(aurora, done, {now, signal}),
      restore: async () => [disableWrites],
    },
    {
      of: {fact: 'replication', from: 'upstream', to: 'aurora', is: 'running'},
      check: ({targets: {aurora}, input: target, signal}) => replicates(aurora, target, signal),
      restore: async () => [startReplication],
    },
  ],
  timeoutMs: 120_000,
  neverSkip: 'Without it, Aurora does not receive the writes of the source.',

  async check({targets: {aurora, upstream}, input: target, run, signal}) {
    const replication = await aurora.replication(signal);
    const {readOnly} = await aurora.fence(signal);
    if (!replication) {
      // Read-only without replication is how aurora.promote leaves it: this step is neither half done nor undone.
      return run.started && readOnly && writesWereEnabled(run.before)
        ? done(await refusingFromNow(aurora, signal))
        : notReplicating({aurora, upstream}, target, {readOnly, started: run.started}, signal);
    }
    if (replication.host !== target.host || replication.port !== target.port) {
      return anotherSource(aurora, replication, target);
    }
    const unencrypted = isRunning(replication) ? tlsMissing(aurora, replication) : null;
    if (unencrypted) {
      return unencrypted;
    }
    if (readOnly && isRunning(replication)) {
      return done(await refusingFromNow(aurora, signal));
    }
    return verdictOn(aurora, replication, {readOnly, started: run.started});
  },

  async plan({targets: {aurora, upstream}, input: target, signal}) {
    const replication = await aurora.replication(signal);
    const {readOnly} = await aurora.fence(signal);
    return [
      // A source alone starts nothing; with writes disabled first, it would look like a promoted cluster until then.
      ...(replication ? [] : [await startAtPosition({aurora, upstream}, target, signal)]),
      ...(readOnly ? [] : [disableWrites]),
      ...(replication && isRunning(replication) ? [] : [startReplication]),
    ];
  },

  // Always all actions: while aurora.promote is applied, they are planned from a state that its reversal changes first.
  async reverse({targets: {aurora, upstream}, input: target, run, signal}, before) {
    const replication = await aurora.replication(signal);
    const address = sourceAddress(target);
    return replication && sourceAddress(replication) !== address
      ? anotherSource(aurora, replication, target)
      : [
          stopAndRecord(address, {run: run.id, seed: seedOf(target), upstream}),
          resetReplication(address),
          ...(before.readOnly ? [] : [enableWrites]),
        ];
  },
});

interface Servers {
  readonly aurora: AuroraReader;
  readonly upstream: MysqlReader;
}

const seedOf = ({file, position}: Target): Position => ({file, position});

async function notReplicating(
  servers: Servers,
  target: Target,
  {readOnly, started}: {readonly readOnly: boolean; readonly started: boolean},
  signal: AbortSignal,
) {
  const {aurora, upstream} = servers;
  const start = await replicationStart(servers, seedOf(target), signal);
  const isBlocked = 'kind' in start;
  const unusable = await seedUnusable(upstream, isBlocked ? seedOf(target) : start.from, signal);
  // Once this run has started here, its reversal must find what it found at first. Its own action refuses then.
  return (
    unusable ??
    (isBlocked && !started
      ? start
      : pending(
          {readOnly, source: null},
          {
            what: aurora.name,
            is: 'does not replicate',
            shouldBe: `replicates from ${sourceAddress(target)}`,
          },
        ))
  );
}

async function startAtPosition(servers: Servers, target: Target, signal: AbortSignal) {
  const look = (stopping: AbortSignal) => replicationStart(servers, seedOf(target), stopping);
  const planned = await look(signal);
  const {from, earlier} = 'kind' in planned ? {from: seedOf(target), earlier: null} : planned;
  const reason = earlier === null ? '' : `, where run ${earlier} stopped`;
  const does = `replicate from ${sourceAddress(target)}, starting at ${positionText(from)}${reason}`;
  const position = async (stopping: AbortSignal) => {
    const start = await look(stopping);
    if ('kind' in start) {
      throw new SwitcharooError(alreadyReplicated(servers.aurora.name, start.reason));
    }
    return start.from;
  };
  return setSource(target, position, does);
}

const anotherSource = (aurora: AuroraReader, actual: Replication, expected: Address): Blocked =>
  blocked(
    `${aurora.name} replicates from ${sourceAddress(actual)}, not from ${sourceAddress(expected)}.`,
    `If that replication is no longer needed, stop and reset it on ${aurora.name}, then check again.`,
  );

function writesWereEnabled(before: unknown): boolean {
  const {success, data} = replicateFrom.before.safeParse(before);
  return success && !data.readOnly;
}

/** Replication cannot start from a seed whose binary log is purged, or whose position is of another server. */
async function seedUnusable(
  upstream: MysqlReader,
  seed: Position,
  signal: AbortSignal,
): Promise<Blocked | null> {
  const oldest = await upstream.oldestLog(signal);
  const end = await upstream.position(signal);
  if (comparePositions(seed, end) === null) {
    return blocked(
      `The seed's position ${positionText(seed)} is not in the binary logs of ${upstream.name}, which writes ${end.file}.`,
      `Give the position that ${upstream.name} had when the seed was taken.`,
    );
  }
  const isPurged = (comparePositions({file: oldest, position: 0}, seed) ?? 1) > 0;
  return isPurged || (comparePositions(seed, end) ?? 1) > 0
    ? blocked(
        `${upstream.name} has its binary logs from ${oldest} to ${positionText(end)}, and the seed was taken at ${positionText(seed)}.`,
        'Seed Aurora again, and keep the binary logs until it has caught up.',
      )
    : null;
}

function verdictOn(
  aurora: AuroraReader,
  replication: Replication,
  {readOnly, started}: {readonly readOnly: boolean; readonly started: boolean},
) {
  const broken = brokenReason(replication);
  if (broken !== null && replication.error) {
    return blocked(
      `${aurora.name} does not replicate from ${sourceAddress(replication)}: ${broken}.`,
      repairOf(aurora.name, replication),
    );
  }
  if (!started) {
    return blocked(
      `${aurora.name} is already set up to replicate from ${sourceAddress(replication)}, but ${readOnly ? 'its threads do not run' : 'it accepts writes'}.`,
      readOnly
        ? `CALL mysql.rds_start_replication on ${aurora.name}, or reset its replication.`
        : `Check for writes on ${aurora.name}, then CALL mysql.rds_set_read_only(1) there.`,
    );
  }
  return broken === null && readOnly
    ? waiting(
        `${aurora.name} is connecting to ${sourceAddress(replication)}${replication.error ? `: ${replication.error.text}` : ''}`,
      )
    : pending(
        {readOnly, source: null},
        {
          what: aurora.name,
          is: `IO ${replication.io}, SQL ${replication.sql}`,
          shouldBe: 'both run',
        },
      );
}
