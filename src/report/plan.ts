import {type Plan, type PlanItem, type PlanLine, planLines} from '../model/plan.ts';
import type {Difference} from '../model/verdict.ts';
import {counted, inventoryText, outlookSigns, type Sign, type TextOptions} from './labels.ts';
import {
  actionsText,
  boldIn,
  detail,
  detailIndent,
  detailText,
  digestText,
  dimIn,
  idColumnsFor,
  inPaint,
  type PlanTextOptions,
  signed,
} from './plan-parts.ts';
import {flow} from './text.ts';

const oneWaySign: Sign = {symbol: '!', word: 'one-way', colour: 'red'};

/** What a run would do, entry by entry, and how each line is known. */
export function planText(plan: Plan, options: PlanTextOptions): string {
  const idColumns = idColumnsFor(planLines(plan).map(({entry}) => entry));
  return [
    ...header(plan, options),
    ...phasesOf(plan.items).flatMap(([phase, items]) => [
      '',
      options.paint.bold(flow([phase], options).join('\n')),
      ...items.flatMap((item, index) => itemText(item, items[index - 1], idColumns, options)),
    ]),
    '',
    ...ending(plan, options),
  ].join('\n');
}

/** "27 entries: 14 change, 2 already in place, 6 gates, 3 confirmations; 1 one-way; 0 blocked". */
export function planSummary(plan: Pick<Plan, 'items'>): string {
  const lines = planLines(plan);
  const sorts = lines.map(sortOf);
  const parts = sortWords
    .map(
      ([sort, single, many]) => [sorts.filter((it) => it === sort).length, single, many] as const,
    )
    .filter(([count]) => count > 0)
    .map(([count, single, many]) => counted(count, single, many));
  const oneWay = lines.filter(({unitKind}) => unitKind === 'one-way').length;
  const blocked = lines.filter(({outlook}) => outlook === 'blocked').length;
  return `${counted(lines.length, 'entry', 'entries')}: ${parts.join(', ') || 'nothing'}; ${oneWay} one-way; ${blocked} blocked`;
}

type Sort = 'change' | 'already-in-place' | 'applied' | 'skipped' | 'gate' | 'confirmation';
const sortWords: readonly (readonly [Sort, string, string])[] = [
  ['change', 'change', 'change'],
  ['already-in-place', 'already in place', 'already in place'],
  ['applied', 'applied', 'applied'],
  ['skipped', 'skipped', 'skipped'],
  ['gate', 'gate', 'gates'],
  ['confirmation', 'confirmation', 'confirmations'],
];

/** Each entry is counted once: by what it is, and steps by what will come of them. */
function sortOf({unit, unitKind, outlook}: PlanLine): Sort {
  if (unitKind === 'gate') {
    return unit === 'operator.confirm' ? 'confirmation' : 'gate';
  }
  return outlook === 'already-in-place' || outlook === 'applied' || outlook === 'skipped'
    ? outlook
    : 'change';
}

function header(plan: Plan, options: PlanTextOptions): string[] {
  return [
    ...flow(
      [boldIn(options, plan.runbook.name), ' on ', inventoryText(options.paint, plan.inventory)],
      options,
    ),
    ...flow([plan.runbook.summary], options),
    ...flow([planSummary(plan)], options),
  ];
}

function itemText(
  item: PlanItem,
  before: PlanItem | undefined,
  idColumns: number,
  options: PlanTextOptions,
): string[] {
  switch (item.kind) {
    case 'entry':
      return [
        ...groupText(item, before, options),
        ...entryText(item, idColumns, {indent: item.group ? '    ' : '  ', options}),
      ];
    case 'checkpoint':
      return flow(
        [
          {text: `⚑ checkpoint ${item.name}`, paint: options.paint.cyan},
          ': a run can be reversed to here',
        ],
        {...options, first: '  '},
      );
    case 'point-of-no-return':
      return flow([{text: `━━ point of no return: ${item.because}`, paint: options.paint.red}], {
        ...options,
        first: '  ',
        rest: '     ',
      });
  }
}

function groupText(line: PlanLine, before: PlanItem | undefined, options: TextOptions): string[] {
  const isFirst = before?.kind !== 'entry' || before.group !== line.group;
  return line.group && isFirst ? flow([`together: ${line.group}`], {...options, first: '  '}) : [];
}

function entryText(
  line: PlanLine,
  idColumns: number,
  {indent, options}: {indent: string; options: PlanTextOptions},
): string[] {
  const {paint, width} = options;
  const sign = signOf(line);
  const on = line.targets.length > 0 ? ` on ${line.targets.join(', ')}` : '';
  return [
    ...flow(
      [
        ...signed(sign, line.entry, idColumns, options),
        ` ${line.unit}${on} `,
        dimIn(options, evidenceText(line)),
      ],
      {width, first: indent, rest: `${indent}${detailIndent}`},
    ),
    ...differencesText(line.differences, options),
    ...actionsText(line.actions, options),
    ...detailText(line, options),
    ...(line.oneWayBecause
      ? flow([inPaint(paint.red, `cannot be reversed: ${line.oneWayBecause}`)], detail(options))
      : []),
  ];
}

/** A step that cannot be put back says so before everything else, unless it is not going to act. */
function signOf({unitKind, outlook}: PlanLine): Sign {
  return unitKind === 'one-way' && (outlook === 'change' || outlook === 'pending')
    ? oneWaySign
    : outlookSigns[outlook];
}

function evidenceText({evidence, knownAfter}: PlanLine): string {
  return evidence === 'known-after' ? `[known after ${knownAfter.join(', ')}]` : `[${evidence}]`;
}

const differencesText = (differences: readonly Difference[], options: TextOptions): string[] =>
  differences.flatMap(({what, is, shouldBe}) =>
    flow([`${what}: ${is} -> `, boldIn(options, shouldBe)], detail(options)),
  );

function ending(plan: Plan, options: PlanTextOptions): string[] {
  const blocked = planLines(plan).filter(({outlook}) => outlook === 'blocked').length;
  return digestText(
    plan.digest,
    {verb: 'Run exactly this plan:', stuck: blocked, marks: '✗'},
    options,
  );
}

function phasesOf(items: readonly PlanItem[]): readonly (readonly [string, readonly PlanItem[]])[] {
  const phases = new Map<string, PlanItem[]>();
  for (const item of items) {
    phases.set(item.phase, [...(phases.get(item.phase) ?? []), item]);
  }
  return [...phases];
}
