import {z} from 'zod';
import type {Difference} from '../../../src/index.ts';
import {accountText} from '../accounts/accounts.ts';
import type {Account, MysqlReader, PersistedFence} from '../contract.ts';

/** What a freeze changes, as it was before. */
export const beforeFreeze = z.object({
  /** A freeze starts where writes are accepted; only a check of a frozen source reads ON. */
  readOnly: z.boolean(),
  /** `null` where the server does not have it. */
  superReadOnly: z.boolean().nullable(),
  eventScheduler: z.string(),
  /** Accounts that could log in and that the freeze locks. */
  accounts: z.array(z.object({user: z.string(), host: z.string()})).default([]),
  /** What was persisted before; `null` where the server cannot persist settings. */
  persisted: z.record(z.string(), z.string()).nullable().default(null),
});
type BeforeFreeze = z.output<typeof beforeFreeze>;

interface FreezeState {
  readonly readOnly: boolean;
  readonly superReadOnly: boolean | null;
  readonly eventScheduler: string;
  /** Accounts that are still to be locked. */
  readonly accounts: readonly Account[];
  readonly persisted: PersistedFence | null;
}

interface Users {
  readonly keepUsers: readonly string[];
  readonly lockUsers: readonly string[];
}

export async function freezeStateOf(
  source: MysqlReader,
  {keepUsers, lockUsers}: Users,
  signal: AbortSignal,
): Promise<FreezeState> {
  const [fence, settings, present, persisted] = await Promise.all([
    source.fence(signal),
    source.settings(['event_scheduler'], signal),
    source.accounts(signal),
    source.persistedFence(signal),
  ]);
  const {readOnly, superReadOnly} = fence;
  const {event_scheduler: eventScheduler = 'DISABLED'} = settings;
  const accounts = present
    .filter(({user, bound}) => lockUsers.includes(user) || !(bound || keepUsers.includes(user)))
    .filter(({locked}) => !locked)
    .map(({user, host}) => ({user, host}));
  return {readOnly, superReadOnly, eventScheduler, accounts, persisted};
}

/** Accounts that can write despite read_only: their writes move the position and are detected, but not refused. */
export async function exemptWriters(
  source: MysqlReader,
  {keepUsers, lockUsers}: Users,
  signal: AbortSignal,
): Promise<readonly Account[]> {
  const [accounts, exempt] = await Promise.all([
    source.accounts(signal),
    source.exemptAccounts(signal),
  ]);
  const kept = accounts.filter(
    ({user, bound, locked}) =>
      !bound && !locked && keepUsers.includes(user) && !lockUsers.includes(user),
  );
  return [...kept, ...exempt];
}

export const beforeImage = (state: FreezeState): BeforeFreeze => ({
  ...state,
  accounts: [...state.accounts],
});

export const isReadOnly = ({readOnly, superReadOnly}: FreezeState): boolean =>
  readOnly && superReadOnly !== false;

/** A server that cannot persist read_only loses it at a restart; `mysql.still-frozen` detects that. */
export const isPersisted = ({persisted}: FreezeState): boolean =>
  persisted === null || (persisted['super_read_only'] === 'ON' && persisted['read_only'] === 'ON');

export const samePersisted = (
  first: PersistedFence | null,
  second: PersistedFence | null,
): boolean =>
  first?.['read_only'] === second?.['read_only'] &&
  first?.['super_read_only'] === second?.['super_read_only'];

/** What the freeze will change on a source that accepts writes. */
export function differencesBefore(source: MysqlReader, state: FreezeState): readonly Difference[] {
  const setting = state.superReadOnly === null ? 'read_only' : 'super_read_only';
  return [
    {what: `${source.name} ${setting}`, is: 'OFF', shouldBe: 'ON'},
    ...eventDifferences(source, state),
    ...lockDifferences(source, state.accounts),
  ];
}

/** What remains to be changed on a source that is read-only already. */
export const differencesAfter = (
  source: MysqlReader,
  state: FreezeState,
): readonly Difference[] => [
  ...eventDifferences(source, state),
  // Under super_read_only no account can be locked, and none needs to be.
  ...lockDifferences(source, state.superReadOnly ? [] : state.accounts),
  ...(isPersisted(state)
    ? []
    : [{what: `${source.name} super_read_only after a restart`, is: 'OFF', shouldBe: 'ON'}]),
];

const eventDifferences = (
  source: MysqlReader,
  {eventScheduler}: FreezeState,
): readonly Difference[] =>
  eventScheduler === 'ON'
    ? [{what: `${source.name} event_scheduler`, is: 'ON', shouldBe: 'OFF'}]
    : [];

const lockDifferences = (
  source: MysqlReader,
  accounts: readonly Account[],
): readonly Difference[] =>
  accounts.map((account) => ({
    what: `${source.name} account ${accountText(account)}`,
    is: 'may log in',
    shouldBe: 'locked',
  }));
