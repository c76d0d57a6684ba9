import type {z} from 'zod';
import {
  type Allowed,
  type Binding,
  type Entry,
  entryOf,
  Group,
  type Item,
  type Part,
  type Place,
  type Stage,
} from './entry.ts';
import type {
  AfterOf,
  BeforeOf,
  EntriesOf,
  Fits,
  GivesAsMuch,
  GroupOf,
  Inserted,
  KnownAfter,
  KnownAt,
  Shifted,
  StageAt,
  Taken,
  Without,
} from './places.ts';
import {type AnyRunbook, Runbook} from './runbook.ts';
import type {Named, RunbookHead} from './runbook-head.ts';
import {didYouMean, namesNear} from './suggestion.ts';
import type {TargetKinds} from './target.ts';

/** What an extended runbook has of its own; the rest is the base's. */
interface ExtensionHead<Added extends z.ZodObject, More extends TargetKinds>
  extends Partial<Omit<RunbookHead<any, any>, 'params' | 'targets'>> {
  /** Further parameters. */
  readonly params?: Added;
  /** Further targets. */
  readonly targets?: More;
}

/**
 * A runbook that follows another one: its entries, with some added, replaced or left out. What the base changes later
 * is in it, too.
 *
 * @throws Error where a place is named that the base does not have
 */
export function extendRunbook<
  Params extends z.ZodType,
  Targets extends TargetKinds,
  Outputs,
  At extends Stage,
  Places,
  Added extends z.ZodObject = z.ZodObject<Record<never, never>>,
  More extends TargetKinds = Record<never, never>,
>(
  base: Runbook<Params, Targets, Outputs, At, Places>,
  {params, targets, ...own}: ExtensionHead<Added, More> = {},
): ExtendedRunbook<Extended<Params, Added>, Targets & More, Outputs, At, Places> {
  const head = {
    ...base.head,
    ...own,
    params: params ? withParams(base.head.params, params) : base.head.params,
    targets: {...base.head.targets, ...targets},
  };
  return new ExtendedRunbook(head as never, base.parts, base.openPhase);
}

type Extended<Params extends z.ZodType, Added extends z.ZodObject> = z.ZodType<
  z.output<Params> & Named<z.output<Added>>
>;

function withParams(params: z.ZodType, added: z.ZodObject): z.ZodType {
  if (!('extend' in params && typeof params.extend === 'function')) {
    throw new Error('the params of the base runbook are not a z.object, so no params can be added');
  }
  return params.extend(added.shape);
}

export class ExtendedRunbook<
  Params extends z.ZodType,
  Targets extends TargetKinds,
  Outputs,
  At extends Stage,
  Places,
> extends Runbook<Params, Targets, Outputs, At, Places> {
  /**
   * Entries right before that entry or checkpoint, in its phase unless they begin their own. Before one of a group
   * means before the group.
   */
  before<const Id extends keyof Places & string, More extends AnyRunbook>(
    id: Id,
    fill: (
      runbook: Runbook<Params, Targets, KnownAt<Places, Id>, StageAt<Places, Id>>,
    ) => More & Fits<More, KnownAt<Places, Id>, StageAt<Places, Id>, Outputs>,
  ): ExtendedRunbook<
    Params,
    Targets,
    Outputs & EntriesOf<More, KnownAt<Places, Id>>,
    At,
    Inserted<
      Places,
      GroupOf<Places, Id> | AfterOf<Places, Id>,
      More,
      KnownAt<Places, Id>,
      BeforeOf<Places, Id>
    >
  > {
    return this.#filled(this.#groupAt(id)[0], id, fill);
  }

  /** Entries right after that entry or checkpoint, like `before`. After one of a group means after the group. */
  after<const Id extends keyof Places & string, More extends AnyRunbook>(
    id: Id,
    fill: (
      runbook: Runbook<Params, Targets, KnownAfter<Places, Id, Outputs>, StageAt<Places, Id>>,
    ) => More & Fits<More, KnownAfter<Places, Id, Outputs>, StageAt<Places, Id>, Outputs>,
  ): ExtendedRunbook<
    Params,
    Targets,
    Outputs & EntriesOf<More, KnownAfter<Places, Id, Outputs>>,
    At,
    Inserted<
      Places,
      AfterOf<Places, Id>,
      More,
      KnownAfter<Places, Id, Outputs>,
      BeforeOf<Places, Id> | GroupOf<Places, Id>
    >
  > {
    return this.#filled(this.#groupAt(id)[1], id, fill);
  }

  /** Further entries of the group of that entry: they run at the same time. */
  beside<const Id extends keyof Places & string, Own>(
    id: Id,
    fill: (
      group: Group<
        Targets,
        z.output<Params>,
        KnownAt<Places, Id>,
        Record<never, never>,
        StageAt<Places, Id>
      >,
    ) => Group<Targets, z.output<Params>, KnownAt<Places, Id>, Own, StageAt<Places, Id>> &
      (keyof Own & keyof Outputs extends never ? unknown : Taken),
  ): ExtendedRunbook<
    Params,
    Targets,
    Outputs & Own,
    At,
    Shifted<Places, AfterOf<Places, Id>, Own> & {
      readonly [Key in keyof Own]: Place<
        KnownAt<Places, Id>,
        StageAt<Places, Id>,
        BeforeOf<Places, Id>
      >;
    }
  > {
    const beside = this.#entryAt(id);
    if (beside.group === undefined) {
      throw new Error(`${id} is not in a group: use after() instead of beside()`);
    }
    const group = new Group<any, any, any, Record<never, never>, any>(
      beside.group,
      beside.phase,
      [],
    );
    return this.#inserted(this.#groupAt(id)[1], fill(group as never).entries);
  }

  /**
   * The same entry with another unit or another binding. What the binding leaves out of `after` and `requires` stays as
   * the base has it, and so does its place. Its output must be what later entries use.
   */
  replace<
    const Id extends keyof Places & keyof Outputs & string,
    Unit extends Allowed<StageAt<Places, Id>>,
  >(
    id: Id,
    unit: Unit & GivesAsMuch<Unit, Outputs[Id]>,
    binding: Binding<Unit, Targets, z.output<Params>, KnownAt<Places, Id>>,
  ): ExtendedRunbook<Params, Targets, Outputs, At, Places> {
    const old = this.#entryAt(id);
    const {group, atOnce, after, requires, neverSkip} = old;
    const kept = {after, requires, ...(neverSkip === undefined ? {} : {neverSkip})};
    const entry = {
      ...entryOf(id, old.phase, unit, {...kept, ...binding}),
      ...(group === undefined ? {} : {group}),
      ...(atOnce === undefined ? {} : {atOnce}),
    };
    return this.#like(this.parts.map((part) => (part === old ? entry : part)));
  }

  /**
   * Without that entry or checkpoint. Entries that come after it come after what it comes after. An entry that uses its
   * output is refused when the parameters are known: replace it, too.
   */
  without<const Id extends keyof Places & string>(
    id: Id,
  ): ExtendedRunbook<Params, Targets, Omit<Outputs, Id>, At, Without<Places, Id>> {
    const removed = this.parts[this.#indexOf(id)];
    const parts = this.parts.filter((part) => part !== removed);
    return this.#like(parts.map((part) => passedOn(part, id, removed)));
  }

  #filled(index: number, id: string, fill: (runbook: never) => AnyRunbook): any {
    const {phase = this.openPhase} = this.parts[this.#indexOf(id)] as Item;
    const empty = new Runbook(this.head, [], phase);
    return this.#inserted(index, fill(empty as never).parts);
  }

  #inserted(index: number, parts: readonly Part[]): any {
    return this.#like([...this.parts.slice(0, index), ...parts, ...this.parts.slice(index)]);
  }

  #like(parts: readonly Part[]): any {
    return new ExtendedRunbook(this.head, parts, this.openPhase);
  }

  /** Where the group of an entry begins, and where it ends; of anything else, its own place. */
  #groupAt(id: string): readonly [number, number] {
    const index = this.#indexOf(id);
    const isBeside = (part: Part | undefined) => sameGroup(part, this.parts[index]);
    let [begin, end] = [index, index + 1];
    while (isBeside(this.parts[begin - 1])) {
      begin -= 1;
    }
    while (isBeside(this.parts[end])) {
      end += 1;
    }
    return [begin, end];
  }

  #entryAt(id: string): Entry {
    const part = this.parts[this.#indexOf(id)];
    if (part?.kind !== 'entry') {
      throw new Error(
        `${id} of ${this.head.name} is a checkpoint or a set of entries, not a single entry`,
      );
    }
    return part;
  }

  #indexOf(id: string): number {
    const names = this.parts.map(placeName);
    const index = names.indexOf(id);
    if (index === -1) {
      const near = didYouMean(namesNear(id, names));
      throw new Error(`${this.head.name} has no entry or checkpoint ${id}. ${near}`.trim());
    }
    return index;
  }
}

/** What followed an entry that is left out follows what that entry followed. */
function passedOn(part: Part, id: string, removed: Part | undefined): Part {
  const earlier = removed?.kind === 'entry' ? [...removed.after, ...removed.requires] : [];
  const instead = (ids: readonly string[]) => [
    ...new Set(ids.flatMap((each) => (each === id ? earlier : [each]))),
  ];
  const like = (entry: Entry): Entry => ({
    ...entry,
    after: instead(entry.after),
    requires: instead(entry.requires),
  });
  switch (part.kind) {
    case 'entry':
      return like(part);
    case 'family':
      return {...part, make: (params) => part.make(params).map(like)};
    default:
      return part;
  }
}

const sameGroup = (part: Part | undefined, other: Part | undefined): boolean =>
  part?.kind === 'entry' &&
  other?.kind === 'entry' &&
  part.group !== undefined &&
  part.group === other.group &&
  part.phase === other.phase;

function placeName(part: Part): string {
  switch (part.kind) {
    case 'entry':
    case 'family':
      return part.id;
    case 'checkpoint':
      return part.name;
    case 'point-of-no-return':
      return '';
  }
}
