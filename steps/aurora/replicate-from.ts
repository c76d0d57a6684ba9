import {z} from 'zod';
import {type Blocked, blocked, defineStep, done, pending, waiting} from '../../src/index.ts';
import {
  brokenReason,
  comparePositions,
  isRunning,
  type MysqlReader,
  mysqlServer,
  type Position,
  positionText,
  type Replication,
  sourceAddress,
} from '../mysql/index.ts';
import {fence, forget, pointAt, start, thaw} from './procedures/actions.ts';
import {type AuroraReader, auroraCluster} from './target.ts';

const input = z.object({
  /** How Aurora reaches upstream. */
  host: z.string(),
  port: z.coerce.number().int().default(3306),
  /** Where upstream stood when Aurora was seeded. */
  file: z.string(),
  position: z.coerce.number().int(),
});

type Address = Pick<z.output<typeof input>, 'host' | 'port'>;

/** Fences Aurora and lets it follow upstream from the seed on. It stays fenced until aurora.open-writes. */
export const replicateFrom = defineStep({
  name: 'aurora.replicate-from',
  summary: 'Fence Aurora, and let it replicate from upstream.',
  targets: {aurora: auroraCluster, upstream: mysqlServer},
  input,
  before: z.object({
    readOnly: z.boolean(),
    /** `null` before this step; otherwise it is half-way. */
    following: z.object({host: z.string(), port: z.number()}).nullable(),
  }),
  output: z.object({}),
  needs: {
    aurora: ['EXECUTE ON mysql.*', 'REPLICATION CLIENT'],
    upstream: ['REPLICATION CLIENT', 'an account for Aurora with REPLICATION SLAVE'],
  },
  reverses:
    'Stops replication on Aurora, forgets upstream, and lets it accept writes if it did before.',
  timeoutMs: 120_000,

  async check({targets: {aurora, upstream}, input: wanted, run, signal}) {
    const replication = await aurora.replication(signal);
    const {readOnly} = await aurora.fence(signal);
    if (!replication) {
      // Fenced and alone it was left by aurora.promote, which stands on this step: neither half-way nor undone.
      return run.started && readOnly && wasOpen(run.before)
        ? done({})
        : ((await whyNot(upstream, wanted, signal)) ??
            pending(
              {readOnly, following: null},
              {
                what: aurora.name,
                is: 'follows nobody',
                shouldBe: `follows ${sourceAddress(wanted)}`,
              },
            ));
    }
    if (replication.host !== wanted.host || replication.port !== wanted.port) {
      return followsAnother(aurora, replication, wanted);
    }
    return standing(aurora, replication, {readOnly, started: run.started});
  },

  async plan({targets: {aurora}, input: {host, port, file, position}, signal}) {
    const replication = await aurora.replication(signal);
    const {readOnly} = await aurora.fence(signal);
    const does = `follow ${host}:${port}, from ${file}:${position}`;
    return [
      // Pointed at upstream it does nothing yet; fenced first, it would look like a promoted one until then.
      ...(replication ? [] : [pointAt({host, port}, async () => ({file, position}), does)]),
      ...(readOnly ? [] : [fence]),
      ...(replication && isRunning(replication) ? [] : [start]),
    ];
  },

  // Always all of them: while aurora.promote still stands, it is planned from a world that its reversal changes first.
  async reverse({targets: {aurora}, input: wanted, signal}, before) {
    const replication = await aurora.replication(signal);
    return replication && sourceAddress(replication) !== sourceAddress(wanted)
      ? followsAnother(aurora, replication, wanted)
      : [forget(sourceAddress(wanted)), ...(before.readOnly ? [] : [thaw])];
  },
});

const followsAnother = (aurora: AuroraReader, replication: Replication, wanted: Address): Blocked =>
  blocked(
    `${aurora.name} follows ${sourceAddress(replication)}, not ${sourceAddress(wanted)}.`,
    `If nobody needs that, stop and reset replication on ${aurora.name}, then look again.`,
  );

function wasOpen(before: unknown): boolean {
  const {success, data} = replicateFrom.before.safeParse(before);
  return success && !data.readOnly;
}

/** A seed whose log is gone can never be continued. */
async function whyNot(
  upstream: MysqlReader,
  seed: Position,
  signal: AbortSignal,
): Promise<Blocked | null> {
  const oldest = await upstream.oldestLog(signal);
  const end = await upstream.position(signal);
  if (comparePositions(seed, end) === null) {
    return blocked(
      `The seed's position ${positionText(seed)} is not one of ${upstream.name}, whose log is ${end.file}.`,
      `Give the position that ${upstream.name} had when the seed was taken.`,
    );
  }
  const isPurged = (comparePositions({file: oldest, position: 0}, seed) ?? 1) > 0;
  return isPurged || (comparePositions(seed, end) ?? 1) > 0
    ? blocked(
        `${upstream.name} has its log from ${oldest} to ${positionText(end)}, and the seed was taken at ${positionText(seed)}.`,
        'Seed Aurora again, and keep the binary logs until it has caught up.',
      )
    : null;
}

function standing(
  aurora: AuroraReader,
  replication: Replication,
  {readOnly, started}: {readOnly: boolean; started: boolean},
) {
  const broken = brokenReason(replication);
  if (broken !== null && replication.error) {
    return blocked(
      `${aurora.name} does not replicate from ${sourceAddress(replication)}: ${broken}.`,
      `Read SHOW REPLICA STATUS (SHOW SLAVE STATUS) on ${aurora.name}, and remove the cause.`,
    );
  }
  if (readOnly && isRunning(replication)) {
    return done({});
  }
  if (!started) {
    return blocked(
      `${aurora.name} is already set to follow ${sourceAddress(replication)}, but ${readOnly ? 'its threads do not run' : 'it accepts writes'}.`,
      readOnly
        ? `Start it with CALL mysql.rds_start_replication, or reset it.`
        : `Fence it with CALL mysql.rds_set_read_only(1), after a look that nobody has written there.`,
    );
  }
  return broken === null && readOnly
    ? waiting(
        `${aurora.name} is connecting to ${sourceAddress(replication)}${replication.error ? `: ${replication.error.text}` : ''}`,
      )
    : pending(
        {readOnly, following: null},
        {
          what: aurora.name,
          is: `IO ${replication.io}, SQL ${replication.sql}`,
          shouldBe: 'both run',
        },
      );
}
