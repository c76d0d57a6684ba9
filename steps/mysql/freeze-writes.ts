import {z} from 'zod';
import {
  blocked,
  type Difference,
  defineStep,
  done,
  pending,
  SwitcharooError,
  settling,
  type Verdict,
} from '../../src/index.ts';
import {errnoOf} from './dialect.ts';
import {positionText} from './position.ts';
import {freezeNotTaken, freezeWaitedTooLong, thawedWhileFollowing} from './problems.ts';
import {followedAt} from './replication.ts';
import {type MysqlReader, type MysqlWriter, mysqlServer, watchPosition} from './server.ts';
import {clientText, endClients} from './sessions.ts';

const before = z.object({
  readOnly: z.literal(false),
  /** `null` where the server does not have it. */
  superReadOnly: z.literal(false).nullable(),
  eventScheduler: z.string(),
});

/** Stops writes on the source, so that the position it reports is its last one. */
export const freezeWrites = defineStep({
  name: 'mysql.freeze-writes',
  summary: 'Stop writes on the source and record where it stopped.',
  targets: {source: mysqlServer},
  input: z.object({
    /** How long all writes may queue behind a lock before the freeze gives up. */
    lockWaitSeconds: z.coerce.number().int().positive().default(2),
    /** Accounts whose sessions stay: monitoring, backup. They must not write. */
    keepUsers: z.array(z.string()).default([]),
    /** Left alone, clients can read on. What they have not committed is refused all the same. */
    endSessions: z.boolean().default(true),
    /** How long the last position is watched. With 0, `mysql.stands-still` has to look later whether it moved. */
    watchMs: z.coerce.number().int().nonnegative().default(200),
  }),
  before,
  output: z.object({file: z.string(), position: z.number()}),
  needs: {source: ['SUPER', 'PROCESS', 'REPLICATION CLIENT']},
  reverses: 'Lets the source accept writes again, and starts its event scheduler if it ran.',
  undoWhenFailed: true,
  timeoutMs: 20_000,
  poll: {firstMs: 50, mostMs: 500},

  async check({targets: {source}, input, run, signal}) {
    const {keepUsers} = input;
    const now = await stateOf(source, signal);
    if (now.readOnly && !run.begun) {
      return blocked(
        `${source.name} already refuses writes (read_only = ON), and this run did not do it.`,
        `Find out who set it and why; if it is a mistake: SET GLOBAL read_only = OFF on ${source.name}.`,
      );
    }
    if (!isFenced(now)) {
      const inTheWay = run.begun ? [] : await obstacles(source, keepUsers, signal);
      return inTheWay.length > 0
        ? blocked(
            `Writes on ${source.name} cannot be frozen: ${inTheWay.join('; ')}.`,
            'Let them finish, or end them with KILL and their session id, then look again.',
          )
        : pending(asBefore(now), ...differences(source, now));
    }
    return (
      (await stillOpen(source, now, input, signal)) ?? lastPosition(source, input.watchMs, signal)
    );
  },

  async plan({targets: {source}, input, signal}) {
    const {lockWaitSeconds, keepUsers} = input;
    const now = await stateOf(source, signal);
    return [
      ...(now.eventScheduler === 'ON' ? [stopEvents] : []),
      ...(isFenced(now) ? [] : [refuseWrites(now.superReadOnly !== null, lockWaitSeconds)]),
      ...(input.endSessions ? [endSessions(keepUsers)] : []),
    ];
  },

  async reverse({targets: {source}, signal}, found) {
    const now = await stateOf(source, signal);
    return [
      ...(now.readOnly ? [acceptWrites] : []),
      ...(now.eventScheduler === 'OFF' && found.eventScheduler === 'ON' ? [startEvents] : []),
    ];
  },
});

interface State {
  readonly readOnly: boolean;
  readonly superReadOnly: boolean | null;
  readonly eventScheduler: string;
}

async function stateOf(source: MysqlReader, signal: AbortSignal): Promise<State> {
  const {readOnly, superReadOnly} = await source.fence(signal);
  const {event_scheduler: eventScheduler = 'DISABLED'} = await source.settings(
    ['event_scheduler'],
    signal,
  );
  return {readOnly, superReadOnly, eventScheduler};
}

const asBefore = ({superReadOnly, eventScheduler}: State): z.output<typeof before> => ({
  readOnly: false,
  superReadOnly: superReadOnly === null ? null : false,
  eventScheduler,
});

const isFenced = ({readOnly, superReadOnly}: State): boolean => readOnly && superReadOnly !== false;

function differences(source: MysqlReader, {superReadOnly, eventScheduler}: State): Difference[] {
  const setting = superReadOnly === null ? 'read_only' : 'super_read_only';
  return [
    {what: `${source.name} ${setting}`, is: 'OFF', shouldBe: 'ON'},
    ...(eventScheduler === 'ON'
      ? [{what: `${source.name} event_scheduler`, is: 'ON', shouldBe: 'OFF'}]
      : []),
  ];
}

/** What would hold the fence up, or get round it. */
async function obstacles(
  source: MysqlReader,
  keepUsers: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const prepared = await source.preparedTransactions(signal);
  const followed = await source.replication(signal);
  const open = await source.openTransactions(signal);
  const long = open.filter(({seconds}) => seconds > longTransactionSeconds);
  const locked = await source.lockedTables(signal);
  return [
    ...(prepared > 0
      ? [`${prepared} XA transactions are prepared (XA RECOVER), which read_only lets through`]
      : []),
    ...(followed
      ? [`it follows ${followedAt(followed)}, and would go on writing what comes from there`]
      : []),
    ...long.map((one) => `${clientText(one)} has had a transaction open for ${one.seconds} s`),
    ...(locked.length > 0 ? [`a session holds LOCK TABLES on ${locked.join(', ')}`] : []),
    ...open
      .filter(({user}) => keepUsers.includes(user))
      .map((one) => `${clientText(one)} is to be kept, and has uncommitted changes`),
  ];
}

const longTransactionSeconds = 5;

/** What could still write although the fence stands. */
async function stillOpen(
  source: MysqlReader,
  now: State,
  {keepUsers, endSessions: areEnded}: {keepUsers: readonly string[]; endSessions: boolean},
  signal: AbortSignal,
): Promise<Verdict<z.output<typeof before>, never> | null> {
  if ((await source.preparedTransactions(signal)) > 0) {
    return blocked(
      `${source.name} refuses writes, but holds a prepared XA transaction, which can still be committed.`,
      `Decide about it with XA COMMIT or XA ROLLBACK on ${source.name}, then resume.`,
    );
  }
  const open = areEnded
    ? (await source.openTransactions(signal)).filter(({user}) => !keepUsers.includes(user))
    : [];
  if (open.length === 0 && now.eventScheduler !== 'ON') {
    return null;
  }
  return pending(
    asBefore(now),
    ...open.map((one) => ({
      what: clientText(one),
      is: 'has uncommitted changes',
      shouldBe: 'ended',
    })),
    ...(now.eventScheduler === 'ON'
      ? [{what: `${source.name} event_scheduler`, is: 'ON', shouldBe: 'OFF'}]
      : []),
  );
}

async function lastPosition(source: MysqlReader, watchMs: number, signal: AbortSignal) {
  // Once the way back is armed the fenced source writes what comes from its new leader.
  if (watchMs === 0 || (await source.replication(signal))) {
    return done(await source.position(signal));
  }
  const {first, last, stands} = await watchPosition(source, signal, watchMs);
  return stands
    ? done(last)
    : settling(
        `${source.name} refuses writes, and its position still moves from ${positionText(first)} to ${positionText(last)}: an account with SUPER writes`,
      );
}

const stopEvents = {
  on: 'source',
  does: 'set event_scheduler = OFF',
  perform: (source: MysqlWriter, signal: AbortSignal) => source.setEventScheduler(false, signal),
} as const;

const startEvents = {
  on: 'source',
  does: 'set event_scheduler = ON',
  perform: (source: MysqlWriter, signal: AbortSignal) => source.setEventScheduler(true, signal),
} as const;

const refuseWrites = (hasSuperReadOnly: boolean, lockWaitSeconds: number) =>
  ({
    on: 'source',
    does: `set ${hasSuperReadOnly ? 'super_read_only' : 'read_only'} = ON, waiting at most ${lockWaitSeconds} s for locks`,
    perform: async (source: MysqlWriter, signal: AbortSignal) => {
      try {
        await source.fenceWrites(lockWaitSeconds, signal);
      } catch (cause) {
        throw errnoOf(cause) === lockWaitTimeout
          ? new SwitcharooError(
              freezeWaitedTooLong(source.name, lockWaitSeconds, await suspects(source, signal)),
              {cause},
            )
          : cause;
      }
      if (!(await source.fence(signal)).readOnly) {
        throw new SwitcharooError(freezeNotTaken(source.name));
      }
    },
  }) as const;

const lockWaitTimeout = 1205;

async function suspects(source: MysqlReader, signal: AbortSignal): Promise<readonly string[]> {
  const open = await source.openTransactions(signal);
  const locked = await source.lockedTables(signal);
  return [
    ...open.map((one) => `${clientText(one)} has had a transaction open for ${one.seconds} s`),
    ...locked.map((table) => `a session holds LOCK TABLES on ${table}`),
  ];
}

const endSessions = (keepUsers: readonly string[]) =>
  ({
    on: 'source',
    does:
      keepUsers.length === 0
        ? 'end all client sessions'
        : `end all client sessions but those of ${keepUsers.join(', ')}`,
    perform: (source: MysqlWriter, signal: AbortSignal, say: (text: string) => void) =>
      endClients(source, {keepUsers, signal, say}),
  }) as const;

const acceptWrites = {
  on: 'source',
  does: 'set read_only = OFF',
  perform: async (source: MysqlWriter, signal: AbortSignal) => {
    // While it follows the new side, writes here and writes there would be two histories.
    const followed = await source.replication(signal);
    if (followed) {
      throw new SwitcharooError(thawedWhileFollowing(source.name, followedAt(followed)));
    }
    await source.allowWrites(signal);
  },
} as const;
