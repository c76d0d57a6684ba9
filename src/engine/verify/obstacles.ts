import {type Blocked, blocked} from '../../model/verdict.ts';
import {cannotDrain, type Facts, holds} from './facts.ts';
import type {ModelEntry} from './model-units.ts';

/** The fact without which the entry does not start. */
export function unmetIn(facts: Facts, {effects, relies}: ModelEntry): Blocked | undefined {
  const links = effects.filter(({fact}) => fact === 'caught-up');
  const unmet = [...relies, ...links].find((fact) => !holds(facts, fact));
  return unmet && blocked(`its check is blocked (${unmet.fact})`, '');
}

/** Why an entry cannot be reversed now. */
export const obstacleIn = (facts: Facts, {effects}: ModelEntry): Blocked | undefined =>
  effects.some((effect) => cannotDrain(facts, effect))
    ? blocked('its reversal would lose writes', '')
    : undefined;
