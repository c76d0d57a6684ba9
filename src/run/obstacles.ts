import {type Plan, planLines} from '../model/plan.ts';
import type {Problem} from '../model/problem.ts';

/** Every blocked entry of a plan, as a problem of its own. */
export function obstaclesIn(plan: Plan): readonly Problem[] {
  return planLines(plan)
    .filter(({outlook}) => outlook === 'blocked')
    .map(({entry, detail = 'it is blocked', hint = '', code = 'entry-blocked'}) => ({
      code,
      message: `${entry}: ${detail}`,
      hint,
    }));
}
