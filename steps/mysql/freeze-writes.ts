import {z} from 'zod';
import {
  blocked,
  type Difference,
  defineStep,
  done,
  pending,
  type Verdict,
  waiting,
} from '../../src/index.ts';
import {accountText, isSameAccount} from './accounts/accounts.ts';
import type {Account, MysqlReader, PersistedFence} from './contract.ts';
import {
  acceptWrites,
  endingUnbound,
  endSessions,
  forgetRestart,
  keepThroughRestart,
  lockAccounts,
  refuseWrites,
  startEvents,
  stopEvents,
  unlockAccounts,
} from './freeze/actions.ts';
import {clientText} from './freeze/clients.ts';
import {locksText} from './freeze/table-locks.ts';
import {changesSince} from './replication/binlog.ts';
import {positionSchema, positionText} from './replication/position.ts';
import {sourceAddress} from './replication/replication.ts';
import {watchPosition} from './replication/waits.ts';
import {mysqlServer} from './target.ts';

const before = z.object({
  /** A freeze begins where writes are accepted; only a look at a freeze that stands sees it ON. */
  readOnly: z.boolean(),
  /** `null` where the server does not have it. */
  superReadOnly: z.boolean().nullable(),
  eventScheduler: z.string(),
  /** Accounts that could log in and that the freeze locks. */
  accounts: z.array(z.object({user: z.string(), host: z.string()})).default([]),
  /** What was kept through a restart before; `null` where the server cannot keep it. */
  persisted: z.record(z.string(), z.string()).nullable().default(null),
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
    /** How long the last position is watched. With 0, `mysql.still-frozen` has to look later whether it moved. */
    watchMs: z.coerce.number().int().nonnegative().default(200),
    /** Accounts that are locked beside those that read_only does not bind: nobody can log in with them until thawed. */
    lockUsers: z.array(z.string()).default([]),
  }),
  before,
  output: positionSchema,
  needs: {
    source: [
      'SUPER',
      'READ_ONLY ADMIN on MariaDB from 10.11 on',
      'XA_RECOVER_ADMIN on MySQL from 8.0 on',
      'SYSTEM_USER on MySQL from 8.0.16 on, where sessions of accounts that have it are to be ended',
      'PROCESS',
      'REPLICATION CLIENT',
      'REPLICATION SLAVE',
      'CREATE USER',
      'SELECT ON mysql.*',
    ],
  },
  reverses:
    'Lets the source accept writes again, unlocks the accounts that it locked, and starts its event scheduler if it ran.',
  undoWhenFailed: true,
  timeoutMs: 20_000,
  poll: {firstMs: 50, mostMs: 500},

  async check({targets: {source}, input, run, signal}) {
    const {keepUsers} = input;
    const now = await stateOf(source, input, signal);
    if (now.readOnly && !run.started) {
      return blocked(
        `${source.name} already refuses writes (read_only = ON), and this run did not do it.`,
        `Find out who set it and why; if it is a mistake: SET GLOBAL read_only = OFF on ${source.name}.`,
      );
    }
    if (!isFenced(now)) {
      const inTheWay = run.started ? [] : await obstacles(source, keepUsers, signal);
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
    const now = await stateOf(source, input, signal);
    const toLock = now.superReadOnly ? [] : now.accounts;
    return [
      ...(now.eventScheduler === 'ON' ? [stopEvents] : []),
      // Before the fence: super_read_only would refuse it, and nothing waits for it yet.
      ...(toLock.length > 0 ? [lockAccounts(toLock)] : []),
      ...(isFenced(now)
        ? []
        : [
            refuseWrites(
              now.superReadOnly !== null,
              lockWaitSeconds,
              await writingOn(source, input, signal),
            ),
          ]),
      ...(isKept(now) ? [] : [keepThroughRestart]),
      ...(input.endSessions
        ? [endSessions(keepUsers)]
        : await endingUnbound(source, input, signal)),
    ];
  },

  async reverse({targets: {source}, input, signal}, found) {
    const now = await stateOf(source, input, signal);
    const locked = (await source.accounts(signal)).filter(({locked}) => locked);
    const ours = found.accounts.filter((account) =>
      locked.some((one) => isSameAccount(one, account)),
    );
    return [
      ...(now.readOnly ? [acceptWrites] : []),
      ...(sameKept(now.persisted, found.persisted) ? [] : [forgetRestart(found.persisted ?? {})]),
      ...(ours.length > 0 ? [unlockAccounts(ours)] : []),
      ...(now.eventScheduler === 'OFF' && found.eventScheduler === 'ON' ? [startEvents] : []),
    ];
  },
});

interface State {
  readonly readOnly: boolean;
  readonly superReadOnly: boolean | null;
  readonly eventScheduler: string;
  /** Those that are still to be locked. */
  readonly accounts: readonly Account[];
  readonly persisted: PersistedFence | null;
}

type Users = {readonly keepUsers: readonly string[]; readonly lockUsers: readonly string[]};

async function stateOf(
  source: MysqlReader,
  {keepUsers, lockUsers}: Users,
  signal: AbortSignal,
): Promise<State> {
  const {readOnly, superReadOnly} = await source.fence(signal);
  const {event_scheduler: eventScheduler = 'DISABLED'} = await source.settings(
    ['event_scheduler'],
    signal,
  );
  const accounts = (await source.accounts(signal))
    .filter(({user, bound}) => lockUsers.includes(user) || !(bound || keepUsers.includes(user)))
    .filter(({locked}) => !locked)
    .map(({user, host}) => ({user, host}));
  const persisted = await source.persistedFence(signal);
  return {readOnly, superReadOnly, eventScheduler, accounts, persisted};
}

/** Who can write past the fence: what they write moves the position, and is found out, but is not refused. */
async function writingOn(
  source: MysqlReader,
  {keepUsers, lockUsers}: Users,
  signal: AbortSignal,
): Promise<readonly Account[]> {
  const kept = (await source.accounts(signal)).filter(
    ({user, bound, locked}) =>
      !bound && !locked && keepUsers.includes(user) && !lockUsers.includes(user),
  );
  return [...kept, ...(await source.exemptAccounts(signal))];
}

const asBefore = (now: State): z.output<typeof before> => ({
  readOnly: now.readOnly,
  superReadOnly: now.superReadOnly,
  eventScheduler: now.eventScheduler,
  accounts: [...now.accounts],
  persisted: now.persisted,
});

/** A server that cannot keep it forgets it at a restart; `mysql.still-frozen` finds that out. */
const isKept = ({persisted}: State): boolean =>
  persisted === null || (persisted['super_read_only'] === 'ON' && persisted['read_only'] === 'ON');

const sameKept = (one: PersistedFence | null, other: PersistedFence | null): boolean =>
  one?.['read_only'] === other?.['read_only'] &&
  one?.['super_read_only'] === other?.['super_read_only'];

const isFenced = ({readOnly, superReadOnly}: State): boolean => readOnly && superReadOnly !== false;

function differences(
  source: MysqlReader,
  {superReadOnly, eventScheduler, accounts}: State,
): Difference[] {
  const setting = superReadOnly === null ? 'read_only' : 'super_read_only';
  return [
    {what: `${source.name} ${setting}`, is: 'OFF', shouldBe: 'ON'},
    ...(eventScheduler === 'ON'
      ? [{what: `${source.name} event_scheduler`, is: 'ON', shouldBe: 'OFF'}]
      : []),
    ...accounts.map((account) => lockDifference(source, account)),
  ];
}

const lockDifference = (source: MysqlReader, account: Account): Difference => ({
  what: `${source.name} account ${accountText(account)}`,
  is: 'may log in',
  shouldBe: 'locked',
});

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
      ? [`it follows ${sourceAddress(followed)}, and would go on writing what comes from there`]
      : []),
    ...long.map((one) => `${clientText(one)} has had a transaction open for ${one.seconds} s`),
    ...(locked.length > 0 ? [locksText(locked, await source.lockHolders(signal))] : []),
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
  // Under super_read_only nobody can be locked any more, and nobody needs to be.
  const unlocked = now.superReadOnly ? [] : now.accounts;
  if (open.length + unlocked.length === 0 && now.eventScheduler !== 'ON' && isKept(now)) {
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
    ...unlocked.map((account) => lockDifference(source, account)),
    ...(isKept(now)
      ? []
      : [{what: `${source.name} super_read_only after a restart`, is: 'OFF', shouldBe: 'ON'}]),
  );
}

async function lastPosition(source: MysqlReader, watchMs: number, signal: AbortSignal) {
  // Once the way back is armed the fenced source writes what comes from its new leader.
  if (watchMs === 0 || (await source.replication(signal))) {
    return done(await source.position(signal));
  }
  const {first, last, stands} = await watchPosition(source, signal, watchMs);
  return stands || (await changesSince(source, first, signal)).length === 0
    ? done(last)
    : waiting(
        `${source.name} refuses writes, and its position still moves from ${positionText(first)} to ${positionText(last)}: ${await whoWrites(source, signal)}`,
      );
}

/** Sessions that read_only does not bind, as far as their accounts tell. */
async function whoWrites(source: MysqlReader, signal: AbortSignal): Promise<string> {
  if ((await source.fence(signal)).superReadOnly) {
    return 'somebody commits prepared XA transactions, which super_read_only lets through';
  }
  const bound = (await source.accounts(signal)).filter((one) => one.bound || one.locked);
  const writers = (await source.clients(signal)).filter(
    ({user}) => !bound.some((one) => one.user === user),
  );
  return writers.length > 0
    ? `${writers.slice(0, 5).map(clientText).join(', ')} ${writers.length === 1 ? 'is' : 'are'} not bound by read_only`
    : 'an account that read_only does not bind writes';
}
