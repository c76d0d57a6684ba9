import {z} from 'zod';
import {blocked, defineGate, done, waiting} from '../../src/index.ts';
import {positionSchema, positionText} from './replication/position.ts';
import {linkObstacle, type Members, ringLinks, untilExecuted} from './ring/links.ts';
import {type OwnWrites, ownTransactions, ownWritesSince} from './ring/own-writes.ts';
import {afterWrites, ringLogUnread, writesText} from './ring/problems.ts';
import {mysqlServer} from './target.ts';

const armed = z.object({
  /** From where Aurora's log is read: the output of `mysql.arm-ring`, or of this gate earlier in the runbook. */
  ...positionSchema.shape,
  ownTransactions: z.string().nullable().default(null),
});

/** How far the log was read before a crash, or before the time of a check was over, and what was found until there. */
const bookmark = z.object({
  readUntil: positionSchema,
  count: z.number(),
  first: z.array(z.string()),
});

/**
 * Before the freeze: all threads of the ring run, the source has executed all that Aurora has logged, and nobody but
 * replication wrote on Aurora since the ring was armed.
 */
export const ringIntact = defineGate({
  name: 'mysql.ring-intact',
  summary: 'Check that the ring runs and that nobody wrote on Aurora since it was armed.',
  targets: {source: mysqlServer, replica: mysqlServer, aurora: mysqlServer},
  input: armed,
  output: z.object({...positionSchema.shape, ownTransactions: z.string().nullable()}),
  needs: {
    source: ['REPLICATION CLIENT'],
    replica: ['REPLICATION CLIENT'],
    aurora: ['REPLICATION CLIENT', 'REPLICATION SLAVE'],
  },
  relies: [
    {fact: 'writes', of: 'aurora', are: 'refused'},
    {fact: 'replication', from: 'aurora', to: 'source', is: 'running'},
  ],
  timeoutMs: 600_000,
  neverSkip:
    'Only this gate proves that Aurora and the source have the same data before the freeze.',
  poll: {firstMs: 20, mostMs: 1_000},

  async check({targets, input, run, signal}) {
    const {source, aurora} = targets;
    const obstacle = await linkObstacle(ringLinks(targets), signal);
    if (obstacle) {
      return 'kind' in obstacle ? obstacle : waiting(obstacle.connecting);
    }
    if (!(await aurora.fence(signal)).readOnly) {
      return blocked(
        `${aurora.name} accepts writes (read_only = OFF) before the cutover: ${source.name} would receive them beside its own.`,
        `Check for writes on ${aurora.name} with SHOW PROCESSLIST, then CALL mysql.rds_set_read_only(1) there.`,
      );
    }
    const written = await writesOn(targets, {input, bookmark: run.bookmark}, signal);
    if ('kind' in written) {
      return written;
    }
    const behind = await untilExecuted({from: aurora, to: source}, signal);
    return behind === null ? done(written) : waiting(behind);
  },
});

/** The position up to which Aurora's log has no write of its own. */
async function writesOn(
  {source, aurora}: Members,
  {input, bookmark: kept}: {readonly input: z.output<typeof armed>; readonly bookmark: unknown},
  signal: AbortSignal,
) {
  const {file, position} = input;
  // Read first: a write after it changes them, and the next check reads the log.
  const end = await aurora.position(signal);
  const own = await ownTransactions(aurora, signal);
  if (own !== null && own === input.ownTransactions) {
    return {...end, ownTransactions: own};
  }
  const earlier = bookmark.safeParse(kept).data;
  const from = earlier?.readUntil ?? {file, position};
  const latest = await ownWritesSince(aurora, {from, limitMs: lookMs}, signal);
  // A later test row stands for all that came before it: the cutover was reversed, and the source has it.
  const writes = latest.ownTestRows > 0 ? latest : addedUp(earlier, latest);
  if (writes.isWhole) {
    return writes.count === 0
      ? {...writes.until, ownTransactions: own}
      : blocked(
          `${writesText(aurora.name, writes, {file, position})}.`,
          afterWrites(aurora.name, source.name),
        );
  }
  const {message, hint} = ringLogUnread(aurora.name, from);
  return writes.until === from
    ? blocked(message, hint)
    : waiting(`the log of ${aurora.name} is read up to ${positionText(writes.until)}`, {
        readUntil: {...writes.until},
        count: writes.count,
        first: [...writes.first],
      });
}

const addedUp = (earlier: z.output<typeof bookmark> | undefined, latest: OwnWrites): OwnWrites => ({
  ...latest,
  count: latest.count + (earlier?.count ?? 0),
  first: [...(earlier?.first ?? []), ...latest.first].slice(0, 3),
});

const lookMs = 5_000;
