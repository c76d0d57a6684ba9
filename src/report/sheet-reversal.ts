import type {Forecast} from '../forecast/forecast.ts';
import {rangeText} from '../forecast/forecast-text.ts';
import type {Item} from '../model/entry.ts';
import {outageRule, outageRuleText} from '../model/outage-limit.ts';
import {counted, placeText} from './labels.ts';
import type {SheetFacts, SheetPart} from './sheet-facts.ts';

const mostRows = 8;

/** The first sentence is the answer: with which command, until when, and in how many minutes. */
export function reversalPart(facts: SheetFacts): SheetPart {
  const {runbook, forecast, alsoWritten} = facts;
  const items: readonly Item[] = runbook.items;
  const barrier = items.findIndex(({kind}) => kind === 'point-of-no-return');
  const item = items[barrier];
  const refusedFrom = item?.kind === 'point-of-no-return' ? item : undefined;
  const isMeasured = forecast?.reversals.some(({range}) => range) ?? false;
  const rule = outageRule(runbook, runbook.head.outage?.longestMs);
  const places = items
    .slice(0, barrier < 0 ? items.length : barrier)
    .flatMap((each) => (each.kind === 'checkpoint' ? [each.name] : []));
  return {
    title: 'How to reverse, and until when',
    texts: [
      answerText(facts, refusedFrom),
      ...(refusedFrom
        ? [
            `Once that question is answered with yes, no reversal is possible any more: ${refusedFrom.because}`,
          ]
        : []),
      `The command reverses to the start${places.length > 0 ? `, and with --to only to a checkpoint: ${places.join(', ')}` : ''}. It shows its plan, asks for approval, and checks that everything is as it was before.`,
      ...(isMeasured
        ? []
        : [
            `Measure how long a reversal takes with: npx switcharoo rehearse ${runbook.head.name} --reverse-at CHECKPOINT`,
          ]),
      ...(rule ? [`The longest outage is ${outageRuleText(rule)}`] : []),
      ...alsoWritten.map(
        ({what, todo}) =>
          `A reversal does not carry back ${what}.${todo === undefined ? '' : ` Then: ${todo}`}`,
      ),
    ],
    ...(forecast && isMeasured ? {table: timesTable(forecast)} : {}),
  };
}

function answerText(
  {commands: {reverse}, forecast, window}: SheetFacts,
  refusedFrom: Item | undefined,
): string {
  const known = (forecast?.reversals ?? []).filter(({range}) => range !== undefined);
  const longest =
    known.find(({to}) => to === null) ??
    known.toSorted((a, b) => (b.range?.p95 ?? 0) - (a.range?.p95 ?? 0))[0];
  const takes = longest?.range
    ? `${longest.to === null ? 'it' : `to ${placeText(longest.to)} it`} takes ${rangeText(longest.range)}`
    : 'how long it takes is unknown, because no rehearsal has reversed all of its entries';
  const asked = refusedFrom
    ? `before the operator answers “Pass the point of no return?” in the phase ${refusedFrom.phase}`
    : undefined;
  const inTime = !window?.beforeEnd
    ? undefined
    : longest?.range
      ? `at ${window.beforeEnd(longest.range.p95)} at the latest, to be back before the window closes`
      : `well before ${window.beforeEnd(0)}, when the window closes`;
  const until = [inTime, asked].flatMap((text) => text ?? []).join(', and ') || 'at any time';
  return `To reverse, use: ${reverse}, ${until}; ${takes}.`;
}

function timesTable(forecast: Forecast): NonNullable<SheetPart['table']> {
  return {
    head: ['reverse to', 'once this is done', 'takes'],
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
