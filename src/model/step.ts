import type {z} from 'zod';
import type {Effects, SystemFact} from './effects.ts';
import type {Asking, PersonAction, PersonNeeded, PersonsWord} from './person.ts';
import type {ReversalLoss} from './reversal-loss.ts';
import type {Readers, TargetKinds, Writers} from './target.ts';
import type {UpkeepVerdict} from './upkeep.ts';
import type {Blocked, Verdict} from './verdict.ts';

type Schema = z.ZodType;

/** What a step's functions see. Readers only: a write does not compile. */
export interface Look<Targets extends TargetKinds, Input> {
  readonly input: Input;
  readonly targets: Readers<Targets>;
  /**
   * Which run and entry this look serves (a token for calls that must happen once), and whether the run has started to
   * act here.
   */
  readonly run: {
    readonly id: string;
    readonly entry: string;
    readonly started: boolean;
    /** When it began to act here: when its first action was journaled. */
    readonly startedAt?: Date;
    /** The journaled before-image, once there is one. The step's own `before` schema reads it. */
    readonly before?: unknown;
    /** The last `mark` of an earlier look at this entry that was not at its end: from before a crash, say. */
    readonly bookmark?: unknown;
    /** What a person said last of an action that asked. */
    readonly word?: PersonsWord;
  };
  /** The time of this look. Steps have no clock of their own. */
  readonly now: Date;
  /**
   * What the last action returned, where this process has performed it right before this look: what was seen then need
   * not be asked again. Absent in every other look, also after a crash.
   */
  readonly seen?: unknown;
  /**
   * Tells what happened since the last look, a line each: an event, a line of a log. It is shown and not journaled.
   * Absent in a plan.
   */
  readonly report?: (happened: string) => void;
  /**
   * Tells that what this look reads takes long and makes progress: its time limit starts again. The limit of the entry
   * does not.
   */
  readonly stillReading?: (progress: string) => void;
  /** Of a plan, for what several of its entries read. Absent in a run, where the world changes between two looks. */
  readonly shared?: SharedReads;
  readonly signal: AbortSignal;
}

/** What the looks of one plan have read of a system, to be read once. */
export interface SharedReads {
  /** The value that the first look made for this subject, such as a reader; all others are given the same one. */
  of<Value>(subject: object, make: () => Value): Value;
  /** Ends with the plan, and not with the look that was the first to ask. */
  readonly signal: AbortSignal;
}

/** Says what an action is waiting for, in a few words, while it runs. */
export type ReportProgress = (progress: string) => void;

/** One write, in the operator's words, with the code that makes it. The engine journals it, then performs it. */
export type Action<Targets extends TargetKinds> = [keyof Targets & string] extends [never]
  ? PersonAction
  : SystemAction<Targets>;

type SystemAction<Targets extends TargetKinds> = {
  readonly [Part in keyof Targets & string]: {
    /** The part whose system it changes. */
    readonly on: Part;
    /**
     * What it does there, in the imperative: "set super_read_only = ON". Holds nothing that moves by itself, and no
     * secret.
     */
    readonly does: string;
    /** A person does it, and is asked whether it is done. `perform` is not called then. */
    readonly asks?: Asking;
    /**
     * Safe to perform again when an earlier try got half-way. Ends within a second once `signal` is aborted, and then
     * writes nothing more. What it returns is given to the check right after it, as `look.seen`: a check that takes it
     * must say the same as one that asks. `note` journals a line with the end of the action, such as what a command
     * printed last.
     */
    perform(
      writer: Writers<Targets>[Part],
      signal: AbortSignal,
      say: ReportProgress,
      note?: ReportProgress,
    ): Promise<unknown>;
  };
}[keyof Targets & string];

/**
 * How often the engine looks again while a verdict is `waiting`: first after `firstMs`, then ever less often, up to
 * `mostMs`.
 */
export interface Poll {
  readonly firstMs: number;
  readonly mostMs: number;
}

interface Common<Targets extends TargetKinds, Input extends Schema, Before, Output extends Schema> {
  /** Permanent and unique, `technology.verb-object`: journals refer to it. */
  readonly name: string;
  /** One sentence in the imperative. */
  readonly summary: string;
  /** The kinds of system it works on, by the part each one plays. */
  readonly targets: Targets;
  readonly input: Input;
  readonly output: Output;
  /** What each part's account must be allowed to do: SQL privileges, IAM actions, sudo rules. */
  readonly needs: {readonly [Part in keyof Targets]: readonly string[]};
  /** The parts that its run owns for as long as changes are in place: no other run may act meanwhile. */
  readonly claims?: readonly (keyof Targets & string)[];
  /** The longest it may take from its first action (a gate: from its first look) until `check` says done. */
  readonly timeoutMs: number;
  readonly poll?: Poll;
  /**
   * The facts about writes, replication, traffic and applications that are true once it is done; of its input, where
   * they depend on it; an empty list if it changes none. Without it, `verify` proves nothing of what it changes.
   */
  readonly effects?: Effects<keyof Targets & string, z.output<Input>>;
  /** The facts without which its first check says blocked. */
  readonly relies?: readonly SystemFact<keyof Targets & string>[];
  /**
   * What the operator should know of it before the plan is approved, whatever a check finds. A member of the input that
   * is not known yet stands for anything.
   */
  readonly cautions?: (input: z.output<Input>) => readonly string[];
  /** Why no operator may skip it, in a sentence that the operator reads. Set where it guards data or traffic. */
  readonly neverSkip?: string;
  /** Who does it, or answers it, where a person does. */
  readonly person?: (input: z.output<Input>) => PersonNeeded;
  /**
   * How many questions it puts to each part, one after another, while somebody waits: a step that refuses writes or
   * holds connections counts from there. A plan expects the length of an outage from it.
   */
  readonly roundTrips?: {readonly [Part in keyof Targets]?: number};
  /** Looks, and changes nothing. Called for the plan, before the actions, after them, and on resume. */
  check(look: Look<Targets, z.output<Input>>): Promise<Verdict<Before, z.output<Output>>>;
  /** The writes that remain, in order. The plan prints them; a run performs the same objects. */
  plan(look: Look<Targets, z.output<Input>>, before: Before): Promise<readonly Action<Targets>[]>;
}

/**
 * One of the effects of a step that a restart, a failover or a person may end while later entries rely on it. The
 * engine looks at it in each plan of a resumed run, before a question to a person and after the answer, and before
 * anybody is held or stopped; `status` looks, too. See `reliedOnBy` for more.
 */
export interface Upkeep<Targets extends TargetKinds, Input, Output> {
  readonly of: SystemFact<keyof Targets & string>;
  /**
   * Who else relies on it than later entries. Visitors: it is looked at as long as the run goes on, before each turn in
   * which nobody is held. A reversal: it is looked at until the point of no return.
   */
  readonly reliedOnBy?: 'visitors' | 'reversal';
  /** Looks, and changes nothing. `done`: when the step was done, and what it gave then. */
  check(
    look: Look<Targets, Input>,
    done: {readonly output: Output; readonly at: Date},
  ): Promise<UpkeepVerdict>;
  /** The writes that make it true again after `check` has said lapsed. Safe to perform again. */
  restore(look: Look<Targets, Input>): Promise<readonly Action<Targets>[]>;
}

export type AnyUpkeep = Upkeep<any, any, any>;

export interface Step<
  Targets extends TargetKinds,
  Input extends Schema,
  Before extends Schema,
  Output extends Schema,
> extends Common<Targets, Input, z.output<Before>, Output> {
  readonly kind: 'step';
  /**
   * What `check` saw before the first action: plain JSON, no secret. In the journal, synced, before anything is
   * written.
   */
  readonly before: Before;
  /** What `reverse` does, in one sentence for the step library. */
  readonly reverses: string;
  /**
   * Half-way is worse than not at all (writes are refused, say): the engine reverses it at once when it fails or is
   * stopped half-way. If an action ended without an answer, it first waits up to 5 s: that action may still arrive.
   */
  readonly undoWhenFailed?: boolean;
  /**
   * Its reversal may be planned some seconds before it is performed, so that visitors who are held do not wait for the
   * looks. The reversals of the entries between change nothing that `check` and `reverse` look at, and what could
   * change by itself is looked at again by the actions.
   */
  readonly reversalAhead?: boolean;
  /**
   * Its change ends by itself, so long after it was made at the latest: nobody has to be called when it cannot be
   * reversed at once. `what` is a sentence without its end: "Each host lets new connections through".
   */
  readonly endsByItself?: (
    input: z.output<Input>,
  ) => {readonly afterMs: number; readonly what: string} | undefined;
  /**
   * Once it is done, nothing of it is in place, nor of an earlier step all of whose effects it ends: neither is listed
   * among the changes in place. Both can be reversed all the same.
   */
  readonly leavesNothing?: boolean;
  /** What may end from outside while it is in place, and later entries rely on. */
  readonly upkeep?: readonly Upkeep<Targets, z.output<Input>, z.output<Output>>[];
  /**
   * The writes that put `before` back, whether `plan`'s were all made, or some, or none.
   * `blocked` when a reversal from here would lose data.
   */
  reverse(
    look: Look<Targets, z.output<Input>>,
    before: z.output<Before>,
  ): Promise<readonly Action<Targets>[] | Blocked>;
  /**
   * Whether nothing of this run is left, where others go on using what the step works on (a queue, say). Without it, a
   * reversal is whole once `check` says pending with `before` as it was, and anything else is drift.
   */
  isReversed?(look: Look<Targets, z.output<Input>>): Promise<boolean>;
  /**
   * Where a reversal can lose what was done since: whether it would now, and why. Asked by `status`, at any time while
   * the step is applied.
   */
  reversalLoss?(look: Look<Targets, z.output<Input>>): Promise<ReversalLoss>;
}

export interface OneWayStep<
  Targets extends TargetKinds,
  Input extends Schema,
  Output extends Schema,
> extends Common<Targets, Input, undefined, Output> {
  readonly kind: 'one-way';
  /** Why it cannot be reversed, in a sentence the operator reads before approving. */
  readonly oneWayBecause: string;
}

export interface Gate<Targets extends TargetKinds, Input extends Schema, Output extends Schema>
  extends Omit<Common<Targets, Input, never, Output>, 'plan'> {
  readonly kind: 'gate';
  /** Its look is dear (it compares all data, say): it is not taken for a plan. */
  readonly expensive?: boolean;
  /**
   * How long what it has proven counts, in ms, until the outage begins: before a question to a person it is then
   * checked again. Within that time it is not checked again with the other gates.
   */
  readonly freshForMs?: number;
  /**
   * What it has found, a sentence each, for the person who is asked the question after it. Of its output, which the
   * journal has.
   */
  evidence?(output: z.output<Output>): readonly string[];
}

export type AnyStep = Step<any, any, any, any>;
type AnyOneWayStep = OneWayStep<any, any, any>;
export type AnyGate = Gate<any, any, any>;
export type AnyUnit = AnyStep | AnyOneWayStep | AnyGate;

/** Declares a step that can be put back. */
export function defineStep<
  Targets extends TargetKinds,
  Input extends Schema,
  Before extends Schema,
  Output extends Schema,
>(step: Omit<Step<Targets, Input, Before, Output>, 'kind'>): Step<Targets, Input, Before, Output> {
  return {...step, kind: 'step'};
}

/** Declares a step that cannot be reversed. It may stand only after the point of no return. */
export function defineOneWayStep<
  Targets extends TargetKinds,
  Input extends Schema,
  Output extends Schema,
>(step: Omit<OneWayStep<Targets, Input, Output>, 'kind'>): OneWayStep<Targets, Input, Output> {
  return {...step, kind: 'one-way'};
}

/** Declares a condition to wait for. A gate changes nothing. */
export function defineGate<
  Targets extends TargetKinds,
  Input extends Schema,
  Output extends Schema,
>(gate: Omit<Gate<Targets, Input, Output>, 'kind'>): Gate<Targets, Input, Output> {
  return {...gate, kind: 'gate'};
}
