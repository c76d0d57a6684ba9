import {z} from 'zod';
import {confirm} from '../../model/confirm.ts';
import type {SystemFact} from '../../model/effects.ts';
import type {Action, AnyUnit} from '../../model/step.ts';
import type {Blocked, Verdict} from '../../model/verdict.ts';
import {type Earlier, type Facts, withFact, withoutFact} from './facts.ts';

/** An entry, with its facts by the names of targets. */
export interface ModelEntry {
  readonly id: string;
  readonly kind: AnyUnit['kind'];
  readonly effects: readonly SystemFact[];
  readonly relies: readonly SystemFact[];
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
  if (unit === confirm) {
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
  const plan = async (look: Look) =>
    actionsOf(look, entry, {kind: 'forward'}).slice(systemsOf(look).made(entry));
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
        systemsOf(look).reversalObstacle(entry) ??
        actionsOf(look, entry, {kind: 'reverse', before})
          .slice(0, systemsOf(look).made(entry))
          .reverse();
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

const actionsOf = (look: Look, entry: ModelEntry, way: Way): Action<any>[] =>
  Array.from({length: changesOf(entry)}, (_, effect) => ({
    on: Object.keys(look.targets)[0] ?? '',
    does: `${way.kind === 'forward' ? 'make' : 'undo'} change ${effect + 1}`,
    perform: (systems: ModelSystems) => systems.act(entry, effect, way),
  }));

/** Whatever the target: its reader and writer is the process. */
const systemsOf = ({targets}: Look): ModelSystems => Object.values(targets)[0] as ModelSystems;
