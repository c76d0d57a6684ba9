import {type Blocked, blocked} from '../../model/verdict.ts';
import {domainObstacle, isDomainFact, isProvable} from './domain-facts.ts';
import {cannotDrain, type Facts, holds} from './facts.ts';
import type {ModelEntry} from './model-units.ts';
import {unmetText} from './unmet-text.ts';

/** The fact without which the entry does not start. */
export function unmetIn(facts: Facts, {effects, relies}: ModelEntry): Blocked | undefined {
  const unmet = [...relies, ...effects.filter(({fact}) => fact === 'caught-up')].find(
    (fact) => !holds(facts, fact),
  );
  const unprovable = effects.filter(isDomainFact).find((fact) => !isProvable(facts, fact));
  const fact = unmet ?? unprovable;
  return fact && blocked(`its check is blocked: ${unmetText(fact)}`, '');
}

/** Why an entry cannot be reversed now. */
export function obstacleIn(facts: Facts, {effects}: ModelEntry): Blocked | undefined {
  const because = effects.some((effect) => cannotDrain(facts, effect))
    ? 'its reversal would lose writes'
    : effects.map((effect) => domainObstacle(facts, effect)).find((text) => text !== undefined);
  return because === undefined ? undefined : blocked(because, '');
}
