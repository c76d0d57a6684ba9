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
  hasThaw,
  type MysqlReader,
  type MysqlWriter,
  mysqlServer,
  type Position,
  positionSchema,
  type Replication,
  reversalLossOf,
  writeAfterFreeze,
} from '../mysql/index.ts';
import type {AuroraReader, AuroraWriter} from './contract.ts';
import {closed, endSessions, executeLastWrite} from './fence/last-write.ts';
import {disableWrites, enableWrites} from './replication/actions.ts';
import {sourceWritable} from './replication/problems.ts';
import {acceptsWrites} from './replication/upkeep.ts';
import {auroraCluster} from './target.ts';

/**
 * The cut of a ring: Aurora accepts the application's writes while both replications run. Its reversal refuses them
 * again and waits until the source has every one; the ring stays as it is, and the cutover can be repeated at once.
 */
export const openWritesInRing = defineStep({
  name: 'aurora.open-writes-in-ring',
  summary: 'Enable writes on Aurora, while it replicates in a ring with the frozen source.',
  targets: {aurora: auroraCluster, source: mysqlServer},
  input: z.object({
    /** When reversed. With `false` clients stay and can read; what they have not committed is refused all the same. */
    endSessions: z.boolean().default(true),
    /** The output of `mysql.freeze-in-ring`: nothing may have been written on the source since then. */
    frozenAt: positionSchema.extend({endsItself: z.boolean()}).optional(),
  }),
  before: z.object({readOnly: z.literal(true)}),
  output: z.object({}),
  needs: {
    aurora: [
      'EXECUTE ON mysql.*',
      'PROCESS',
      'REPLICATION CLIENT',
      'REPLICATION SLAVE',
      'CONNECTION_ADMIN (SUPER before 8.0): writes while it is read_only',
      'CREATE, SELECT, INSERT, DELETE ON switcharoo.*',
    ],
    source: ['SUPER', 'REPLICATION CLIENT'],
  },
  reverses:
    'Disables writes on Aurora, ends all client sessions (unless endSessions is false), and waits until the source has executed everything that Aurora has written. The ring stays.',
  relies: [
    {fact: 'writes', of: 'aurora', are: 'refused'},
    {fact: 'writes', of: 'source', are: 'refused'},
    {fact: 'replication', from: 'aurora', to: 'source', is: 'running'},
  ],
  effects: [
    {fact: 'freeze', of: 'source', lasts: true},
    {fact: 'drained', from: 'aurora', to: 'source'},
    {fact: 'writes', of: 'aurora', are: 'accepted'},
  ],
  upkeep: [
    {
      of: {fact: 'writes', of: 'aurora', are: 'accepted'},
      reliedOnBy: 'visitors',
      check: ({targets: {aurora, source}, now, signal}, {at}) =>
        acceptsWrites({aurora, other: source}, at, {now, signal}),
      restore: async ({targets: {source}}) => [openBeside(source)],
    },
  ],
  roundTrips: {source: 2, aurora: 2},
  timeoutMs: 120_000,
  // The reversals between change nothing on Aurora; a replication that breaks meanwhile fails the last action.
  reversalAhead: true,
  neverSkip: 'Without it, traffic goes to a database that refuses writes.',
  poll: {firstMs: 5, mostMs: 500},

  async check({targets: {aurora, source}, input, run, seen, signal}) {
    if (seen === opened) {
      return done({});
    }
    if (seen === closed && !input.endSessions) {
      return refusing(aurora);
    }
    // Asked together: nobody can write meanwhile.
    const [{readOnly}, obstacle] = await Promise.all([
      aurora.fence(signal),
      run.started ? null : obstacleTo({aurora, source}, input.frozenAt, signal),
    ]);
    if (!readOnly) {
      return run.started
        ? done({})
        : blocked(
            `${aurora.name} already accepts writes (read_only = OFF), and this run did not enable them.`,
            `Check which sessions write on ${aurora.name} with SHOW PROCESSLIST, then CALL mysql.rds_set_read_only(1).`,
          );
    }
    if (obstacle) {
      return obstacle;
    }
    if (run.started && input.endSessions) {
      const open = await aurora.openTransactions(signal);
      if (open.length > 0) {
        return waiting(`${aurora.name} refuses writes, and ends ${open.length} open transactions`);
      }
    }
    return refusing(aurora);
  },

  // Aurora is opened only after the source has confirmed that its freeze no longer ends itself: also where an earlier
  // attempt has removed the event, and nobody heard whether it ran.
  async plan({targets: {source}, input, run, signal}) {
    const lasts = input.frozenAt?.endsItself === false && !run.started;
    const isArmed = !lasts && (await hasThaw(source, signal));
    return [...(isArmed ? [disarm] : run.started ? [checkThaw] : []), openBeside(source)];
  },

  // Always all actions: what an earlier try left undone cannot be seen, and each may be repeated.
  async reverse({targets: {aurora, source}, input, run, signal}) {
    const replication = await source.replication(signal);
    const broken = await brokenRing({aurora, source}, replication, signal);
    return (
      broken ?? [
        disableWrites,
        ...(input.endSessions ? [endSessions] : []),
        markEnd({run: run.id, entry: `${run.entry} reversed`}),
        executeLastWrite(aurora),
      ]
    );
  },

  async reversalLoss({targets: {aurora, source}, signal}) {
    const replication = await source.replication(signal);
    const start = await aurora.position(signal);
    return reversalLossOf({replica: source, source: aurora}, replication, start, signal);
  },
});

interface Sides {
  readonly aurora: AuroraReader;
  readonly source: MysqlReader;
}

const refusing = ({name}: AuroraReader) =>
  pending({readOnly: true as const}, {what: `${name} read_only`, is: 'ON', shouldBe: 'OFF'});

/** What the action that opens Aurora returns: its variable was read after the call. */
const opened = 'opened';

async function obstacleTo(
  {aurora, source}: Sides,
  frozenAt: Position | undefined,
  signal: AbortSignal,
): Promise<Blocked | null> {
  const [ofSource, replication, written] = await Promise.all([
    source.fence(signal),
    source.replication(signal),
    frozenAt ? writeAfterFreeze(source, frozenAt, signal) : null,
  ]);
  if (!ofSource.readOnly) {
    return blocked(
      `${source.name} accepts writes (read_only = OFF); with writes enabled on ${aurora.name}, both sides of the ring would accept them.`,
      'Freeze writes on the source first (mysql.freeze-writes).',
    );
  }
  if (written) {
    return blocked(written.message, written.hint);
  }
  const is = replication ? brokenReason(replication) : 'it has no source';
  return is === null
    ? null
    : blocked(
        `${source.name} does not replicate from ${aurora.name}: ${is}. A reversal would lose what ${aurora.name} accepts.`,
        'Arm the ring first (mysql.arm-ring), or repair it; the reversal of the freeze loses nothing.',
      );
}

/** If this process dies after it, neither side accepts writes until the run is resumed or reversed. */
const disarm = {
  on: 'source',
  does: 'drop the event mysql.switcharoo_thaw: until Aurora is open, only a resume or a reversal ends the freeze',
  perform: (source: MysqlWriter, signal: AbortSignal) => source.disarmThaw(signal),
} as const;

const checkThaw = {
  on: 'source',
  does: 'check that the freeze has not ended by itself, and cannot any more',
  perform: (source: MysqlWriter, signal: AbortSignal) => source.checkThawed(signal),
} as const;

/** A source whose read_only was reset meanwhile would be a second writer. */
const openBeside = (source: MysqlReader) =>
  ({
    on: 'aurora',
    does: enableWrites.does,
    perform: async (aurora: AuroraWriter, signal: AbortSignal) => {
      if (!(await source.fence(signal)).readOnly) {
        throw new SwitcharooError(sourceWritable(source.name, aurora.name));
      }
      await enableWrites.perform(aurora, signal);
      return opened;
    },
  }) as const;

/** What Aurora had accepted would be missing on the source for good. */
async function brokenRing(
  {aurora, source}: Sides,
  replication: Replication | null,
  signal: AbortSignal,
): Promise<Blocked | null> {
  const reason = replication?.error
    ? brokenReason(replication)
    : replication
      ? null
      : 'it has no source';
  if (reason === null) {
    return null;
  }
  const start = await aurora.position(signal);
  const {because} = await reversalLossOf(
    {replica: source, source: aurora},
    replication,
    start,
    signal,
  );
  return blocked(
    `Reverse replication to ${source.name} is broken: ${reason}. ${because.join(' ')}`,
    `Repair replication on ${source.name} until it has caught up, then reverse again; or stay on ${aurora.name}.`,
  );
}

/** A test row that comes and goes: later, only what Aurora's log has after it counts as written before the cutover. */
const markEnd = (key: {readonly run: string; readonly entry: string}) =>
  ({
    on: 'aurora',
    does: 'mark the end of what clients have written in its log, with a test row',
    perform: async (aurora: MysqlWriter, signal: AbortSignal) => {
      await aurora.passSentinel(key, signal);
    },
  }) as const;
