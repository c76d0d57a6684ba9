import type {z} from 'zod';
import type {SystemFact} from '../model/effects.ts';
import type {Entry} from '../model/entry.ts';
import type {AnyUnit} from '../model/step.ts';
import {anything} from './known-values.ts';

/** The facts that an entry makes true, by the names of targets; of its input, as far as that is known. */
export function effectsOf({unit, on}: Entry, input: unknown): readonly SystemFact[] {
  const {effects = []} = unit;
  const declared =
    typeof effects === 'function' ? effectsFor(effects, parsed(unit, input)) : effects;
  return declared.map((fact: SystemFact) => onTargets(fact, on));
}

/** The facts without which it is blocked, by the names of targets. */
export const reliesOf = ({unit: {relies = []}, on}: Entry): readonly SystemFact[] =>
  relies.map((fact: SystemFact) => onTargets(fact, on));

/** The roles of a unit replaced by its targets. */
export function onTargets(fact: SystemFact, on: Entry['on']): SystemFact {
  const named = Object.entries(fact).map(([key, value]) =>
    roleKeys.has(key) ? [key, on[String(value)] ?? value] : [key, value],
  );
  return Object.fromEntries(named) as SystemFact; // the same members, with other names in them
}

const roleKeys: ReadonlySet<string> = new Set(['of', 'from', 'to']);

/** With its defaults, where nothing in it is unknown. */
function parsed({input: schema}: AnyUnit, input: unknown): unknown {
  const {success, data} = (schema as z.ZodType).safeParse(input);
  return success ? data : input;
}

function effectsFor(
  effects: (input: unknown) => readonly SystemFact[],
  input: unknown,
): readonly SystemFact[] {
  try {
    return effects(input);
  } catch {
    return effects(anything);
  }
}
