import type {OutageSpan} from '../model/outage-span.ts';
import {type Plan, type PlanLine, planLines} from '../model/plan.ts';
import {expectedText} from './expected-text.ts';
import {forecastText} from './forecast-lines.ts';
import {counted, durationText, inventoryText} from './labels.ts';
import {folded, type InPlace, type PlanPart} from './plan-fold.ts';
import {
  actionsText,
  boldIn,
  detail,
  digestText,
  dimIn,
  entryHead,
  idColumnsFor,
  inPaint,
  mostPlanLines,
  type PlanTextOptions,
} from './plan-parts.ts';
import {type Around, around, isToldInHead, signOf, textOf} from './plan-row.ts';
import {
  durationsText,
  longestOutageText,
  losslessText,
  remarksText,
  sumText,
  worldText,
} from './plan-sum.ts';
import {flow} from './text.ts';

/**
 * What a run would do, entry by entry; what matters most is at the end. A short plan, and one with `details`, shows
 * every difference and action, and how each line is known.
 */
export function planText(plan: Plan, options: PlanTextOptions): string {
  const {resumed = false, details = false} = options;
  const parts = resumed && !details ? folded(plan.items) : plan.items;
  const whole = layout(plan, parts, {...options, details: true});
  const isWhole = details || whole.length <= mostPlanLines;
  return (isWhole ? whole : layout(plan, parts, {...options, details: false})).join('\n');
}

interface Frame {
  readonly plan: Plan;
  /** Entries in which nobody can write. */
  readonly inOutage: ReadonlySet<string>;
  readonly idColumns: number;
  readonly options: PlanTextOptions;
}

function layout(plan: Plan, parts: readonly PlanPart[], options: PlanTextOptions): string[] {
  const {paint, details = false} = options;
  const lines = planLines(plan);
  const frame = {
    plan,
    inOutage: new Set(outageOf(plan)),
    idColumns: idColumnsFor(lines.map(({entry}) => entry)),
    options,
  };
  return [
    ...flow(
      [
        boldIn(options, plan.runbook.name),
        ' on ',
        inventoryText(paint, plan.inventory),
        dimIn(options, details ? '' : headNote(lines)),
      ],
      options,
    ),
    ...(details ? flow([plan.runbook.summary], options) : []),
    ...phasesOf(parts).flatMap(([phase, phaseParts]) => phaseText(phase, phaseParts, frame)),
    ...(details ? [''] : []),
    ...sumText(lines.map(signOf), options),
    ...timesText(options),
    ...longestOutageText(plan, options),
    ...losslessText(plan, options),
    ...(options.people === undefined ? [] : flow([options.people], options)),
    ...remarksText(lines, options),
    ...worldText(options),
    ...ending(lines, plan.digest, options),
  ];
}

/** A forecast says more than the last run, and than what the network alone takes. */
function timesText(options: PlanTextOptions): string[] {
  const {forecast, expectation, earlier, details = false} = options;
  const expected = expectation ? expectedText(expectation, options) : [];
  if (forecast) {
    return [...forecastText(forecast, options), ...(details ? expected : [])];
  }
  // What is expected says that no earlier run was measured.
  return earlier === null && expected.length > 0
    ? expected
    : [...durationsText(options), ...expected];
}

function headNote(lines: readonly PlanLine[]): string {
  const later = lines.filter(({evidence}) => evidence === 'known-after').length;
  return `  (${later > 0 ? `${counted(later, 'entry is', 'entries are')} checked later; ` : ''}all actions: --details)`;
}

function outageOf({items, outage}: Plan): readonly string[] {
  const ids = items.flatMap((item) => (item.kind === 'entry' ? [item.entry] : []));
  return outage ? ids.slice(ids.indexOf(outage.begins), ids.indexOf(outage.ends) + 1) : [];
}

/** A checkpoint that ends its phase is named in the heading. */
function phaseText(phase: string, parts: readonly PlanPart[], frame: Frame): string[] {
  const {
    plan,
    options,
    options: {details = false},
  } = frame;
  const last = parts.at(-1);
  const checkpoint =
    last?.kind === 'checkpoint'
      ? [inPaint(options.paint.cyan, `  ⚑ ends at checkpoint ${last.name}`)]
      : [];
  const shown = checkpoint.length > 0 ? parts.slice(0, -1) : parts;
  return [
    ...(details ? [''] : []),
    ...flow([boldIn(options, phase), ...checkpoint], options),
    ...shown.flatMap((part, index) => partText(part, frame, around(shown, index, {plan, details}))),
  ];
}

function partText(part: PlanPart, frame: Frame, {before, ids}: Around): string[] {
  const {paint} = frame.options;
  const at = {...frame.options, first: '  ', rest: '     '};
  switch (part.kind) {
    case 'entry':
      return ids.length === 0
        ? []
        : [...groupText(part, before, frame.options), ...entryInOutage(part, frame, ids)];
    case 'in-place':
      return inPlaceText(part, frame);
    case 'checkpoint':
      return flow([inPaint(paint.cyan, `⚑ checkpoint ${part.name}`)], at);
    case 'point-of-no-return':
      return flow([inPaint(paint.red, `━━ point of no return: ${part.because}`)], at);
  }
}

function entryInOutage(line: PlanLine, frame: Frame, ids: readonly string[]): string[] {
  const {
    inOutage,
    options: {paint},
    plan: {outage},
  } = frame;
  const text = entryText(line, frame, ids);
  if (!outage || !inOutage.has(line.entry)) {
    return text;
  }
  const [last] = text.slice(-1);
  const isEnd = ids.includes(outage.ends);
  const rows = text.map((row) => `${paint.red(isEnd && row === last ? '┗' : '┃')}${row.slice(1)}`);
  return [
    ...(outage.begins === line.entry
      ? flow([inPaint(paint.red, beginText(outage, frame.options))], {
          ...frame.options,
          rest: '┃  ',
        })
      : []),
    ...rows,
  ];
}

const beginText = ({ends}: OutageSpan, {longestOutage}: PlanTextOptions): string => {
  const limit = longestOutage ? ` (limit ${durationText(longestOutage.rule.longestMs)})` : '';
  return `┏━ outage begins: nobody can write until ${ends} is done${limit}`;
};

/** What a resumed run has behind it, in one line; an outage that it is in began there. */
function inPlaceText({entries}: InPlace, {inOutage, plan: {outage}, options}: Frame): string[] {
  const {paint} = options;
  const [only] = entries;
  const names = entries.length === 1 ? `: ${only}` : '';
  const isLasting =
    outage !== undefined &&
    entries.some((id) => inOutage.has(id)) &&
    !entries.includes(outage.ends);
  return [
    ...flow(
      [inPaint(paint.green, `✓ ${counted(entries.length, 'entry', 'entries')} in place${names}`)],
      {
        ...options,
        first: '  ',
        rest: '    ',
      },
    ),
    ...(isLasting && entries.includes(outage.begins)
      ? [paint.red(`┏━ outage: nobody can write until ${outage.ends} is done`)]
      : []),
  ];
}

function groupText(
  line: PlanLine,
  before: PlanPart | undefined,
  options: PlanTextOptions,
): string[] {
  const isFirst = before?.kind !== 'entry' || before.group !== line.group;
  return options.details && line.group && isFirst
    ? flow([dimIn(options, `together: ${line.group}`)], {...options, first: '  '})
    : [];
}

function entryText(line: PlanLine, {idColumns, options}: Frame, ids: readonly string[]): string[] {
  const {paint, details = false} = options;
  const head = entryHead(
    {sign: signOf(line), id: ids.join(', '), ...textOf(line)},
    idColumns,
    options,
  );
  if (!details) {
    return head;
  }
  const on = line.targets.length > 0 ? ` on ${line.targets.join(', ')}` : '';
  const isSaid = line.actions.length === 1;
  return [
    ...head,
    ...flow([dimIn(options, `${line.unit}${on} ${evidenceText(line)}`)], detail(options)),
    ...line.differences.flatMap(({what, is, shouldBe}) =>
      flow([`${what}: ${is} -> `, boldIn(options, shouldBe)], detail(options)),
    ),
    ...(isSaid ? [] : actionsText(line.actions, options)),
    ...(line.detail && !isToldInHead(line.outlook) && line.detail !== line.summary
      ? flow([line.detail], detail(options))
      : []),
    ...(line.oneWayBecause
      ? flow([inPaint(paint.red, `cannot be reversed: ${line.oneWayBecause}`)], detail(options))
      : []),
  ];
}

function evidenceText({evidence, knownAfter}: PlanLine): string {
  if (evidence === 'journaled') {
    return '[from the journal]';
  }
  return evidence === 'known-after' ? `[known after ${knownAfter.join(', ')}]` : `[${evidence}]`;
}

function ending(lines: readonly PlanLine[], digest: string, options: PlanTextOptions): string[] {
  const {ownedByOthers = [], paint, width} = options;
  const stuck = lines.filter(({outlook}) => outlook === 'blocked').length;
  if (stuck === 0 && ownedByOthers.length > 0) {
    const text = `another run owns ${ownedByOthers.join(', ')}. It may have made what this plan takes for the original state.`;
    return ['', ...flow([inPaint(paint.red, '✗ Not to be run now: '), text], {width, rest: '  '})];
  }
  return digestText(digest, {verb: 'Run exactly this plan:', stuck, marks: '✗'}, options);
}

function phasesOf(parts: readonly PlanPart[]): readonly (readonly [string, readonly PlanPart[]])[] {
  const phases = new Map<string, PlanPart[]>();
  for (const part of parts) {
    phases.set(part.phase, [...(phases.get(part.phase) ?? []), part]);
  }
  return [...phases];
}
