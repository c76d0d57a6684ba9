import type {z} from 'zod';
import {type ConfirmInput, confirm} from './confirm.ts';
import type {AnyGate, AnyStep, AnyUnit} from './step.ts';
import type {TargetKind, TargetKinds} from './target.ts';

type Stage = 'reversible' | 'committed';
type Allowed<At extends Stage> = At extends 'reversible' ? AnyStep | AnyGate : AnyUnit;

/** A kind `mysql.aurora` is a kind of `mysql`: it may play every part that asks for one. */
type NamesOfKind<Targets extends TargetKinds, Wanted> = {
  [Name in keyof Targets]: Wanted extends TargetKind<infer Kind, any, any>
    ? Targets[Name] extends TargetKind<Kind | `${Kind}.${string}`, any, any>
      ? Name
      : never
    : never;
}[keyof Targets];

/** How a runbook uses a unit: who plays which part, and what goes in. */
export interface Binding<Unit extends AnyUnit, Targets extends TargetKinds, Params, Outputs> {
  readonly on: {
    readonly [Part in keyof Unit['targets']]: NamesOfKind<Targets, Unit['targets'][Part]>;
  };
  /** From the parameters, the outputs of earlier entries, and when those were done. Plans run it too: what it cannot know yet is shown so. */
  input(known: Known<Params, Outputs>): z.input<Unit['input']>;
  /** Earlier entries without which a look here means nothing. Those whose outputs `input` uses need no naming. */
  readonly after?: readonly (keyof Outputs & string)[];
  /** Instead of the unit's own limit. */
  readonly timeoutMs?: number;
}

export interface Known<Params, Outputs> {
  readonly params: Params;
  readonly outputs: Outputs;
  /** When each earlier entry was done, from the journal. */
  readonly times: {
    readonly [Id in keyof Outputs]: Outputs[Id] extends OfEach ? (name: string) => Date : Date;
  };
}

/** What entries that are one for each of several things have given is asked for by the thing's name. */
type OfEach = (name: string) => unknown;
type WithEach<Outputs, Id extends string, Unit extends AnyUnit> = Outputs & {
  readonly [Key in Id]: (name: string) => z.output<Unit['output']>;
};

/** The things of which each has its own entry, `id:name`. They are at work together, at most `atOnce` of them. */
export interface Things<Thing, Params> {
  readonly title: string;
  of(params: Params): readonly Thing[];
  name(thing: NoInfer<Thing>): string;
  atOnce?(params: Params): number;
}

/** Like any binding, but for its targets: they may be named by the parameters. */
type EachBinding<Unit extends AnyUnit, Params, Outputs> = Omit<
  Binding<Unit, TargetKinds, Params, Outputs>,
  'on'
> & {readonly on: {readonly [Part in keyof Unit['targets']]: string}};

type NewId<Id extends string, Outputs> = Id extends keyof Outputs ? never : Id;
type WithOutput<Outputs, Id extends string, Unit extends AnyUnit> = Outputs & {
  readonly [Key in Id]: z.output<Unit['output']>;
};

/** A step, gate or confirmation in its place. */
export interface Entry {
  readonly kind: 'entry';
  readonly id: string;
  readonly phase: string;
  /** Entries of one group run together. */
  readonly group?: string;
  /** How many of its group may be at work at the same time. */
  readonly atOnce?: number;
  /** Ids of which every thing has its own entry: their outputs are asked for by name. */
  readonly families?: readonly string[];
  readonly unit: AnyUnit;
  /** Part to target name. */
  readonly on: Readonly<Record<string, string>>;
  readonly input: (known: Known<any, any>) => unknown;
  readonly after: readonly string[];
  readonly timeoutMs: number;
}

/** A named place to which `reverse` can go back. */
export interface Checkpoint {
  readonly kind: 'checkpoint';
  readonly name: string;
  readonly phase: string;
}

/** After it, reversing would lose data. */
export interface PointOfNoReturn {
  readonly kind: 'point-of-no-return';
  readonly because: string;
  readonly phase: string;
}

export type Item = Entry | Checkpoint | PointOfNoReturn;

/** Entries that are made once the parameters are known. */
interface Family {
  readonly kind: 'family';
  readonly id: string;
  readonly make: (params: any) => readonly Entry[];
}
type Part = Item | Family;

export interface RunbookHead<Params extends z.ZodType, Targets extends TargetKinds> {
  /** Kebab-case; with the inventory's name it is what the lock is held for. */
  readonly name: string;
  readonly summary: string;
  readonly params: Params;
  readonly targets: Targets;
  /** Nobody can write from the first of `from` (entries or units) until all of `until` are done: the screen's outage clock. */
  readonly outage?: {readonly from: readonly string[]; readonly until: readonly string[]};
}

export type AnyRunbook = Runbook<any, any, any, any>;

/** Entries that run at the same time. They know what came before the group, and nothing of each other. */
export class Group<Targets extends TargetKinds, Params, Known, Own, At extends Stage> {
  readonly entries: readonly Entry[];
  readonly #title: string;
  readonly #phase: string;

  constructor(title: string, phase: string, entries: readonly Entry[]) {
    this.#title = title;
    this.#phase = phase;
    this.entries = entries;
  }

  step<const Id extends string, Unit extends Allowed<At>>(
    id: NewId<Id, Known & Own>,
    unit: Unit,
    binding: Binding<Unit, Targets, Params, Known>,
  ): Group<Targets, Params, Known, WithOutput<Own, Id, Unit>, At> {
    const entry = {...entryOf(id, this.#phase, unit, binding), group: this.#title};
    return new Group(this.#title, this.#phase, [...this.entries, entry]);
  }
}

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
    const whole = items.map((item) =>
      item.kind === 'entry'
        ? {
            ...item,
            families: [...made.keys()],
            after: item.after.flatMap((id) => made.get(id)?.map((entry) => entry.id) ?? id),
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
    },
  ): Runbook<Params, Targets, WithOutput<Outputs, Id, typeof confirm>, At> {
    const input = (known: Known<z.output<Params>, Outputs>): ConfirmInput => ({
      question: asked.question,
      details: [...(asked.details?.(known) ?? [])],
    });
    return this.#with(entryOf(id, this.#phase, confirm, {on: {}, input, after: asked.after ?? []}));
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

function entryOf(
  id: string,
  phase: string,
  unit: AnyUnit,
  binding: {
    readonly on: object;
    readonly input: (known: any) => unknown;
    readonly after?: readonly string[];
    readonly timeoutMs?: number;
  },
): Entry {
  return {
    kind: 'entry',
    id,
    phase,
    unit,
    on: binding.on as Entry['on'],
    input: binding.input,
    after: binding.after ?? [],
    timeoutMs: binding.timeoutMs ?? unit.timeoutMs,
  };
}

/** Those that an entry works on; the kind of one that the parameters have named is what its part asks for. */
function targetsOf(named: TargetKinds, items: readonly Item[]): TargetKinds {
  const entries = items.filter((item): item is Entry => item.kind === 'entry');
  const used = entries.flatMap(({on, unit}) =>
    Object.entries(on).map(([part, target]) => [target, named[target] ?? unit.targets[part]]),
  );
  return Object.fromEntries(used);
}
