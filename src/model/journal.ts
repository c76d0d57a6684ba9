import {z} from 'zod';
import {holderFacts} from './holder-facts.ts';
import {noticeEvents} from './notice.ts';
import {asked, json, operator, runStarted} from './run-started.ts';

/** `listed`: the ARN in the list of the group for which it counts. */
const approval = {entry: z.string(), digest: z.string(), listed: z.string(), principal: z.string()};

const hint = z.union([z.string(), z.object({text: z.string(), command: z.string()})]);
const problem = z.object({code: z.string(), message: z.string(), hint});
const difference = z.object({what: z.string(), is: z.string(), shouldBe: z.string()});
/** `upkeep`: what ended from outside is made again. */
const way = z.enum(['forward', 'reverse', 'upkeep']);
/** What is done to a target, in the words of the operator. */
const action = {entry: z.string(), way, target: z.string(), does: z.string()};
const about = z.enum([
  'plan',
  'confirmation',
  'approval',
  'by-hand',
  'point-of-no-return',
  'failure',
  'reversal',
  'changes',
]);
const facts = [
  runStarted,
  z.object({
    kind: z.literal('run-resumed'),
    operator,
    accepted: z.array(z.string()),
    ...asked,
    /** How the times of the journal go on from the process before. */
    time: z.enum(['monotonic', 'utc', 'last-entry']).optional(),
    /** Its journal was not shared from here on: the store could not be reached. */
    alone: z.literal(true).optional(),
  }),
  /** What became of notices to people. `because`: why one was not delivered. Nothing of the run depends on it. */
  z.object({
    kind: z.literal('people-told'),
    deliveries: z.array(
      z.object({
        seq: z.number().int(),
        atUtc: z.iso.datetime(),
        event: z.enum(noticeEvents),
        channel: z.string(),
        because: z.string().exactOptional(),
      }),
    ),
  }),
  /** The process stood still: it was stopped, or its machine slept. */
  z.object({
    kind: z.literal('process-stopped'),
    sinceUtc: z.iso.datetime(),
    ms: z.number(),
    inOutage: z.boolean(),
  }),
  /** Somebody set the clock of the machine. The times of the journal go on as before. */
  z.object({
    kind: z.literal('clock-set'),
    byMs: z.number(),
    clockUtc: z.iso.datetime(),
    inOutage: z.boolean(),
  }),
  z.object({kind: z.literal('outage-limit-passed'), limitMs: z.number()}),
  z.object({kind: z.literal('tail-cut'), bytes: z.number().int()}),
  /** The disk was full, and a part of the reserve was given back. */
  z.object({kind: z.literal('reserve-given-back'), leftBytes: z.number().int()}),
  z.object({kind: z.literal('reserve-filled'), bytes: z.number().int()}),
  /**
   * `lasting` outlives this process; `whileActing` ends with it; `unreachable` could not be claimed; `regained` are of
   * `lasting`, and somebody had taken them over.
   */
  z.object({
    kind: z.literal('systems-claimed'),
    lasting: z.array(z.string()),
    whileActing: z.array(z.string()),
    unreachable: z.array(z.string()),
    regained: z.array(z.string()),
  }),
  ...holderFacts,

  z.object({kind: z.literal('entry-started'), entry: z.string()}),
  /** What `check` saw before the first action: all that `reverse` needs. */
  z.object({
    kind: z.literal('before'),
    entry: z.string(),
    before: json,
    differences: z.array(difference),
  }),
  z.object({
    kind: z.literal('action-intended'),
    ...action,
    /** How long it may take at most, with those in `next`: what another host waits for that takes the run over. */
    limitMs: z.number().positive().exactOptional(),
    /** Those that follow in the same entry: they are sent without waiting for another host to find their intents. */
    next: z.array(z.object({target: z.string(), does: z.string()})).exactOptional(),
  }),
  z.object({
    kind: z.literal('action-performed'),
    ...action,
    /** What it said of its end, a line each: an exit code, the last lines of a command. */
    notes: z.array(z.string()).optional(),
  }),
  z.object({
    kind: z.literal('action-failed'),
    ...action,
    problem,
    notes: z.array(z.string()).optional(),
    /** It was ended without an answer of the target, which it may still reach. */
    isCutOff: z.literal(true).exactOptional(),
  }),
  /** It was intended, and is not sent: nothing of it is in place. */
  z.object({
    kind: z.literal('action-unsent'),
    ...action,
    problem,
  }),
  /** `changedByRun` is false where the world was as wanted on arrival: `reverse` leaves it alone. */
  z.object({
    kind: z.literal('entry-done'),
    entry: z.string(),
    output: json,
    changedByRun: z.boolean(),
    /** The entries of whose changes nothing is in place any more. */
    ended: z.array(z.string()).optional(),
    /** What the operator should know although it is done. */
    remarks: z.array(z.string()).optional(),
    /** What was measured. */
    notes: z.array(z.string()).optional(),
  }),
  /** What it has changed ended from outside. `since`: since when, as far as that is known. */
  z.object({
    kind: z.literal('entry-lapsed'),
    entry: z.string(),
    differences: z.array(difference),
    since: z.string(),
  }),
  /** And is in place again. */
  z.object({kind: z.literal('entry-upheld'), entry: z.string()}),
  /** How far a long look has come. */
  z.object({kind: z.literal('entry-bookmarked'), entry: z.string(), bookmark: json}),
  z.object({kind: z.literal('entry-failed'), entry: z.string(), problem}),
  z.object({
    kind: z.literal('entry-skipped'),
    entry: z.string(),
    reason: z.string(),
    by: z.string(),
    /** Later entries that cannot be done without it: what the operator was told. */
    impossible: z.array(z.string()),
  }),
  /** It is to be done after all. */
  z.object({kind: z.literal('skip-withdrawn'), entry: z.string(), by: z.string()}),

  /** A person is asked from here on. Answers that were given before the run need no question. */
  z.object({
    kind: z.literal('asked'),
    entry: z.string().nullable(),
    about,
    question: z.string(),
    /** What the person is told with it. */
    details: z.array(z.string()),
    /** Who sees the question. */
    person: z.string(),
    /** Who is asked to approve, and what. */
    approval: z
      .object({
        digest: z.string(),
        by: z.string(),
        of: z.number().int(),
        validForMs: z.number(),
        principals: z.array(z.string()),
      })
      .exactOptional(),
  }),
  /**
   * An approval was given elsewhere, and counts. `from`: what the approver's host calls itself. That is not proven.
   */
  z.object({
    kind: z.literal('approved'),
    ...approval,
    group: z.string(),
    /** By the clock of the store. */
    givenUtc: z.iso.datetime(),
    from: z.string(),
  }),
  /** It was withdrawn, has expired, or its principal has worked on the run since. */
  z.object({kind: z.literal('approval-void'), ...approval}),
  /** The user or role, as AWS knows it, that works on the run from here on: its approvals do not count. */
  z.object({kind: z.literal('operator-identified'), arn: z.string(), principal: z.string()}),
  z.object({
    kind: z.literal('answered'),
    entry: z.string().nullable(),
    about,
    question: z.string(),
    details: z.array(z.string()),
    answer: z.string(),
    by: z.string(),
    /** Who did it, or said so, where a person was asked for that. */
    note: z.string().optional(),
    /** Of what is done by hand: whether it was to be done or undone. */
    way: way.optional(),
    /** How long the person took, in ms, to read the plan before this process had the journal. */
    tookMs: z.number().nonnegative().optional(),
  }),
  z.object({kind: z.literal('checkpoint-reached'), name: z.string()}),
  z.object({kind: z.literal('point-of-no-return-passed'), because: z.string()}),

  z.object({
    kind: z.literal('reverse-started'),
    /** A checkpoint, or `null` for the start. */
    to: z.string().nullable(),
    plan: z.string(),
    /** Every entry after the checkpoint of the reversal. */
    entries: z.array(z.string()),
    operator,
  }),
  z.object({kind: z.literal('entry-reversing'), entry: z.string()}),
  z.object({kind: z.literal('entry-reversed'), entry: z.string()}),
  z.object({kind: z.literal('reverse-failed'), entry: z.string(), problem}),
  z.object({kind: z.literal('run-reversed'), to: z.string().nullable()}),

  /**
   * The run is between entries and acts no more. With `until`, that is where it was told to end, and there is no
   * problem.
   */
  z.object({
    kind: z.literal('run-paused'),
    until: z.string().optional(),
    problem: problem.optional(),
  }),
  z.object({kind: z.literal('run-done')}),
] as const;

const chained = z.object({
  seq: z.number().int().nonnegative(),
  /** Carried on by `monotonic` while its process runs, whatever becomes of the machine's clock. */
  atUtc: z.iso.datetime(),
  /** Of a clock that nobody can set. Only values with the same mark can be compared. */
  monotonic: z.object({mark: z.string(), ms: z.number()}).optional(),
  /** SHA-256 of the previous line; 64 zeros for the first. */
  prev: z.string().regex(/^[0-9a-f]{64}$/),
});

const fact = z.discriminatedUnion('kind', facts);
/** What happened, without its place in the journal. */
export type Fact = z.output<typeof fact>;
export type FactKind = Fact['kind'];
type Facts = {[Each in Fact as Each['kind']]: Each};
// By its kind, and never compared with each of the others: the compiler would need a minute for that.
export type FactOf<Kind extends FactKind> = Facts[Kind];

interface Chained extends z.output<typeof chained> {}
/** A line of a journal with this fact. */
export type EntryOf<Kind extends FactKind> = Chained & FactOf<Kind>;

/** One line of a journal. */
export type JournalEntry = Chained & Fact;

/** A fact in its place of a chain: `prev` comes last in a line. */
export const entryOf = <Kind extends FactKind>(
  {prev, ...place}: Chained,
  fact: FactOf<Kind>,
): EntryOf<Kind> => ({...place, ...fact, prev}) as EntryOf<Kind>; // no fact has a member of these names

/** The schema of a line. */
export const journalEntry = (): z.ZodType<JournalEntry> =>
  z.discriminatedUnion(
    'kind',
    fact.options.map((option) => option.extend(chained.shape)) as never, // one of each kind
  );

/** Whether it could be read back from a journal. */
export const isFact = (value: unknown): boolean => fact.safeParse(value).success;

/** The value itself when it is an entry, with every key that it has: what a step saw is kept as it was seen. */
export function journalEntryIn(value: unknown): JournalEntry | undefined {
  const isValid = chained.safeParse(value).success && fact.safeParse(value).success;
  return isValid ? (value as JournalEntry) : undefined; // both schemas have read it
}
