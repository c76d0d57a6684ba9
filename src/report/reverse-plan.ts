import type {ReverseLine, ReversePlan} from '../model/plan.ts';
import {outlookSigns, placeText, type Sign} from './labels.ts';
import {
  actionsText,
  boldIn,
  detail,
  digestText,
  dimIn,
  entryHead,
  idColumnsFor,
  mostPlanLines,
  type PlanTextOptions,
} from './plan-parts.ts';
import {losslessText, sumText} from './plan-sum.ts';
import {flow} from './text.ts';

/**
 * A reversal, in the order of its entries: newest first. A short one, and one with `details`, shows every action;
 * what is in the way follows it, whole.
 */
export function reversePlanText(plan: ReversePlan, options: PlanTextOptions): string {
  const whole = layout(plan, {...options, details: true});
  const isWhole = options.details || whole.length <= mostPlanLines;
  return (isWhole ? whole : layout(plan, {...options, details: false})).join('\n');
}

function layout(plan: ReversePlan, options: PlanTextOptions): string[] {
  const idColumns = idColumnsFor(plan.lines.map(({entry}) => entry));
  const stuck = plan.lines.filter(isStuck).length;
  const note = options.details ? '' : '  (all actions: --details)';
  return [
    ...flow(
      [
        'Reverse ',
        boldIn(options, plan.run),
        ` to ${placeText(plan.to)}, newest first`,
        dimIn(options, note),
      ],
      options,
    ),
    ...plan.lines.flatMap((line) => reverseLineText(line, idColumns, options)),
    '',
    ...(plan.lines.length === 0
      ? ['No changes are in place: there is nothing to reverse.']
      : sumText(
          plan.lines.map((line) => reverseSigns[line.outlook]),
          options,
        )),
    ...losslessText(plan, options),
    ...digestText(
      plan.digest,
      {verb: 'Reverse by exactly this plan:', stuck, marks: '✗, ≠'},
      options,
    ),
  ];
}

const isStuck = ({outlook}: ReverseLine): boolean => outlook === 'blocked' || outlook === 'drift';

const reverseSigns: Readonly<Record<ReverseLine['outlook'], Sign>> = {
  change: {symbol: '↩', word: 'to reverse', colour: 'yellow'},
  restored: {symbol: '=', word: 'as before', colour: 'green'},
  drift: {symbol: '≠', word: 'drifted', colour: 'red'},
  blocked: {symbol: '✗', word: 'blocked', colour: 'red'},
  pending: {...outlookSigns.pending, word: 'to reverse, checked later'},
};

function reverseLineText(line: ReverseLine, idColumns: number, options: PlanTextOptions): string[] {
  const head = entryHead(
    {sign: reverseSigns[line.outlook], id: line.entry, ...textOf(line)},
    idColumns,
    options,
  );
  if (!options.details) {
    return head;
  }
  return [
    ...head,
    ...(line.actions.length > 1 ? actionsText(line.actions, options) : []),
    ...(line.detail && !isStuck(line) ? flow([line.detail], detail(options)) : []),
  ];
}

function textOf({outlook, summary, actions}: ReverseLine): {text: string; action: boolean} {
  const [only, ...more] = actions;
  const what = summary.replace(/\.$/, '');
  if (outlook === 'blocked' || outlook === 'drift') {
    return {text: `see below: ${what}`, action: false};
  }
  return only && more.length === 0
    ? {text: `${only.target}: ${only.does}`, action: true}
    : {text: outlook === 'restored' ? 'already as before' : what, action: false};
}
