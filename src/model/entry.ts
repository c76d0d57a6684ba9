import type {z} from 'zod';
import type {ApprovalNeed} from './approval.ts';
import type {AnyGate, AnyStep, AnyUnit} from './step.ts';
import type {TargetKind, TargetKinds} from './target.ts';

export type Stage = 'reversible' | 'committed';

export type Allowed<At extends Stage> = At extends 'reversible' ? AnyStep | AnyGate : AnyUnit;

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
  /**
   * From the parameters, the outputs of earlier entries, and when those were done. Plans run it too: what it cannot
   * know yet is shown so.
   */
  input(known: Known<Params, Outputs>): z.input<Unit['input']>;
  /** Earlier entries without which a look here means nothing. Those whose outputs `input` uses need no naming. */
  readonly after?: readonly (keyof Outputs & string)[];
  /**
   * Earlier entries that must be done before this one may act. A plan checks it all the same: unlike with `after`, a
   * look here means something before.
   */
  readonly requires?: readonly (keyof Outputs & string)[];
  /** Instead of the unit's own limit. */
  readonly timeoutMs?: number;
  /** Why no operator may skip this entry, in a sentence that the operator reads. */
  readonly neverSkip?: string;
  /** Instead of the gate's own. */
  readonly freshForMs?: number;
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
export type WithEach<Outputs, Id extends string, Unit extends AnyUnit> = Outputs & {
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
export type EachBinding<Unit extends AnyUnit, Params, Outputs> = Omit<
  Binding<Unit, TargetKinds, Params, Outputs>,
  'on'
> & {readonly on: {readonly [Part in keyof Unit['targets']]: string}};

export type NewId<Id extends string, Outputs> = Id extends keyof Outputs ? never : Id;
export type WithOutput<Outputs, Id extends string, Unit extends AnyUnit> = Outputs & {
  readonly [Key in Id]: z.output<Unit['output']>;
};

/** What is known at an entry or a checkpoint, and which of them come before it. */
export interface Place<Outputs, At extends Stage, Past> {
  readonly outputs: Outputs;
  readonly at: At;
  readonly past: Past;
}
export type WithPlaces<Places, Ids extends PropertyKey, Outputs, At extends Stage> = Places & {
  readonly [Key in Ids]: Place<Outputs, At, keyof Places>;
};

/** A step, gate, confirmation or approval in its place. */
export interface Entry {
  readonly kind: 'entry';
  readonly id: string;
  readonly phase: string;
  /** Entries of one group run together. */
  readonly group?: string;
  /** What it asks of other people. `details`: the code that makes what they read with its question. */
  readonly approval?: ApprovalNeed & {readonly details: string};
  /** How many of its group may be at work at the same time. */
  readonly atOnce?: number;
  /** Ids of which every thing has its own entry: their outputs are asked for by name. */
  readonly families?: readonly string[];
  readonly unit: AnyUnit;
  /** What it does, in a sentence, where that says more than the unit's own: the question of a confirmation. */
  readonly summary?: string;
  /** Part to target name. */
  readonly on: Readonly<Record<string, string>>;
  readonly input: (known: Known<any, any>) => unknown;
  readonly after: readonly string[];
  readonly requires: readonly string[];
  readonly timeoutMs: number;
  /** Why no operator may skip it. */
  readonly neverSkip?: string;
  /** How long what it has proven counts. */
  readonly freshForMs?: number;
}

/** A named place that a run can be reversed to. */
interface Checkpoint {
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
export type Part = Item | Family;

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

export function entryOf(
  id: string,
  phase: string,
  unit: AnyUnit,
  binding: {
    readonly on: object;
    readonly input: (known: any) => unknown;
    readonly after?: readonly string[];
    readonly requires?: readonly string[];
    readonly timeoutMs?: number;
    readonly neverSkip?: string;
    readonly freshForMs?: number;
  },
): Entry {
  const neverSkip = binding.neverSkip ?? unit.neverSkip;
  const freshForMs = binding.freshForMs ?? (unit.kind === 'gate' ? unit.freshForMs : undefined);
  return {
    kind: 'entry',
    id,
    phase,
    unit,
    on: binding.on as Entry['on'],
    input: binding.input,
    after: binding.after ?? [],
    requires: binding.requires ?? [],
    timeoutMs: binding.timeoutMs ?? unit.timeoutMs,
    ...(neverSkip === undefined ? {} : {neverSkip}),
    ...(freshForMs === undefined ? {} : {freshForMs}),
  };
}
