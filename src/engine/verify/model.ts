import {isOpenedByPerson} from '../../model/approve.ts';
import {isFollowed, type Sides} from '../../model/effects.ts';
import type {Entry, Item, Known} from '../../model/entry.ts';
import {type AnyRunbook, Runbook} from '../../model/runbook.ts';
import {effectsOf, reliesOf} from '../declared-effects.ts';
import {type InputReads, readsOf} from '../known-values.ts';
import {type Facts, factsAtStart} from './facts.ts';
import {type ModelEntry, modelUnit} from './model-units.ts';

/** A runbook whose units act on facts instead of systems. Its entries, groups, checkpoints and limits are the same. */
export interface Model {
  readonly runbook: AnyRunbook;
  readonly entries: ReadonlyMap<string, ModelEntry>;
  readonly start: Facts;
  readonly sides: Sides | undefined;
  /** Entries that begin or end the declared outage. */
  readonly inOutage: ReadonlySet<string>;
  /** Entries whose output a caught-up gate reads. */
  readonly read: ReadonlySet<string>;
  /** Entries that others come after, or whose output or time they read. */
  readonly needed: ReadonlySet<string>;
  /** By entry: those that need it. */
  readonly users: ReadonlyMap<string, readonly string[]>;
  /** Zones between which an entry moves a domain. */
  readonly domains: readonly {readonly from: string; readonly to: string}[];
}

/** Entries that change something and do not say what: each counts as harmless. */
export const undeclaredIn = (runbook: AnyRunbook): readonly string[] =>
  runbook.entries
    .filter(({unit: {kind, effects}}: Entry) => kind !== 'gate' && effects === undefined)
    .map(({id}: Entry) => id);

/** Whether it makes a difference that the entry was skipped, or how far it came. */
export const matters = (model: Model, {id, effects, kind}: ModelEntry): boolean =>
  effects.length > 0 || kind === 'one-way' || model.inOutage.has(id) || model.needed.has(id);

export function modelOf(runbook: AnyRunbook, params: unknown): Model {
  const items: readonly Item[] = runbook.items;
  const entries = new Map<string, ModelEntry>();
  const endsFreezes = freezesEnd(runbook, params);
  const made = items.map((item) => {
    if (item.kind !== 'entry') {
      return item;
    }
    const reads = readsOf(item, params, nothingKnown);
    const {effects, ...rest} = modelEntryOf(item, reads);
    const entry = {...rest, effects: effects.filter(({fact}) => fact !== 'freeze' || endsFreezes)};
    entries.set(item.id, entry);
    // A session is opened for each target: a unit without one still needs the process.
    const on = Object.keys(item.on).length > 0 ? item.on : {[systemsRole]: systemsRole};
    return {...item, on, unit: modelUnit(item.unit, entry), input: inputOf(item, reads)};
  });
  // It would be asked with parameters that the model does not have.
  const {alsoWritten: _alsoWritten, ...head} = runbook.head;
  const {sides, outage} = head;
  const all = [...entries.values()];
  const facts = all.flatMap(({effects}) => effects);
  const waiting = all.filter(({effects}) => effects.some(({fact}) => fact === 'caught-up'));
  const named = [...(outage?.from ?? []), ...(outage?.until ?? []), ...(outage?.promoted ?? [])];
  return {
    runbook: new Runbook(head, made, ''),
    entries,
    start: factsAtStart(sides, facts),
    sides,
    inOutage: new Set(
      runbook.entries
        .filter(({id, unit}: Entry) => named.includes(id) || named.includes(unit.name))
        .map(({id}: Entry) => id),
    ),
    read: new Set(waiting.flatMap(({reads}) => reads)),
    needed: new Set(all.flatMap(({needs}) => needs)),
    users: new Map(
      all.map(({id}) => [id, all.filter(({needs}) => needs.includes(id)).map((user) => user.id)]),
    ),
    domains: facts.flatMap((fact) =>
      fact.fact === 'delegation' && fact.is === 'changed' ? [fact] : [],
    ),
  };
}

/** Whether a freeze ends by itself: else nothing that makes one last makes a difference. */
const freezesEnd = (runbook: AnyRunbook, params: unknown): boolean =>
  runbook.entries.some((entry: Entry) =>
    modelEntryOf(entry, readsOf(entry, params, nothingKnown)).effects.some(
      (fact) => fact.fact === 'freeze' && !fact.lasts,
    ),
  );

function modelEntryOf(entry: Entry, {input, outputs, times}: InputReads): ModelEntry {
  const {id, unit, after, requires} = entry;
  return {
    id,
    kind: unit.kind,
    effects: effectsOf(entry, input).filter(isFollowed),
    relies: reliesOf(entry).filter(isFollowed),
    reads: [...outputs],
    needs: [...after, ...requires, ...outputs, ...times],
  };
}

const nothingKnown = {get: () => undefined};

const systemsRole = 'systems';

const question = {question: '', details: []};

/** It reads what the input of the runbook reads: the engine knows by that whether it can be made yet. */
function inputOf(
  {unit, approval, families = []}: Entry,
  {outputs, times}: InputReads,
): Entry['input'] {
  return (known: Known<object, object>) => {
    const read = [...outputs].map((id) => memberOf(known.outputs, id, families));
    [...times].map((id) => memberOf(known.times, id, families));
    return isOpenedByPerson(unit) ? {...approval, ...question} : {read};
  };
}

function memberOf(known: object, id: string, families: readonly string[]): unknown {
  const members = known as Readonly<Record<string, unknown>>; // a proxy that answers for every id
  const family = families.find((name) => id.startsWith(`${name}:`));
  return family === undefined
    ? members[id]
    : (members[family] as (name: string) => unknown)(id.slice(family.length + 1));
}
