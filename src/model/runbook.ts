import type {z} from 'zod';
import type {approve} from './approve.ts';
import {type Asked, type AskedOfOthers, approveEntry, confirmEntry} from './asked-entry.ts';
import type {confirm} from './confirm.ts';
import {
  type Allowed,
  type Binding,
  type EachBinding,
  type Entry,
  entryOf,
  Group,
  type Item,
  type NewId,
  type Part,
  type Place,
  type Stage,
  type Things,
  type WithEach,
  type WithOutput,
  type WithPlaces,
} from './entry.ts';
import type {FragmentHead, Named, RunbookHead} from './runbook-head.ts';
import type {AnyUnit} from './step.ts';
import type {TargetKinds} from './target.ts';

export type AnyRunbook = Runbook<any, any, any, any, any>;

/** `Places`: what is known at each entry, for the compiler alone. */
export class Runbook<
  Params extends z.ZodType,
  Targets extends TargetKinds,
  Outputs,
  At extends Stage,
  Places = Record<never, never>,
> {
  readonly head: RunbookHead<Params, Targets>;
  /** Without the entries that only parameters make: those are there once it is `expanded`. */
  readonly items: readonly Item[];
  /** Its items, and in their place the families that parameters make entries of. */
  readonly parts: readonly Part[];
  /** The title under which further entries stand. */
  readonly openPhase: string;
  declare protected readonly places: Places;
  #entries: readonly Entry[] | undefined;

  constructor(head: RunbookHead<Params, Targets>, parts: readonly Part[], phase: string) {
    this.head = head;
    this.parts = parts;
    this.items = parts.filter((part) => part.kind !== 'family');
    this.openPhase = phase;
  }

  /** Whether some of its entries are made by its parameters. */
  get isOpen(): boolean {
    return this.items.length < this.parts.length;
  }

  /** The same runbook with all of its entries, and with the targets that those work on. */
  expanded(params: z.output<Params>): AnyRunbook {
    const families = this.parts.flatMap((part) => (part.kind === 'family' ? [part] : []));
    const made = new Map(families.map((family) => [family.id, family.make(params)]));
    const items = this.parts.flatMap((part): readonly Item[] =>
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

  phase(title: string): Runbook<Params, Targets, Outputs, At, Places> {
    return new Runbook(this.head, this.parts, title);
  }

  step<const Id extends string, Unit extends Allowed<At>>(
    id: NewId<Id, Outputs>,
    unit: Unit,
    binding: Binding<Unit, Targets, z.output<Params>, Outputs>,
  ): Runbook<
    Params,
    Targets,
    WithOutput<Outputs, Id, Unit>,
    At,
    WithPlaces<Places, Id, Outputs, At>
  > {
    return this.#with(entryOf(id, this.openPhase, unit, binding));
  }

  together<Own>(
    title: string,
    fill: (
      group: Group<Targets, z.output<Params>, Outputs, Record<never, never>, At>,
    ) => Group<Targets, z.output<Params>, Outputs, Own, At>,
  ): Runbook<Params, Targets, Outputs & Own, At, WithPlaces<Places, keyof Own, Outputs, At>> {
    return this.#with(...fill(new Group(title, this.openPhase, [])).entries);
  }

  /** An entry for each of several things, which the parameters name: `deploy:web`, `deploy:api`. */
  each<const Id extends string, Thing, Unit extends Allowed<At>>(
    id: NewId<Id, Outputs>,
    things: Things<Thing, z.output<Params>>,
    unit: Unit,
    binding: (thing: Thing) => EachBinding<Unit, z.output<Params>, Outputs>,
  ): Runbook<
    Params,
    Targets,
    WithEach<Outputs, Id, Unit>,
    At,
    WithPlaces<Places, Id, Outputs, At>
  > {
    const make = (params: z.output<Params>): readonly Entry[] => {
      const atOnce = things.atOnce?.(params);
      return things.of(params).map((thing) => ({
        ...entryOf(`${id}:${things.name(thing)}`, this.openPhase, unit, binding(thing)),
        group: things.title,
        ...(atOnce === undefined ? {} : {atOnce}),
      }));
    };
    return this.#with({kind: 'family', id, make});
  }

  /** A gate that a person opens. "No" means hold. */
  confirm<const Id extends string>(
    id: NewId<Id, Outputs>,
    asked: Asked<z.output<Params>, Outputs>,
  ): Runbook<
    Params,
    Targets,
    WithOutput<Outputs, Id, typeof confirm>,
    At,
    WithPlaces<Places, Id, Outputs, At>
  > {
    return this.#with(confirmEntry({id, phase: this.openPhase}, asked));
  }

  /** A gate that other people open, with `switcharoo approve`: never the operator, and never `--yes`. */
  approve<const Id extends string>(
    id: NewId<Id, Outputs>,
    asked: AskedOfOthers<z.output<Params>, Outputs>,
  ): Runbook<
    Params,
    Targets,
    WithOutput<Outputs, Id, typeof approve>,
    At,
    WithPlaces<Places, Id, Outputs, At>
  > {
    return this.#with(approveEntry({id, phase: this.openPhase}, asked));
  }

  /**
   * The entries of a fragment, with its own phases; what follows continues its last one. The compiler checks its
   * parameters, targets, ids and earlier entries.
   */
  include<Included extends AnyFragment>(
    fragment: Included & Fits<Included, z.output<Params>, Targets, Outputs>,
  ): Runbook<
    Params,
    Targets,
    WithFragment<Outputs, Included>,
    StageAfter<At, Included>,
    WithFragmentPlaces<Places, Included, Outputs>
  > {
    const {runbook} = fragment;
    return new Runbook(this.head, [...this.parts, ...runbook.parts], runbook.openPhase);
  }

  checkpoint<const Name extends string>(
    name: Name,
  ): Runbook<Params, Targets, Outputs, At, WithPlaces<Places, Name, Outputs, At>> {
    return this.#with({kind: 'checkpoint', name, phase: this.openPhase});
  }

  /** After it, one-way steps may stand. The engine asks the operator here, whatever the flags. */
  pointOfNoReturn(because: string): Runbook<Params, Targets, Outputs, 'committed', Places> {
    return this.#with({kind: 'point-of-no-return', because, phase: this.openPhase});
  }

  #with<More, Next extends Stage, There>(
    ...parts: readonly Part[]
  ): Runbook<Params, Targets, More, Next, There> {
    return new Runbook(this.head, [...this.parts, ...parts], this.openPhase);
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
  Places = Record<never, never>,
> {
  readonly params: Params;
  readonly targets: Targets;
  readonly earlier: Earlier;
  readonly runbook: Runbook<Params, Targets, Outputs, At, Places>;

  constructor(
    {params, targets, earlier}: FragmentHead<Params, Targets, Earlier>,
    runbook: Runbook<Params, Targets, Outputs, At, Places>,
  ) {
    this.params = params;
    this.targets = targets;
    this.earlier = earlier;
    this.runbook = runbook;
  }
}

/** Declares phases that several runbooks share: `.include(fragment)`. */
export function defineFragment<
  Params extends z.ZodType,
  Targets extends TargetKinds,
  const Earlier extends Readonly<Record<string, AnyUnit>>,
  Outputs,
  At extends Stage,
  Places,
>(
  head: FragmentHead<Params, Targets, Earlier>,
  fill: (
    runbook: Runbook<Params, Targets, OutputsOf<Earlier>, 'reversible'>,
  ) => Runbook<Params, Targets, Outputs, At, Places>,
): Fragment<Params, Targets, Earlier, Outputs, At, Places> {
  const {params, targets} = head;
  const empty = {name: 'fragment', summary: '', params, targets};
  return new Fragment(head, fill(new Runbook(empty, [], 'Start')));
}

type AnyFragment = Fragment<any, any, any, any, any, any>;
type OutputsOf<Units extends Readonly<Record<string, AnyUnit>>> = {
  readonly [Id in keyof Units]: z.output<Units[Id]['output']>;
};
type EntriesOf<Included> =
  Included extends Fragment<any, any, infer Earlier, infer Outputs, any, any>
    ? Omit<Outputs, keyof Earlier>
    : never;
type WithFragment<Outputs, Included> = Outputs & EntriesOf<Included>;
type StageAfter<At extends Stage, Included> =
  Included extends Fragment<any, any, any, any, infer Next, any>
    ? At extends 'committed'
      ? 'committed'
      : Next
    : never;

type WithFragmentPlaces<Places, Included, Outputs> =
  Included extends Fragment<any, any, any, any, any, infer Own>
    ? Places & {
        readonly [Id in keyof Own]: Own[Id] extends Place<infer There, infer At, infer Past>
          ? Place<Outputs & There, At, Past | keyof Places>
          : never;
      }
    : never;

/** `unknown` where the fragment fits into the runbook, else a sentence for the compiler's message. */
type Fits<Included, Params, Targets, Outputs> =
  Included extends Fragment<infer Own, infer Kinds, infer Earlier, any, any, any>
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
