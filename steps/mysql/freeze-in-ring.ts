import {z} from 'zod';
import {type Action, blocked, defineStep, SwitcharooError} from '../../src/index.ts';
import type {MysqlReader, MysqlWriter} from './contract.ts';
import {enableWrites} from './freeze/actions.ts';
import {freshReadiness} from './freeze/readiness.ts';
import {cannotThaw, hasThaw, thawObstacles} from './freeze/thaw.ts';
import {freezeWrites} from './freeze-writes.ts';
import {staysFrozen} from './replication/upkeep.ts';
import {ringOtherSideWritable} from './ring/problems.ts';
import {mysqlServer} from './target.ts';

const endsItselfFact = {fact: 'freeze', of: 'source', lasts: false} as const;

const targets = {source: mysqlServer, aurora: mysqlServer};

/**
 * The freeze of a source that already replicates from Aurora in a ring. It is thawed only while Aurora refuses writes:
 * never are both sides of a ring writable.
 */
export const freezeInRing = defineStep({
  name: 'mysql.freeze-in-ring',
  summary:
    'Freeze writes on the source while it replicates in a ring, and record its last position.',
  targets,
  input: freezeWrites.input.extend({
    /**
     * The server itself accepts writes again so long after the freeze was prepared, unless `aurora.open-writes-in-ring`
     * started. Its event scheduler stays on. `null`: writes stay frozen until the freeze is reversed.
     */
    endsItselfAfterSeconds: z.coerce.number().int().positive().nullable().default(null),
  }),
  before: freezeWrites.before,
  output: freezeWrites.output.extend({
    /** Whether the source ends this freeze by itself. */
    endsItself: z.boolean(),
  }),
  needs: {
    source: [
      ...(freezeWrites.needs?.['source'] ?? []),
      'EVENT ON mysql.*: the event that ends the freeze',
    ],
    aurora: ['REPLICATION CLIENT'],
  },
  reverses: `${freezeWrites.reverses} Only while Aurora refuses writes.`,
  undoWhenFailed: true,
  // The opening of Aurora is reversed before it, and changes nothing on the source but what replication brings there.
  reversalAhead: true,
  endsByItself: ({endsItselfAfterSeconds: seconds}) =>
    seconds === null
      ? undefined
      : {afterMs: seconds * 1_000, what: 'The source accepts writes again'},
  relies: [
    {fact: 'writes', of: 'source', are: 'accepted'},
    {fact: 'writes', of: 'aurora', are: 'refused'},
  ],
  effects: ({endsItselfAfterSeconds}) => [
    ...((endsItselfAfterSeconds ?? null) === null ? [] : [endsItselfFact]),
    {fact: 'writes', of: 'source', are: 'refused'},
  ],
  cautions: ({endsItselfAfterSeconds}) =>
    (endsItselfAfterSeconds ?? null) === null
      ? [
          'Nothing ends this freeze by itself: if switcharoo dies in it, writes are refused until somebody resumes or reverses the run.',
        ]
      : [],
  upkeep: [
    {
      of: {fact: 'writes', of: 'source', are: 'refused'},
      check: ({targets: {source}, signal}) => staysFrozen(source, signal),
      restore: async () => [],
    },
  ],
  claims: ['source'],
  roundTrips: {source: 2},
  timeoutMs: freezeWrites.timeoutMs,
  neverSkip: 'Without it, both sides of the ring accept writes.',
  poll: {firstMs: 50, mostMs: 500},

  async check(look) {
    const {aurora} = look.targets;
    const ready = freshReadiness(lookOf(look));
    if (!ready && !look.run.started && !(await aurora.fence(look.signal)).readOnly) {
      return blocked(
        `${aurora.name} accepts writes (read_only = OFF), and ${look.targets.source.name} executes them as a member of the ring.`,
        `Check for writes on ${aurora.name} with SHOW PROCESSLIST, then CALL mysql.rds_set_read_only(1) there.`,
      );
    }
    const verdict =
      (await thawMissing(look)) ?? (await freezeWrites.check(withoutRing(lookOf(look))));
    const endsItself = look.input.endsItselfAfterSeconds !== null;
    return verdict.kind === 'done' || verdict.kind === 'needs-answer'
      ? {...verdict, output: {...verdict.output, endsItself}}
      : verdict;
  },

  async plan(look, before) {
    const {source, aurora} = look.targets;
    const actions: readonly Action<typeof targets>[] = await freezeWrites.plan(
      withoutRing(lookOf(look)),
      before,
    );
    const afterSeconds = look.input.endsItselfAfterSeconds;
    const ready = freshReadiness(lookOf(look));
    const isToFreeze = ready !== null || !(await source.fence(look.signal)).readOnly;
    if (afterSeconds !== null && isToFreeze) {
      return [arm(aurora, afterSeconds), ...actions];
    }
    // An earlier run may have left one, and it would end this freeze.
    const isLeft = ready?.hasThaw ?? (isToFreeze && (await hasThaw(source, look.signal)));
    return isLeft ? [remove, ...actions] : actions;
  },

  async reverse(look, before) {
    const {source, aurora} = look.targets;
    const [actions, isThawLeft] = await Promise.all([
      freezeWrites.reverse(withoutRing(look), before),
      hasThaw(source, look.signal),
    ]);
    if ('kind' in actions) {
      return actions;
    }
    return [
      ...actions.map(
        (action): Action<typeof targets> => (action === enableWrites ? thaw(aurora) : action),
      ),
      // Last: a process that dies before leaves a freeze that ends.
      ...(isThawLeft ? [remove] : []),
    ];
  },
});

interface RingLook {
  readonly targets: {readonly source: MysqlReader};
  readonly input: {
    readonly endsItselfAfterSeconds: number | null;
    readonly lockWaitSeconds: number;
  };
  readonly signal: AbortSignal;
}

/** What was read before says nothing about a freeze that ends itself. */
const lookOf = <Look extends RingLook>(look: Look): Look =>
  look.input.endsItselfAfterSeconds === null
    ? look
    : {...look, input: {...look.input, ready: undefined}};

/** While Aurora refuses writes its log has nothing that the source would execute: the ring writes nothing there. */
const withoutRing = <Look extends RingLook>(look: Look) => ({
  ...look,
  targets: {
    source: {
      ...look.targets.source,
      replication: async () => null,
      ...(look.input.endsItselfAfterSeconds === null
        ? {}
        : {settings: settingsWithoutEvents(look.targets.source)}),
    },
  },
});

/** A freeze that ends itself needs the event scheduler: it is not to be stopped. */
const settingsWithoutEvents =
  (source: MysqlReader): MysqlReader['settings'] =>
  async (names, signal) => {
    const {event_scheduler: _, ...others} = await source.settings(names, signal);
    return others;
  };

async function thawMissing({targets: {source}, input, signal}: RingLook) {
  const {endsItselfAfterSeconds: afterSeconds, lockWaitSeconds} = input;
  if (afterSeconds === null || (await source.fence(signal)).readOnly) {
    return null;
  }
  const obstacles = await thawObstacles(source, {afterSeconds, lockWaitSeconds}, signal);
  return obstacles.length > 0 ? cannotThaw(source.name, obstacles) : null;
}

/** With writes enabled on Aurora, a thaw would make both sides of the ring writable. */
const arm = (aurora: MysqlReader, afterSeconds: number) =>
  ({
    on: 'source',
    does: `create the event mysql.switcharoo_thaw, which sets read_only = OFF after ${afterSeconds} s, should switcharoo not drop it`,
    perform: async (source: MysqlWriter, signal: AbortSignal) => {
      if (!(await aurora.fence(signal)).readOnly) {
        throw new SwitcharooError(ringOtherSideWritable(source.name, aurora.name));
      }
      await source.armThaw(afterSeconds, signal);
    },
  }) as const;

const remove = {
  on: 'source',
  does: 'drop the event mysql.switcharoo_thaw',
  perform: (source: MysqlWriter, signal: AbortSignal) => source.removeThaw(signal),
} as const;

const thaw = (aurora: MysqlReader) =>
  ({
    on: 'source',
    does: enableWrites.does,
    perform: async (source: MysqlWriter, signal: AbortSignal) => {
      if (!(await aurora.fence(signal)).readOnly) {
        throw new SwitcharooError(ringOtherSideWritable(source.name, aurora.name));
      }
      await source.allowWrites(signal);
    },
  }) as const;
