import type {Forecast} from '../forecast/forecast.ts';
import {basisText, rangeText} from '../forecast/forecast-text.ts';
import type {ReversalForecast} from '../forecast/range.ts';
import {notCarriedBack} from '../model/also-written.ts';
import type {Entry, Item} from '../model/entry.ts';
import {outageRule, outageRuleText} from '../model/outage-limit.ts';
import {counted, placeText} from './labels.ts';
import type {SheetFacts, SheetPart, SheetText} from './sheet-facts.ts';

const mostRows = 8;

/** The first lines are the answer: with which command, until when, and in how many minutes. */
export function reversalPart(facts: SheetFacts): SheetPart {
  const {runbook, forecast, alsoWritten} = facts;
  const rule = outageRule(runbook, runbook.head.outage?.longestMs);
  const reversible = reversibleItems(runbook.items);
  const last = reversible.findLast((item): item is Entry => item.kind === 'entry')?.id;
  const measured = wholeReversal(forecast, last);
  const places = reversible.flatMap((item) => (item.kind === 'checkpoint' ? [item.name] : []));
  const isAnyMeasured = forecast?.reversals.some(({range}) => range) ?? false;
  return {
    title: 'How to reverse, until when, and in how many minutes',
    texts: [
      howText(facts),
      untilText(runbook.items),
      minutesText(forecast, last),
      ...byTheClock(facts, measured),
      ...(measured || last === undefined ? [] : [measureText(facts, last)]),
      `${placesText(places)} The command shows its plan, asks for approval, and checks each change that it has reversed.`,
      ...(rule ? [`The outage may last at most ${outageRuleText(rule)}`] : []),
      ...alsoWritten.map(notCarriedBack),
    ],
    ...(forecast && isAnyMeasured ? {table: timesTable(forecast)} : {}),
  };
}

const barrierIn = (items: readonly Item[]) =>
  items.find((item) => item.kind === 'point-of-no-return');

function reversibleItems(items: readonly Item[]): readonly Item[] {
  const barrier = barrierIn(items);
  return barrier ? items.slice(0, items.indexOf(barrier)) : items;
}

const howText = ({commands: {reverse, runs}}: SheetFacts): SheetText => [
  {label: 'How:'},
  ' with ',
  {command: reverse},
  ' on the host of the run. ',
  {command: runs},
  ' prints the name of the run, RUN, once it has started. If the run is still working, first pause it with Ctrl-C.',
];

function untilText(items: readonly Item[]): SheetText {
  const barrier = barrierIn(items);
  return [
    {label: 'Until when:'},
    barrier
      ? ` no fixed time: until the operator answers “Pass the point of no return?” with yes, in the phase ${barrier.phase}. After yes, it can no longer be reversed to any earlier point: ${barrier.because}`
      : ' at any time: the runbook has no point of no return.',
  ];
}

/** Of everything that can be reversed, to the start. */
function wholeReversal(
  forecast: Forecast | undefined,
  last: string | undefined,
): ReversalForecast['range'] {
  const start = forecast?.reversals.find(({to}) => to === null);
  return start?.from === last ? start?.range : undefined;
}

function minutesText(forecast: Forecast | undefined, last: string | undefined): SheetText {
  const label = {label: 'In how many minutes:'};
  const start = forecast?.reversals.find(({to}) => to === null);
  if (!forecast || !start?.range) {
    return [label, ' unknown, because no rehearsal here has reversed all entries.'];
  }
  const takes = `${rangeText(start.range)} in ${whereMeasured(forecast)}, plus planning and approval`;
  const basis = `(${basisText(forecast)})`;
  return [
    label,
    start.from === last
      ? ` back to the start of the run once ${start.from} is done: ${takes} ${basis}. In production it may take longer.`
      : ` unknown after ${start.from}, because no rehearsal here has reversed all that comes later. Up to there, it takes ${takes} ${basis}.`,
  ];
}

const whereMeasured = ({sources}: Forecast): string =>
  sources.every(({rehearsal}) => rehearsal) ? 'lab rehearsals' : 'lab rehearsals and earlier runs';

function byTheClock({window}: SheetFacts, range: ReversalForecast['range']): readonly SheetText[] {
  if (!window?.beforeEnd) {
    return [];
  }
  const closes = `the window closes at ${window.beforeEnd(0)}${window.hasCalendar ? ', or earlier if its calendar closes' : ''}`;
  const begin = range
    ? `approve the reversal at ${window.beforeEnd(range.p95)} at the latest`
    : 'begin the reversal well before that';
  return [
    [
      {label: 'To be back in time:'},
      ` ${closes}. To be back by then, ${begin}. It is possible after that, too: a reversal needs no window.`,
    ],
  ];
}

const measureText = ({commands}: SheetFacts, last: string): SheetText => [
  'Measure how long it takes, from the last entry that can be reversed, with ',
  {command: commands.rehearseReversal(last)},
  '.',
];

const placesText = (places: readonly string[]): string =>
  places.length > 0
    ? `Without --to, it reverses everything; with --to CHECKPOINT, only back to that checkpoint: ${places.join(', ')}.`
    : 'It reverses everything.';

function timesTable(forecast: Forecast): NonNullable<SheetPart['table']> {
  return {
    head: ['reverse to', 'once this is done', `takes, in ${whereMeasured(forecast)}`],
    rows: firstAndLast(forecast.reversals).map(({to, from, range, notMeasured}) => [
      placeText(to),
      from ?? 'now',
      range
        ? rangeText(range)
        : `unknown: ${counted(notMeasured.length, 'entry', 'entries')} never reversed`,
    ]),
  };
}

/** The reversal to the start is always among them. */
const firstAndLast = <Row>(rows: readonly Row[]): readonly Row[] =>
  rows.length > mostRows ? [...rows.slice(0, 1), ...rows.slice(1 - mostRows)] : rows;
