import type {Entry, Item} from '../model/entry.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import type {TargetKind, TargetKinds} from '../model/target.ts';

export interface RunbookMistake {
  /** What is wrong, as the end of a sentence. */
  readonly what: string;
  /** What was written, and what could be there instead. */
  readonly instead?: {readonly of: string; readonly possible: readonly string[]};
}

/** What the types refuse, and what would fail only in the night. */
export function mistakesIn(runbook: AnyRunbook): readonly RunbookMistake[] {
  const items: readonly Item[] = runbook.items;
  return [
    ...headMistakes(runbook),
    ...items.flatMap((item, index) => mistakesAt(runbook, item, items.slice(0, index))),
    ...(runbook.entries.length === 0 ? [{what: 'it has no entries'}] : outageMistakes(runbook)),
  ];
}

function headMistakes({head}: AnyRunbook): readonly RunbookMistake[] {
  const {name, params, targets} = head as unknown as Readonly<Record<string, unknown>>;
  const kinds = Object.entries((targets ?? {}) as TargetKinds);
  return [
    ...(typeof name === 'string' && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)
      ? []
      : [
          {
            what: `its name is ${JSON.stringify(name)}, and must be kebab-case, such as bare-metal-to-ecs`,
          },
        ]),
    ...(typeof params === 'object' && params !== null && 'safeParse' in params
      ? []
      : [{what: 'its params are not a schema of zod, such as z.object({})'}]),
    ...kinds.flatMap(([target, kind]) =>
      typeof kind?.kind === 'string'
        ? []
        : [{what: `its target ${target} is not made by defineTarget`}],
    ),
    ...sidesMistakes(head),
    ...alsoWrittenMistakes(head.alsoWritten),
  ];
}

function sidesMistakes({sides, targets}: AnyRunbook['head']): readonly RunbookMistake[] {
  const possible = Object.keys(targets ?? {});
  const {old, new: next} = (sides ?? {}) as Readonly<Record<string, object | undefined>>;
  if (sides !== undefined && (typeof old !== 'object' || typeof next !== 'object')) {
    return [{what: 'its sides are not {old: {database: …}, new: {database: …}}'}];
  }
  return Object.entries({old, new: next}).flatMap(([side, of]) =>
    Object.entries(of ?? {}).flatMap(([what, target]) =>
      possible.includes(target)
        ? []
        : [
            {
              what: `sides.${side}.${what} names ${target}, which is not one of the runbook's targets`,
              instead: {of: String(target), possible},
            },
          ],
    ),
  );
}

function alsoWrittenMistakes(alsoWritten: unknown): readonly RunbookMistake[] {
  const isRight =
    alsoWritten === undefined ||
    typeof alsoWritten === 'function' ||
    (Array.isArray(alsoWritten) && alsoWritten.every((it) => typeof it?.what === 'string'));
  return isRight ? [] : [{what: "its alsoWritten is not a list such as [{what: 'uploads in S3'}]"}];
}

/** Its lists name entries or units that exist, and it ends after it begins. */
function outageMistakes({head, entries}: AnyRunbook): readonly RunbookMistake[] {
  const {outage} = head;
  if (outage === undefined) {
    return [];
  }
  if (typeof outage !== 'object' || outage === null) {
    return [{what: 'its outage is not an object {from: […], until: […]}'}];
  }
  const all: readonly Entry[] = entries;
  const {from, until, promoted = [], longestMs} = outage as unknown as Record<string, unknown>;
  const lists = {from, until, ...(promoted === undefined ? {} : {promoted})};
  const mistakes = [
    ...Object.entries(lists).flatMap(([list, names]) => listMistakes(list, names, all)),
    ...(longestMs === undefined || (Number.isFinite(longestMs) && Number(longestMs) > 0)
      ? []
      : [
          {
            what: `outage.longestMs is ${String(longestMs)}, and must be a number of milliseconds above 0`,
          },
        ]),
  ];
  return mistakes.length > 0 ? mistakes : orderMistakes(outage, all);
}

function listMistakes(
  list: string,
  names: unknown,
  entries: readonly Entry[],
): readonly RunbookMistake[] {
  if (!Array.isArray(names) || (names.length === 0 && list !== 'promoted')) {
    return [{what: `outage.${list} must be a list of at least one entry or unit`}];
  }
  const possible = [...entries.map(({id}) => id), ...new Set(entries.map(({unit}) => unit.name))];
  return names.flatMap((name: unknown) =>
    possible.includes(String(name))
      ? []
      : [
          {
            what: `outage.${list} names ${String(name)}, which is no entry or unit of the runbook`,
            instead: {of: String(name), possible},
          },
        ],
  );
}

/** It ends after it begins, and what closes the application or promotes the new side is in it. */
function orderMistakes(
  {from, until, promoted = []}: NonNullable<AnyRunbook['head']['outage']>,
  entries: readonly Entry[],
): readonly RunbookMistake[] {
  const at = (names: readonly string[]) =>
    entries.flatMap(({id, unit}, index) =>
      names.includes(id) || names.includes(unit.name) ? [index] : [],
    );
  const begins = Math.min(...at(from));
  const ends = Math.max(...at(until));
  const [begin, end] = [entries[begins]?.id, entries[ends]?.id];
  const early = until.filter((name) => Math.max(...at([name])) <= begins);
  if (early.length > 0) {
    return early.map((name) => ({
      what: `outage.until names ${name}, which does not come after ${begin}, where the outage begins`,
    }));
  }
  const late = from.filter((name) => Math.min(...at([name])) >= ends);
  const outside = promoted.filter((name) =>
    at([name]).some((index) => index < begins || index > ends),
  );
  return [
    ...late.map((name) => ({
      what: `outage.from names ${name}, which does not come before ${end}, where the outage ends`,
    })),
    ...outside.map((name) => ({
      what: `outage.promoted names ${name}, which is not in the outage, from ${begin} to ${end}`,
    })),
  ];
}

function mistakesAt(
  {head}: AnyRunbook,
  item: Item,
  earlier: readonly Item[],
): readonly RunbookMistake[] {
  const name = itemName(item);
  const same = earlier.find((other) => name !== undefined && itemName(other) === name);
  const twice = same ? [{what: `${name} is used twice: ${sortOf(same)} and ${sortOf(item)}`}] : [];
  if (item.kind === 'point-of-no-return' && earlier.some(({kind}) => kind === item.kind)) {
    return [{what: 'it has two points of no return'}];
  }
  if (item.kind !== 'entry') {
    return twice;
  }
  const isEarly =
    item.unit.kind === 'one-way' && !earlier.some(({kind}) => kind === 'point-of-no-return');
  return [
    ...twice,
    ...(isEarly
      ? [{what: `${item.id} cannot be reversed and comes before the point of no return`}]
      : []),
    ...(Number.isFinite(item.timeoutMs) && item.timeoutMs > 0
      ? []
      : [{what: `${item.id} has the timeoutMs ${item.timeoutMs}, which must be above 0`}]),
    ...wrongTargetsIn(item, head.targets),
    ...tooLateIn(item, earlier),
  ];
}

const sortOf = ({kind}: Item): string =>
  kind === 'checkpoint' ? 'by a checkpoint' : 'by an entry';

/** A role without a target, a target of another kind, or a role that the unit does not have. */
function wrongTargetsIn({id, on, unit}: Entry, targets: TargetKinds): readonly RunbookMistake[] {
  const roles = Object.entries<TargetKind>(unit.targets);
  const unknown = Object.values(on).filter((target) => !(target in targets));
  if (unknown.length > 0) {
    const possible = Object.keys(targets);
    return unknown.map((target) => ({
      what: `${id} works on ${target}, which is not one of the runbook's targets`,
      instead: {of: target, possible},
    }));
  }
  const names = roles.map(([role]) => role);
  const extra = Object.keys(on).filter((role) => !names.includes(role));
  return [
    ...extra.map((role) => ({
      what: `${id} names the role ${role}, which ${unit.name} does not have`,
      instead: {of: role, possible: names},
    })),
    ...roles.flatMap(([role, {kind}]) => {
      const target = on[role];
      const is = target === undefined ? undefined : targets[target]?.kind;
      if (is === undefined) {
        return [{what: `${id} has no target for the role ${role}`}];
      }
      return is === kind || is.startsWith(`${kind}.`)
        ? []
        : [
            {
              what: `${id} needs a target of kind ${kind} for the role ${role}, and ${target} is of kind ${is}`,
            },
          ];
    }),
  ];
}

function tooLateIn(
  {id, after, requires, group, phase}: Entry,
  earlier: readonly Item[],
): readonly RunbookMistake[] {
  const done = earlier
    .filter((item): item is Entry => item.kind === 'entry')
    .filter((other) => group === undefined || other.group !== group || other.phase !== phase)
    .map((other) => other.id);
  return [...after, ...requires]
    .filter((other) => !done.includes(other))
    .map((other) => ({
      what: `${id} comes after ${other}, which is no earlier entry`,
      instead: {of: other, possible: done},
    }));
}

function itemName(item: Item): string | undefined {
  switch (item.kind) {
    case 'entry':
      return item.id;
    case 'checkpoint':
      return item.name;
    case 'point-of-no-return':
      return undefined;
  }
}
