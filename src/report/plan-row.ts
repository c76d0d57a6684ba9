import {opensByPerson} from '../model/approve.ts';
import {canonicalJson} from '../model/canonical.ts';
import type {Plan, PlanLine} from '../model/plan.ts';
import {outlookSigns, type Sign} from './labels.ts';
import type {PlanPart} from './plan-fold.ts';

/** The action itself where there is one; else what it is for. Problems follow the plan, whole. */
export function textOf({outlook, summary, actions, detail: reason = ''}: PlanLine): {
  text: string;
  action: boolean;
} {
  const [only, ...more] = actions;
  const what = summary.replace(/\.$/, '');
  if (outlook === 'blocked') {
    return {text: `blocked, see below: ${what}`, action: false};
  }
  if (outlook === 'impossible') {
    return {text: reason, action: false};
  }
  return only && more.length === 0
    ? {text: `${only.target}: ${only.does}`, action: true}
    : {text: what, action: false};
}

export const isToldInHead = (outlook: PlanLine['outlook']): boolean =>
  outlook === 'blocked' || outlook === 'impossible';

const oneWaySign: Sign = {symbol: '!', word: 'one-way', colour: 'red'};

/** By what will come of it, also where that is checked later. */
export function signOf({unit, unitKind, outlook}: PlanLine): Sign {
  if (outlook === 'pending' || outlook === 'change') {
    const steps = unitKind === 'one-way' ? oneWaySign : outlookSigns.change;
    const gates = opensByPerson(unit) ? outlookSigns.ask : outlookSigns.wait;
    return unitKind === 'gate' ? gates : steps;
  }
  return outlookSigns[outlook];
}

export interface Around {
  readonly before: PlanPart | undefined;
  /** The entries that its row is for. Empty: a row before it is. */
  readonly ids: readonly string[];
}

/** Two gates that follow each other and are told in the same words have one row. */
export function around(
  parts: readonly PlanPart[],
  index: number,
  {plan, details}: {readonly plan: Plan; readonly details: boolean},
): Around {
  const isAlike = (first: PlanPart | undefined, other: PlanPart | undefined) =>
    !details &&
    first?.kind === 'entry' &&
    other?.kind === 'entry' &&
    first.unitKind === 'gate' &&
    canonicalJson([signOf(first), textOf(first)]) ===
      canonicalJson([signOf(other), textOf(other)]) &&
    other.entry !== plan.outage?.begins &&
    first.entry !== plan.outage?.ends;
  const [before, part, next] = [parts[index - 1], parts[index], parts[index + 1]];
  const isSecond = (at: number): boolean => isAlike(parts[at - 1], parts[at]) && !isSecond(at - 1);
  const row = isAlike(part, next) ? [part, next] : [part];
  return {
    before,
    ids: isSecond(index) ? [] : row.flatMap((each) => (each?.kind === 'entry' ? [each.entry] : [])),
  };
}
