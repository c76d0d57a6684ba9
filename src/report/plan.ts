import {
  type Plan,
  type PlanItem,
  type PlanLine,
  type PlannedAction,
  planLines,
  type ReverseLine,
  type ReversePlan,
} from '../model/plan.ts';
import type {Difference} from '../model/verdict.ts';
import {
  counted,
  inventoryText,
  outlookSigns,
  painted,
  placeText,
  type Sign,
  type TextOptions,
} from './labels.ts';
import {flow, flowCommand, type Piece, pad, widthOf} from './text.ts';

export interface PlanTextOptions extends TextOptions {
  /** The command that runs exactly this plan. Without it only the digest is printed. */
  readonly command?: string;
}

const oneWaySign: Sign = {symbol: '!', word: 'one-way', colour: 'red'};
/** The widest of the words above, with its symbol. */
const signColumns = 10;
const idColumnsMost = 22;
const detailIndent = '      ';

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
    .map(([sort, one, many]) => [sorts.filter((it) => it === sort).length, one, many] as const)
    .filter(([count]) => count > 0)
    .map(([count, one, many]) => counted(count, one, many));
  const oneWay = lines.filter(({unitKind}) => unitKind === 'one-way').length;
  const blocked = lines.filter(({outlook}) => outlook === 'blocked').length;
  return `${counted(lines.length, 'entry', 'entries')}: ${parts.join(', ') || 'nothing'}; ${oneWay} one-way; ${blocked} blocked`;
}

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

type Sort = 'change' | 'already-in-place' | 'applied' | 'skipped' | 'gate' | 'confirmation';
const sortWords: readonly (readonly [Sort, string, string])[] = [
  ['change', 'change', 'change'],
  ['already-in-place', 'already in place', 'already in place'],
  ['applied', 'applied', 'stand'],
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
    ...saysText(line, options),
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

const actionsText = (actions: readonly PlannedAction[], options: TextOptions): string[] =>
  actions.flatMap(({target, does}) => flow([`on ${target}: ${does}`], detail(options)));

function saysText(
  {
    outlook,
    detail: why,
    hint,
    remarks = [],
  }: Pick<PlanLine, 'detail' | 'hint' | 'remarks'> & {outlook: string},
  options: TextOptions,
): string[] {
  const {red, yellow} = options.paint;
  const stuck = outlook === 'blocked' || outlook === 'drift';
  return [
    ...(why ? flow([stuck ? inPaint(red, why) : why], detail(options)) : []),
    ...(hint ? flow([`-> ${hint}`], detail(options, '-> '.length)) : []),
    ...remarks.flatMap((remark) =>
      flow([inPaint(yellow, '! '), remark], detail(options, '! '.length)),
    ),
  ];
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
    ...saysText(line, options),
  ];
}

function ending(plan: Plan, options: PlanTextOptions): string[] {
  const blocked = planLines(plan).filter(({outlook}) => outlook === 'blocked').length;
  return digestText(
    plan.digest,
    {verb: 'Run exactly this plan:', stuck: blocked, marks: '✗'},
    options,
  );
}

function digestText(
  digest: string,
  {verb, stuck, marks}: {verb: string; stuck: number; marks: string},
  options: PlanTextOptions,
): string[] {
  const {paint, width, command} = options;
  const named = flow(['Plan ', boldIn(options, digest)], options);
  if (stuck > 0) {
    const entries = stuck === 1 ? '1 entry prevents' : `${stuck} entries prevent`;
    return [
      ...named,
      ...flow([inPaint(paint.red, `${entries} this plan from starting (${marks}).`)], options),
    ];
  }
  return command ? [...named, verb, ...flowCommand(command, {width, first: '  '})] : named;
}

function signed(
  sign: Sign,
  id: string,
  idColumns: number,
  {paint}: TextOptions,
  columns = signColumns,
): Piece[] {
  const text = `${sign.symbol} ${sign.word}`;
  return [
    {text, paint: (it) => painted(paint, sign.colour, it)},
    ' '.repeat(Math.max(1, columns + 1 - widthOf(text))),
    {text: id, paint: paint.bold},
    ' '.repeat(Math.max(0, idColumns - widthOf(id))),
  ];
}

const idColumnsFor = (ids: readonly string[]): number =>
  Math.min(idColumnsMost, Math.max(0, ...ids.map(widthOf)));

const detail = ({width}: TextOptions, hang = 2) => ({
  width,
  first: `${detailIndent}  `,
  rest: pad('', detailIndent.length + 2 + hang),
});

function phasesOf(items: readonly PlanItem[]): readonly (readonly [string, readonly PlanItem[]])[] {
  const phases = new Map<string, PlanItem[]>();
  for (const item of items) {
    phases.set(item.phase, [...(phases.get(item.phase) ?? []), item]);
  }
  return [...phases];
}

const inPaint = (paint: (text: string) => string, text: string): Piece => ({text, paint});
const boldIn = ({paint}: TextOptions, text: string): Piece => ({text, paint: paint.bold});
const dimIn = ({paint}: TextOptions, text: string): Piece => ({text, paint: paint.dim});
