import type {z} from 'zod';
import type {AlsoWritten} from './also-written.ts';
import {type ConfirmInput, confirm} from './confirm.ts';
import type {Sides} from './effects.ts';
import {
  type Allowed,
  type Binding,
  type EachBinding,
  type Entry,
  entryOf,
  Group,
  type Item,
  type Known,
  type NewId,
  type Part,
  type Stage,
  type Things,
  type WithEach,
  type WithOutput,
} from './entry.ts';
import type {AnyUnit} from './step.ts';
import type {TargetKinds} from './target.ts';

interface RunbookHead<Params extends z.ZodType, Targets extends TargetKinds> {
  /** Kebab-case; with the inventory's name it is what the lock is held for. */
  readonly name: string;
  readonly summary: string;
  readonly params: Params;
  readonly targets: Targets;
  /**
   * Nobody can write from the first of `from` (entries or units) until all of `until` are done: the screen's outage
   * clock.
   */
  readonly outage?: {
    readonly from: readonly string[];
    readonly until: readonly string[];
    /**
     * Once one of these has started, the new side may have writes of its own: past the longest outage a person decides.
     * Each of `until` counts too.
     */
    readonly promoted?: readonly string[];
    /** In ms. Past it the engine reverses by itself to before the outage. `--max-outage` replaces it. */
    readonly longestMs?: number;
  };
  /** The two sides of a cutover: `verify` proves that at most one of them accepts writes, for example. */
  readonly sides?: Sides;
  /**
   * What the new side writes beside the database, which a reversal does not carry back: documents, sessions, queues.
   * Each text that calls a reversal lossless names it.
   */
  readonly alsoWritten?:
    | readonly AlsoWritten[]
    | ((params: z.output<Params>) => readonly AlsoWritten[]);
}

export type AnyRunbook = Runbook<any, any, any, any>;

export class Runbook<
  Params extends z.ZodType,
  Targets extends TargetKinds,
  Outputs,
  At extends Stage,
> {
  readonly head: RunbookHead<Params, Targets>;
  /** Without the entries that only parameters make: those are there once it is `expanded`. */
  readonly items: readonly Item[];
  readonly #parts: readonly Part[];
  readonly #phase: string;
  #entries: readonly Entry[] | undefined;

  constructor(head: RunbookHead<Params, Targets>, parts: readonly Part[], phase: string) {
    this.head = head;
    this.#parts = parts;
    this.items = parts.filter((part) => part.kind !== 'family');
    this.#phase = phase;
  }

  /** Whether some of its entries are made by its parameters. */
  get isOpen(): boolean {
    return this.items.length < this.#parts.length;
  }

  /** The same runbook with all of its entries, and with the targets that those work on. */
  expanded(params: z.output<Params>): AnyRunbook {
    const families = this.#parts.flatMap((part) => (part.kind === 'family' ? [part] : []));
    const made = new Map(families.map((family) => [family.id, family.make(params)]));
    const items = this.#parts.flatMap((part): readonly Item[] =>
      part.kind === 'family' ? (made.get(part.id) ?? []) : [part],
    );
    const entriesOf = (id: string) => made.get(id)?.map((entry) => entry.id) ?? id;
    const whole = items.map((item) =>
      item.kind === 'entry'
        ? {
            ...item,
            families: [...made.keys()],
            after: item.after.flatMap(entriesOf),
            requires: item.requires.flatMap(entriesOf),
          }
        : item,
    );
    return new Runbook({...this.head, targets: targetsOf(this.head.targets, whole)}, whole, '');
  }

  get entries(): readonly Entry[] {
    this.#entries ??= this.items.filter((item): item is Entry => item.kind === 'entry');
    return this.#entries;
  }

  phase(title: string): Runbook<Params, Targets, Outputs, At> {
    return new Runbook(this.head, this.#parts, title);
  }

  step<const Id extends string, Unit extends Allowed<At>>(
    id: NewId<Id, Outputs>,
    unit: Unit,
    binding: Binding<Unit, Targets, z.output<Params>, Outputs>,
  ): Runbook<Params, Targets, WithOutput<Outputs, Id, Unit>, At> {
    return this.#with(entryOf(id, this.#phase, unit, binding));
  }

  together<Own>(
    title: string,
    fill: (
      group: Group<Targets, z.output<Params>, Outputs, Record<never, never>, At>,
    ) => Group<Targets, z.output<Params>, Outputs, Own, At>,
  ): Runbook<Params, Targets, Outputs & Own, At> {
    return this.#with(...fill(new Group(title, this.#phase, [])).entries);
  }

  /** An entry for each of several things, which the parameters name: `deploy:web`, `deploy:api`. */
  each<const Id extends string, Thing, Unit extends Allowed<At>>(
    id: NewId<Id, Outputs>,
    things: Things<Thing, z.output<Params>>,
    unit: Unit,
    binding: (thing: Thing) => EachBinding<Unit, z.output<Params>, Outputs>,
  ): Runbook<Params, Targets, WithEach<Outputs, Id, Unit>, At> {
    const make = (params: z.output<Params>): readonly Entry[] => {
      const atOnce = things.atOnce?.(params);
      return things.of(params).map((thing) => ({
        ...entryOf(`${id}:${things.name(thing)}`, this.#phase, unit, binding(thing)),
        group: things.title,
        ...(atOnce === undefined ? {} : {atOnce}),
      }));
    };
    return this.#with({kind: 'family', id, make});
  }

  /** A gate that a person opens. "No" means hold. */
  confirm<const Id extends string>(
    id: NewId<Id, Outputs>,
    asked: {
      readonly question: string;
      readonly details?: (known: Known<z.output<Params>, Outputs>) => readonly string[];
      readonly after?: readonly (keyof Outputs & string)[];
      readonly requires?: readonly (keyof Outputs & string)[];
    },
  ): Runbook<Params, Targets, WithOutput<Outputs, Id, typeof confirm>, At> {
    const input = (known: Known<z.output<Params>, Outputs>): ConfirmInput => ({
      question: asked.question,
      details: [...(asked.details?.(known) ?? [])],
    });
    const {after = [], requires = []} = asked;
    const entry = entryOf(id, this.#phase, confirm, {on: {}, input, after, requires});
    return this.#with({...entry, summary: asked.question});
  }

  /**
   * The entries of a fragment, with its own phases; what follows continues its last one. The compiler checks its
   * parameters, targets, ids and earlier entries.
   */
  include<Included extends AnyFragment>(
    fragment: Included & Fits<Included, z.output<Params>, Targets, Outputs>,
  ): Runbook<Params, Targets, WithFragment<Outputs, Included>, StageAfter<At, Included>> {
    const {runbook} = fragment;
    return new Runbook(this.head, [...this.#parts, ...runbook.#parts], runbook.#phase);
  }

  checkpoint(name: string): Runbook<Params, Targets, Outputs, At> {
    return this.#with({kind: 'checkpoint', name, phase: this.#phase});
  }

  /** After it, one-way steps may stand. The engine asks the operator here, whatever the flags. */
  pointOfNoReturn(because: string): Runbook<Params, Targets, Outputs, 'committed'> {
    return this.#with({kind: 'point-of-no-return', because, phase: this.#phase});
  }

  #with<More, Next extends Stage>(...parts: readonly Part[]): Runbook<Params, Targets, More, Next> {
    return new Runbook(this.head, [...this.#parts, ...parts], this.#phase);
  }
}

/** Begins a runbook: ordered phases of steps and gates over named targets. */
export function defineRunbook<Params extends z.ZodType, Targets extends TargetKinds>(
  head: RunbookHead<Params, Targets>,
): Runbook<Params, Targets, Record<never, never>, 'reversible'> {
  return new Runbook(head, [], 'Start');
}

/**
 * Phases that several runbooks share, such as a preparation. The cutover itself belongs into the runbook that is
 * read.
 */
export class Fragment<
  Params extends z.ZodType,
  Targets extends TargetKinds,
  Earlier extends Readonly<Record<string, AnyUnit>>,
  Outputs,
  At extends Stage,
> {
  readonly params: Params;
  readonly targets: Targets;
  readonly earlier: Earlier;
  readonly runbook: Runbook<Params, Targets, Outputs, At>;

  constructor(
    {params, targets, earlier}: FragmentHead<Params, Targets, Earlier>,
    runbook: Runbook<Params, Targets, Outputs, At>,
  ) {
    this.params = params;
    this.targets = targets;
    this.earlier = earlier;
    this.runbook = runbook;
  }
}

interface FragmentHead<
  Params extends z.ZodType,
  Targets extends TargetKinds,
  Earlier extends Readonly<Record<string, AnyUnit>>,
> {
  /** What it reads of the parameters of a runbook that includes it. */
  readonly params: Params;
  /** The targets that it works on, by their names in the runbook. */
  readonly targets: Targets;
  /** Entries of the runbook that it builds on, by their ids: it uses their outputs and times, or comes after them. */
  readonly earlier: Earlier;
}

/** Declares phases that several runbooks share: `.include(fragment)`. */
export function defineFragment<
  Params extends z.ZodType,
  Targets extends TargetKinds,
  const Earlier extends Readonly<Record<string, AnyUnit>>,
  Outputs,
  At extends Stage,
>(
  head: FragmentHead<Params, Targets, Earlier>,
  fill: (
    runbook: Runbook<Params, Targets, OutputsOf<Earlier>, 'reversible'>,
  ) => Runbook<Params, Targets, Outputs, At>,
): Fragment<Params, Targets, Earlier, Outputs, At> {
  const {params, targets} = head;
  const empty = {name: 'fragment', summary: '', params, targets};
  return new Fragment(head, fill(new Runbook(empty, [], 'Start')));
}

type AnyFragment = Fragment<any, any, any, any, any>;
type OutputsOf<Units extends Readonly<Record<string, AnyUnit>>> = {
  readonly [Id in keyof Units]: z.output<Units[Id]['output']>;
};
type EntriesOf<Included> =
  Included extends Fragment<any, any, infer Earlier, infer Outputs, any>
    ? Omit<Outputs, keyof Earlier>
    : never;
type WithFragment<Outputs, Included> = Outputs & EntriesOf<Included>;
type StageAfter<At extends Stage, Included> =
  Included extends Fragment<any, any, any, any, infer Next>
    ? At extends 'committed'
      ? 'committed'
      : Next
    : never;

/** Without an index signature: an empty object of zod has one. */
type Named<Fields> = {
  [Key in keyof Fields as string extends Key ? never : Key]: Fields[Key];
};

/** `unknown` where the fragment fits into the runbook, else a sentence for the compiler's message. */
type Fits<Included, Params, Targets, Outputs> =
  Included extends Fragment<infer Own, infer Kinds, infer Earlier, any, any>
    ? Params extends Named<z.output<Own>>
      ? Targets extends Kinds
        ? Outputs extends OutputsOf<Earlier>
          ? keyof Outputs & keyof EntriesOf<Included> extends never
            ? unknown
            : 'an entry of the fragment has an id that is used already'
          : 'the runbook lacks an entry that the fragment builds on'
        : 'the runbook lacks a target of the fragment'
      : 'the runbook lacks a parameter of the fragment'
    : never;

/** Those that an entry works on; the kind of one that the parameters have named is what its part asks for. */
function targetsOf(named: TargetKinds, items: readonly Item[]): TargetKinds {
  const entries = items.filter((item): item is Entry => item.kind === 'entry');
  const used = entries.flatMap(({on, unit}) =>
    Object.entries(on).map(([part, target]) => [target, named[target] ?? unit.targets[part]]),
  );
  return Object.fromEntries(used);
}
