import {SwitcharooError} from '../../../src/index.ts';
import {accountText, isSameAccount} from '../accounts/accounts.ts';
import type {Account, MysqlReader, MysqlWriter, PersistedFence} from '../contract.ts';
import {errnoOf} from '../dialect/dialect.ts';
import {sourceAddress} from '../replication/replication.ts';
import {clientText, endClients} from './clients.ts';
import {freezeLockTimeout, freezeNotInEffect, reverseReplicationActive} from './problems.ts';
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

/** `pastIt`: accounts that can write on all the same, because nobody locks them. */
export const refuseWrites = (
  hasSuperReadOnly: boolean,
  lockWaitSeconds: number,
  pastIt: readonly Account[],
) =>
  ({
    on: 'source',
    does: `set ${hasSuperReadOnly ? 'super_read_only' : 'read_only'} = ON, waiting at most ${lockWaitSeconds} s for locks${pastItText(pastIt)}`,
    perform: async (source: MysqlWriter, signal: AbortSignal) => {
      try {
        await source.fenceWrites(lockWaitSeconds, signal);
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
      if (!(await source.fence(signal)).readOnly) {
        throw new SwitcharooError(freezeNotInEffect(source.name));
      }
    },
  }) as const;

const pastItText = (accounts: readonly Account[]): string =>
  accounts.length > 0
    ? `; not bound by it, and not locked: ${accounts.map(accountText).join(', ')}`
    : '';

const lockWaitTimeout = 1205;

/** Asked right after the wait: who waited behind it has gone on, and who runs for as long as that was in front of it. */
async function suspects(
  source: MysqlReader,
  lockWaitSeconds: number,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const open = await source.openTransactions(signal);
  const long = (await source.clients(signal)).filter(
    ({id, command, seconds}) =>
      command !== 'Sleep' && seconds >= lockWaitSeconds && !open.some((one) => one.id === id),
  );
  const locked = await source.lockedTables(signal);
  const found = [
    ...open.map((one) => `${clientText(one)} has had a transaction open for ${one.seconds} s`),
    ...long.map((one) => `${clientText(one)} has run a statement for ${one.seconds} s`),
    ...(locked.length > 0 ? [locksText(locked, await source.lockHolders(signal))] : []),
  ];
  if (found.length > 0) {
    return found;
  }
  // On a busy server a table in use tells nothing.
  const idle = await source.lockHolders(signal);
  return idle.length > 0
    ? [`${idle.slice(0, 5).map(clientText).join(', ')} may hold LOCK TABLES`]
    : [];
}

export const lockAccounts = (accounts: readonly Account[]) =>
  ({
    on: 'source',
    does: `lock the accounts that read_only does not bind, or that are to be kept out: ${accounts.map(accountText).join(', ')}`,
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

/** Those of them that are still as they were `locked` or not: an earlier try may have got half-way. */
async function eachAccount(
  source: MysqlWriter,
  accounts: readonly Account[],
  locked: boolean,
  signal: AbortSignal,
  change: (account: Account, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const found = await source.accounts(signal);
  for (const account of accounts) {
    if (found.some((one) => isSameAccount(one, account) && one.locked === locked)) {
      await change(account, signal);
    }
  }
}

export const keepThroughRestart = {
  on: 'source',
  does: 'keep super_read_only = ON through a restart',
  perform: (source: MysqlWriter, signal: AbortSignal) => source.persistFence(signal),
} as const;

export const forgetRestart = (kept: PersistedFence) =>
  ({
    on: 'source',
    does: 'keep of read_only and super_read_only through a restart what was kept before',
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

/** Where clients may read on: whoever read_only does not bind would write on in the session that is there already. */
export async function endingUnbound(
  source: MysqlReader,
  {keepUsers}: {readonly keepUsers: readonly string[]},
  signal: AbortSignal,
) {
  const unbound = (await source.accounts(signal)).filter((account) => !account.bound);
  const users = [...new Set(unbound.map(({user}) => user))].filter(
    (user) => !keepUsers.includes(user),
  );
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

export const acceptWrites = {
  on: 'source',
  does: 'set read_only = OFF',
  perform: async (source: MysqlWriter, signal: AbortSignal) => {
    // While it follows the new side, writes here and writes there would be two histories.
    const followed = await source.replication(signal);
    if (followed) {
      throw new SwitcharooError(reverseReplicationActive(source.name, sourceAddress(followed)));
    }
    await source.allowWrites(signal);
  },
} as const;
