import type {ReverseLine, ReversePlan} from '../model/plan.ts';
import {counted, outlookSigns, placeText, type Sign} from './labels.ts';
import {
  actionsText,
  boldIn,
  detailIndent,
  detailText,
  digestText,
  idColumnsFor,
  type PlanTextOptions,
  signed,
} from './plan-parts.ts';
import {flow} from './text.ts';

/** A reversal, in the order of its entries: newest first. */
export function reversePlanText(plan: ReversePlan, options: PlanTextOptions): string {
  const idColumns = idColumnsFor(plan.lines.map(({entry}) => entry));
  const count = (outlook: ReverseLine['outlook']) =>
    plan.lines.filter((line) => line.outlook === outlook).length;
  const stuck = count('blocked') + count('drift');
  return [
    ...flow(['Reverse ', boldIn(options, plan.run), ` to ${placeText(plan.to)}`], options),
    ...flow(
      [
        `${counted(plan.lines.length, 'entry', 'entries')}: ${count('change') + count('pending')} to reverse, ${count('restored')} already as before; ${count('drift')} drifted; ${count('blocked')} blocked`,
      ],
      options,
    ),
    '',
    ...plan.lines.flatMap((line) => reverseLineText(line, idColumns, options)),
    ...(plan.lines.length === 0 ? ['No changes are in place: there is nothing to reverse.'] : []),
    '',
    ...digestText(
      plan.digest,
      {verb: 'Reverse by exactly this plan:', stuck, marks: '✗, ≠'},
      options,
    ),
  ].join('\n');
}

const reverseSigns: Readonly<Record<ReverseLine['outlook'], Sign>> = {
  change: {symbol: '↩', word: 'reverse', colour: 'yellow'},
  restored: {symbol: '=', word: 'as before', colour: 'green'},
  drift: {symbol: '≠', word: 'drift', colour: 'red'},
  blocked: {symbol: '✗', word: 'blocked', colour: 'red'},
  pending: outlookSigns.pending,
};

function reverseLineText(line: ReverseLine, idColumns: number, options: PlanTextOptions): string[] {
  return [
    ...flow(
      [...signed(reverseSigns[line.outlook], line.entry, idColumns, options, 11), ` ${line.unit}`],
      {
        width: options.width,
        first: '  ',
        rest: `  ${detailIndent}`,
      },
    ),
    ...actionsText(line.actions, options),
    ...detailText(line, options),
  ];
}
