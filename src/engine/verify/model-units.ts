import {z} from 'zod';
import {isOpenedByPerson} from '../../model/approve.ts';
import type {FollowedFact} from '../../model/effects.ts';
import type {Action, AnyUnit} from '../../model/step.ts';
import type {Blocked, Verdict} from '../../model/verdict.ts';
import {type Earlier, type Facts, withFact, withoutFact} from './facts.ts';

/** An entry, with its facts by the names of targets. */
export interface ModelEntry {
  readonly id: string;
  readonly kind: AnyUnit['kind'];
  readonly effects: readonly FollowedFact[];
  readonly relies: readonly FollowedFact[];
  /** The entries whose outputs its input reads. */
  readonly reads: readonly string[];
  /** The entries that it needs in any way. */
  readonly needs: readonly string[];
}

/** What the units of a model ask of the process that works on it. */
export interface ModelSystems {
  check(entry: ModelEntry, look: ModelLook): Verdict<Before, Output>;
  /** Makes the effect with this number true, or as it was. */
  act(entry: ModelEntry, effect: number, way: Way): Promise<void>;
  /** How many effects of an entry are in place. */
  made(entry: ModelEntry): number;
  reversalObstacle(entry: ModelEntry): Blocked | undefined;
}

export type Way = {readonly kind: 'forward'} | {readonly kind: 'reverse'; readonly before: Before};

export interface ModelLook {
  readonly input: {readonly read: readonly Output[]};
  readonly run: {readonly started: boolean; readonly before?: unknown};
}

/** The before-image of a step: what was true of each of its facts. */
export interface Before {
  readonly earlier: readonly Earlier[];
}

/** `settled`: nobody could write when the entry was done, so that a position that it gives is the last one. */
export interface Output {
  readonly settled: boolean;
}

interface Look extends ModelLook {
  readonly targets: Readonly<Record<string, unknown>>;
}

/** Steps without effects make one change that matters to nobody. */
export const changesOf = ({effects}: ModelEntry): number => Math.max(1, effects.length);

/** The systems once the effect with this number is true, or as it was. */
export function factsAfter(facts: Facts, entry: ModelEntry, effect: number, way: Way): Facts {
  const fact = entry.effects[effect];
  const made = {...facts.made, [entry.id]: way.kind === 'forward' ? effect + 1 : effect};
  if (fact === undefined) {
    return {...facts, made};
  }
  const changed =
    way.kind === 'forward'
      ? withFact(facts, fact)
      : withoutFact(facts, fact, way.before.earlier[effect] ?? false);
  return {...changed, made};
}

/** A unit with the name, the kind and the limits of the real one, which acts on facts. */
export function modelUnit(unit: AnyUnit, entry: ModelEntry): AnyUnit {
  if (isOpenedByPerson(unit)) {
    return unit;
  }
  const {name, summary, timeoutMs} = unit;
  const common = {
    name,
    summary,
    timeoutMs,
    targets: {},
    needs: {},
    input: z.any(),
    output: z.any(),
  };
  const check = async (look: Look) => systemsOf(look).check(entry, look);
  const by = unit.person && unit.kind !== 'gate' ? asked : performed;
  const plan = async (look: Look) => by(look, entry, {kind: 'forward'});
  switch (unit.kind) {
    case 'gate':
      return {...common, kind: 'gate', check: check as never}; // it is never pending
    case 'one-way': {
      const {oneWayBecause} = unit;
      return {...common, kind: 'one-way', oneWayBecause, check: check as never, plan};
    }
    case 'step': {
      const {reverses, undoWhenFailed = false, reversalAhead = false} = unit;
      const end = unit.endsByItself && {endsByItself: () => ({afterMs: 0, what: 'It ends'})};
      const reverse = async (look: Look, before: Before) =>
        systemsOf(look).reversalObstacle(entry) ?? by(look, entry, {kind: 'reverse', before});
      return {
        ...common,
        kind: 'step',
        before: z.any(),
        reverses,
        undoWhenFailed,
        reversalAhead,
        ...end,
        check,
        plan,
        reverse,
      };
    }
  }
}

/** An action for each effect that remains, in the order in which they are made or taken back. */
function performed(look: Look, entry: ModelEntry, way: Way): Action<any>[] {
  const on = Object.keys(look.targets)[0] ?? '';
  return remaining(entry, way, systemsOf(look).made(entry)).map((effect) => ({
    on,
    does: `${way.kind === 'forward' ? 'make' : 'undo'} change ${effect + 1}`,
    perform: (systems: ModelSystems) => systems.act(entry, effect, way),
  }));
}

/** One question for all of them: a person makes them, and says so or not. */
function asked(look: Look, entry: ModelEntry, way: Way): Action<any>[] {
  const asks = {who: 'you', question: '', details: [], way: way.kind};
  return performed(look, entry, way)
    .slice(0, 1)
    .map((action) => ({...action, asks}));
}

/** A person's work goes like any other action; where that would fail, the person says that it is not done. */
export async function personsAnswer(
  systems: ModelSystems,
  entry: ModelEntry,
  way: Way,
): Promise<'yes' | 'no'> {
  try {
    for (const effect of remaining(entry, way, systems.made(entry))) {
      await systems.act(entry, effect, way);
    }
    return 'yes';
  } catch {
    return 'no';
  }
}

/** The numbers of the effects that are not as wanted yet. */
function remaining(entry: ModelEntry, way: Way, made: number): readonly number[] {
  const all = Array.from({length: changesOf(entry)}, (_, effect) => effect);
  return way.kind === 'forward' ? all.slice(made) : all.slice(0, made).reverse();
}

/** Whatever the target: its reader and writer is the process. */
const systemsOf = ({targets}: Look): ModelSystems => Object.values(targets)[0] as ModelSystems;
