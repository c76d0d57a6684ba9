import {z} from 'zod';
import {blocked, defineStep, done, pending} from '../../src/index.ts';
import {isSameAccount} from './accounts/accounts.ts';
import {
  disableWrites,
  enableWrites,
  endSessions,
  endUnboundSessions,
  lockAccounts,
  persistReadOnly,
  restorePersisted,
  startEvents,
  stopEvents,
  unlockAccounts,
} from './freeze/actions.ts';
import {lastPosition} from './freeze/last-position.ts';
import {freezeObstacles, openTransactionDifferences, preparedObstacle} from './freeze/obstacles.ts';
import {freezeReadiness, freshReadiness, frozenSeen} from './freeze/readiness.ts';
import {
  beforeFreeze,
  beforeImage,
  differencesAfter,
  differencesBefore,
  exemptWriters,
  freezeStateOf,
  isPersisted,
  isReadOnly,
  samePersisted,
} from './freeze/state.ts';
import {positionSchema} from './replication/position.ts';
import {staysFrozen} from './replication/upkeep.ts';
import {mysqlServer} from './target.ts';

/** Freezes writes on the source, so that the position it reports is its last one. */
export const freezeWrites = defineStep({
  name: 'mysql.freeze-writes',
  summary: 'Freeze writes on the source, and record its last position.',
  targets: {source: mysqlServer},
  input: z.object({
    /** How long writes may queue behind a lock before the freeze gives up. */
    lockWaitSeconds: z.coerce.number().int().positive().default(2),
    /** Accounts whose sessions stay: monitoring, backup. They must not write. */
    keepUsers: z.array(z.string()).default([]),
    /** With `false`, clients stay connected and can read; their uncommitted changes are still refused. */
    endSessions: z.boolean().default(true),
    /** How long the last position is watched. With 0, `mysql.still-frozen` has to check later whether it moved. */
    watchMs: z.coerce.number().int().nonnegative().default(200),
    /** Accounts to lock in addition to those that read_only does not bind, until the freeze is reversed. */
    lockUsers: z.array(z.string()).default([]),
    /** As `mysql.freeze-ready` gave it, less than a minute ago: then nothing is asked before the freeze. */
    ready: freezeReadiness.optional(),
  }),
  before: beforeFreeze,
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
    'Enables writes on the source, unlocks the accounts that it locked, and starts the event scheduler if it was on before.',
  undoWhenFailed: true,
  relies: [{fact: 'writes', of: 'source', are: 'accepted'}],
  effects: [{fact: 'writes', of: 'source', are: 'refused'}],
  upkeep: [
    {
      of: {fact: 'writes', of: 'source', are: 'refused'},
      check: ({targets: {source}, signal}) => staysFrozen(source, signal),
      restore: async () => [],
    },
  ],
  claims: ['source'],
  roundTrips: {source: 5},
  timeoutMs: 20_000,
  neverSkip: 'Without it, the source accepts writes that Aurora never receives.',
  poll: {firstMs: 50, mostMs: 500},

  async check(look) {
    const {
      targets: {source},
      input,
      run,
      signal,
    } = look;
    const ready = freshReadiness(look);
    if (ready) {
      return pending(ready.before, ...differencesBefore(source, ready.before));
    }
    const frozen = frozenSeen(look.seen);
    if (frozen) {
      return done(frozen.position);
    }
    const state = await freezeStateOf(source, input, signal);
    if (state.readOnly && !run.started) {
      return blocked(
        `${source.name} already refuses writes (read_only = ON), and this run did not disable them.`,
        `If read_only was set by mistake, run SET GLOBAL read_only = OFF on ${source.name}.`,
      );
    }
    if (!isReadOnly(state)) {
      const obstacles = run.started ? [] : await freezeObstacles(source, input.keepUsers, signal);
      return obstacles.length > 0
        ? blocked(
            `Writes on ${source.name} cannot be frozen: ${obstacles.join('; ')}.`,
            'Wait until they finish, or end them with KILL and their session id, then try again.',
          )
        : pending(beforeImage(state), ...differencesBefore(source, state));
    }
    // Asked together: somebody waits for every round trip from here on.
    const [prepared, open] = await Promise.all([
      preparedObstacle(source, signal),
      openTransactionDifferences(source, input, signal),
    ]);
    if (prepared) {
      return prepared;
    }
    const remaining = [...open, ...differencesAfter(source, state)];
    // Read last: a transaction that was open before may have been committed just before it was looked for.
    return remaining.length > 0
      ? pending(beforeImage(state), ...remaining)
      : lastPosition(source, input.watchMs, signal);
  },

  async plan(look) {
    const {
      targets: {source},
      input,
      signal,
    } = look;
    const ready = freshReadiness(look);
    const state = ready?.before ?? (await freezeStateOf(source, input, signal));
    const hasSuperReadOnly = state.superReadOnly !== null;
    const unlocked = state.superReadOnly ? [] : state.accounts;
    const exempt =
      ready?.exempt ?? (isReadOnly(state) ? [] : await exemptWriters(source, input, signal));
    const isWhole = unlocked.length === 0 && !input.endSessions && input.watchMs === 0;
    const {lockWaitSeconds} = input;
    return [
      ...(state.eventScheduler === 'ON' ? [stopEvents] : []),
      // Before read_only: super_read_only would refuse it, and no client waits yet.
      ...(unlocked.length > 0 ? [lockAccounts(unlocked)] : []),
      ...(isReadOnly(state)
        ? []
        : [disableWrites({hasSuperReadOnly, lockWaitSeconds, exempt, isWhole})]),
      ...(isPersisted(state) ? [] : [persistReadOnly]),
      ...(input.endSessions
        ? [endSessions(input.keepUsers)]
        : await endUnboundSessions(source, input, signal, ready?.unboundUsers)),
    ];
  },

  async reverse({targets: {source}, input, signal}, before) {
    const [state, present] = await Promise.all([
      freezeStateOf(source, input, signal),
      source.accounts(signal),
    ]);
    const locked = present.filter((account) => account.locked);
    const accounts = before.accounts.filter((account) =>
      locked.some((other) => isSameAccount(other, account)),
    );
    return [
      ...(state.readOnly ? [enableWrites] : []),
      ...(samePersisted(state.persisted, before.persisted)
        ? []
        : [restorePersisted(before.persisted ?? {})]),
      ...(accounts.length > 0 ? [unlockAccounts(accounts)] : []),
      ...(state.eventScheduler === 'OFF' && before.eventScheduler === 'ON' ? [startEvents] : []),
    ];
  },
});
