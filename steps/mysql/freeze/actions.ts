import {SwitcharooError} from '../../../src/index.ts';
import {accountText, isSameAccount} from '../accounts/accounts.ts';
import type {Account, MysqlReader, MysqlWriter, PersistedFence} from '../contract.ts';
import {errnoOf} from '../dialect/dialect.ts';
import {sourceAddress} from '../replication/replication.ts';
import {clientText, endClients} from './clients.ts';
import {freezeLockTimeout, freezeNotInEffect, reverseReplicationActive} from './problems.ts';
import {readFrozen} from './readiness.ts';
import {locksText} from './table-locks.ts';

export const stopEvents = {
  on: 'source',
  does: 'set event_scheduler = OFF',
  perform: (source: MysqlWriter, signal: AbortSignal) => source.setEventScheduler(false, signal),
} as const;

export const startEvents = {
  on: 'source',
  does: 'set event_scheduler = ON',
  perform: (source: MysqlWriter, signal: AbortSignal) => source.setEventScheduler(true, signal),
} as const;

interface Fence {
  readonly hasSuperReadOnly: boolean;
  readonly lockWaitSeconds: number;
  /** Accounts that can still write, because they are not locked. */
  readonly exempt: readonly Account[];
  /** Nothing else of the freeze is left to be done after it: what is seen then is the frozen source. */
  readonly isWhole: boolean;
}

export const disableWrites = ({hasSuperReadOnly, lockWaitSeconds, exempt, isWhole}: Fence) =>
  ({
    on: 'source',
    does: `set ${hasSuperReadOnly ? 'super_read_only' : 'read_only'} = ON, waiting at most ${lockWaitSeconds} s for locks${exemptText(exempt)}`,
    perform: async (source: MysqlWriter, signal: AbortSignal) => {
      try {
        await source.fenceWrites(lockWaitSeconds, signal, hasSuperReadOnly);
      } catch (cause) {
        throw errnoOf(cause) === lockWaitTimeout
          ? new SwitcharooError(
              freezeLockTimeout(
                source.name,
                lockWaitSeconds,
                await suspects(source, lockWaitSeconds, signal),
              ),
              {cause},
            )
          : cause;
      }
      const seen = await (isWhole ? readFrozen(source, signal) : source.fence(signal));
      if (!seen.readOnly) {
        throw new SwitcharooError(freezeNotInEffect(source.name));
      }
      return seen;
    },
  }) as const;

const exemptText = (accounts: readonly Account[]): string =>
  accounts.length > 0 ? ` (still able to write: ${accounts.map(accountText).join(', ')})` : '';

const lockWaitTimeout = 1205;

/** Read right after the wait: statements that queued behind the lock are done, so one that runs that long held it. */
async function suspects(
  source: MysqlReader,
  lockWaitSeconds: number,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const open = await source.openTransactions(signal);
  const long = (await source.clients(signal)).filter(
    ({id, command, seconds}) =>
      command !== 'Sleep' &&
      seconds >= lockWaitSeconds &&
      !open.some((transaction) => transaction.id === id),
  );
  const locked = await source.lockedTables(signal);
  const holders = [
    ...open.map(
      (transaction) =>
        `${clientText(transaction)} has had a transaction open for ${transaction.seconds} s`,
    ),
    ...long.map((client) => `${clientText(client)} has run a statement for ${client.seconds} s`),
    ...(locked.length > 0 ? [locksText(locked, await source.lockHolders(signal))] : []),
  ];
  if (holders.length > 0) {
    return holders;
  }
  // On a busy server a table in use proves nothing.
  const idle = await source.lockHolders(signal);
  return idle.length > 0
    ? [`${idle.slice(0, 5).map(clientText).join(', ')} may hold LOCK TABLES`]
    : [];
}

export const lockAccounts = (accounts: readonly Account[]) =>
  ({
    on: 'source',
    does: `lock the accounts that read_only does not bind or that lockUsers names: ${accounts.map(accountText).join(', ')}`,
    perform: (source: MysqlWriter, signal: AbortSignal) =>
      eachAccount(source, accounts, false, signal, source.lockAccount),
  }) as const;

export const unlockAccounts = (accounts: readonly Account[]) =>
  ({
    on: 'source',
    does: `unlock the accounts ${accounts.map(accountText).join(', ')}`,
    perform: (source: MysqlWriter, signal: AbortSignal) =>
      eachAccount(source, accounts, true, signal, source.unlockAccount),
  }) as const;

/** Skips accounts that are changed already: an earlier attempt may have stopped half-way. */
async function eachAccount(
  source: MysqlWriter,
  accounts: readonly Account[],
  locked: boolean,
  signal: AbortSignal,
  change: (account: Account, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const present = await source.accounts(signal);
  for (const account of accounts) {
    if (present.some((other) => isSameAccount(other, account) && other.locked === locked)) {
      await change(account, signal);
    }
  }
}

export const persistReadOnly = {
  on: 'source',
  does: 'persist super_read_only = ON for the next restart',
  perform: (source: MysqlWriter, signal: AbortSignal) => source.persistFence(signal),
} as const;

export const restorePersisted = (kept: PersistedFence) =>
  ({
    on: 'source',
    does: 'restore the persisted values of read_only and super_read_only',
    perform: (source: MysqlWriter, signal: AbortSignal) => source.restorePersisted(kept, signal),
  }) as const;

export const endSessions = (keepUsers: readonly string[]) =>
  ({
    on: 'source',
    does:
      keepUsers.length === 0
        ? 'end all client sessions'
        : `end all client sessions but those of ${keepUsers.join(', ')}`,
    perform: (source: MysqlWriter, signal: AbortSignal, say: (text: string) => void) =>
      endClients(source, {isToEnd: ({user}) => !keepUsers.includes(user), signal, say}),
  }) as const;

/**
 * For a freeze that leaves clients connected: an account that read_only does not bind could still write in an open
 * session.
 */
export async function endUnboundSessions(
  source: MysqlReader,
  {keepUsers}: {readonly keepUsers: readonly string[]},
  signal: AbortSignal,
  known?: readonly string[],
) {
  const unbound =
    known ??
    (await source.accounts(signal)).filter((account) => !account.bound).map(({user}) => user);
  const users = [...new Set(unbound)].filter((user) => !keepUsers.includes(user));
  return users.length > 0
    ? [
        {
          on: 'source',
          does: `end the sessions of ${users.join(', ')}, which read_only does not bind`,
          perform: (source: MysqlWriter, signal: AbortSignal, say: (text: string) => void) =>
            endClients(source, {isToEnd: ({user}) => users.includes(user), signal, say}),
        } as const,
      ]
    : [];
}

export const enableWrites = {
  on: 'source',
  does: 'set read_only = OFF',
  perform: async (source: MysqlWriter, signal: AbortSignal) => {
    // While it replicates from Aurora, writes on both would diverge.
    const replication = await source.replication(signal);
    if (replication) {
      throw new SwitcharooError(reverseReplicationActive(source.name, sourceAddress(replication)));
    }
    await source.allowWrites(signal);
  },
} as const;
