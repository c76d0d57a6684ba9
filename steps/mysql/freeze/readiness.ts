import {z} from 'zod';
import {elapsedMs} from '../../../src/index.ts';
import type {MysqlReader} from '../contract.ts';
import {beforeFreeze, beforeImage, exemptWriters, freezeStateOf} from './state.ts';
import {hasThaw} from './thaw.ts';

const accounts = z.array(z.object({user: z.string(), host: z.string()}));

/** What a freeze has to know of the source before it. */
export const freezeReadiness = z.object({
  /** When it was read. */
  readAtUtc: z.string(),
  before: beforeFreeze,
  /** Accounts that can write despite read_only. */
  exempt: accounts,
  /** The users among all accounts that read_only does not bind. */
  unboundUsers: z.array(z.string()),
  /** Whether an event is there that would end a freeze. */
  hasThaw: z.boolean(),
});
type FreezeReadiness = z.output<typeof freezeReadiness>;

interface Users {
  readonly keepUsers: readonly string[];
  readonly lockUsers: readonly string[];
}

/** All of it is asked at the same time. */
export async function readinessOf(
  source: MysqlReader,
  users: Users,
  now: Date,
  signal: AbortSignal,
): Promise<FreezeReadiness> {
  const [state, exempt, all, isThawLeft] = await Promise.all([
    freezeStateOf(source, users, signal),
    exemptWriters(source, users, signal),
    source.accounts(signal),
    hasThaw(source, signal),
  ]);
  return {
    readAtUtc: now.toISOString(),
    before: beforeFreeze.parse(beforeImage(state)),
    exempt: exempt.map(({user, host}) => ({user, host})),
    unboundUsers: [...new Set(all.filter(({bound}) => !bound).map(({user}) => user))],
    hasThaw: isThawLeft,
  };
}

const freshMs = 60_000;

interface FreezeLook {
  readonly input: {readonly ready?: FreezeReadiness | undefined};
  readonly run: {readonly started: boolean};
  readonly now: Date;
}

/** What was read before, while it may be taken for what is: it is young, and the freeze has not started. */
export const freshReadiness = ({input, run, now}: FreezeLook): FreezeReadiness | null =>
  input.ready && !run.started && elapsedMs(new Date(input.ready.readAtUtc), now) < freshMs
    ? input.ready
    : null;

const frozenState = z.object({
  kind: z.literal('frozen'),
  readOnly: z.boolean(),
  superReadOnly: z.boolean().nullable(),
  eventScheduler: z.string(),
  prepared: z.number(),
  position: z.object({file: z.string(), position: z.number()}),
});
type FrozenState = z.output<typeof frozenState>;

/** Right after the freeze, all at the same time. */
export async function readFrozen(source: MysqlReader, signal: AbortSignal): Promise<FrozenState> {
  const [{readOnly, superReadOnly}, settings, prepared, position] = await Promise.all([
    source.fence(signal),
    source.settings(['event_scheduler'], signal),
    source.preparedTransactions(signal),
    source.position(signal),
  ]);
  const {event_scheduler: eventScheduler = 'DISABLED'} = settings;
  return {
    ...{kind: 'frozen', readOnly, superReadOnly, eventScheduler, prepared},
    position: {file: position.file, position: position.position},
  };
}

/** What the freeze itself has seen, where nothing of it is left to be done. */
export function frozenSeen(seen: unknown): FrozenState | null {
  const frozen = frozenState.safeParse(seen);
  return frozen.success &&
    frozen.data.readOnly &&
    frozen.data.superReadOnly !== false &&
    frozen.data.eventScheduler !== 'ON' &&
    frozen.data.prepared === 0
    ? frozen.data
    : null;
}
