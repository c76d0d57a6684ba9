import {type Plan, planLines, type ReversePlan} from '../model/plan.ts';
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

/** What prevents a complete reversal. A reversal with obstacles is not started. */
export function obstaclesToReversal(plan: ReversePlan): readonly Problem[] {
  return plan.lines
    .filter(({outlook}) => outlook === 'blocked' || isDrift(outlook))
    .map(({entry, outlook, detail = 'it cannot be reversed', hint = ''}) => ({
      code: isDrift(outlook) ? 'drift-detected' : 'reversal-blocked',
      message: `${entry}: ${detail}`,
      hint,
    }));
}

const isDrift = (outlook: ReversePlan['lines'][number]['outlook']): boolean => outlook === 'drift';
