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
  readonly times: {readonly [Id in keyof Outputs]: Date};
}

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
  readonly items: readonly Item[];
  readonly #phase: string;
  #entries: readonly Entry[] | undefined;

  constructor(head: RunbookHead<Params, Targets>, items: readonly Item[], phase: string) {
    this.head = head;
    this.items = items;
    this.#phase = phase;
  }

  get entries(): readonly Entry[] {
    this.#entries ??= this.items.filter((item): item is Entry => item.kind === 'entry');
    return this.#entries;
  }

  phase(title: string): Runbook<Params, Targets, Outputs, At> {
    return new Runbook(this.head, this.items, title);
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

  #with<More, Next extends Stage>(...items: readonly Item[]): Runbook<Params, Targets, More, Next> {
    return new Runbook(this.head, [...this.items, ...items], this.#phase);
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
