import {comparedFigures, lookupsSentence, readsSentence, writesSentence} from '../counts-text.ts';
import {escaped} from '../escaped.ts';
import {forecastCells} from '../forecast-lines.ts';
import {holdTexts, tripsTexts} from '../hold-text.ts';
import {clockUtc, counted, durationText, momentUtc} from '../labels.ts';
import {outagesOfReport} from '../outage-text.ts';
import {outageSource, timesSentence} from '../report-text.ts';
import {countText, failedRequestTexts, requestTexts} from '../request-text.ts';
import type {RunReport} from '../run-report.ts';
import {countingHtml} from './clock.ts';
import type {RunPage} from './run-page.ts';

/** Of several texts, the first is shown, and the others once they are asked for. */
type Note = string | readonly [string, ...string[]];
type Cell = readonly [name: string, figureHtml: string, note: Note, isBad?: boolean];

/** The figures of a run, as far as they are known: the outage first. */
export function figuresHtml(page: RunPage): string {
  const {report} = page;
  const cells = [
    ...outageCells(page),
    ...clientCells(report),
    ...holdCells(page),
    ...tripCells(report),
    ...forecastCells(report),
    ['Machine time', durationText(report.machineMs), timesSentence(report)] as const,
    startedCell(page),
  ];
  const lines = cells.map(
    ([name, figure, note, isBad = false]) =>
      `<div${isBad ? ' class="problem"' : ''}><dt>${escaped(name)}</dt><dd>${figure}</dd><dd class="note">${noteHtml(note)}</dd></div>`,
  );
  return `<dl class="figures">${lines.join('')}</dl>`;
}

function noteHtml(note: Note): string {
  const [first = '', ...more] = [note].flat();
  const items = more.map((text) => `<li>${escaped(text)}</li>`).join('');
  const details = items && `<details><summary>Details</summary><ul>${items}</ul></details>`;
  return `${escaped(first)}${details}`;
}

/** An outage that has not ended has a clock. */
function outageCells(page: RunPage): readonly Cell[] {
  const {report, outage} = page;
  const {outageMs, outages, writes} = report;
  if (outageMs === undefined) {
    return [];
  }
  if (outage?.since) {
    const {since, totalMs} = outage;
    const note = `Nobody has been able to write since ${momentUtc(since)}${totalMs > 0 ? `; an earlier outage lasted ${durationText(totalMs)}` : ''}`;
    return [['OUTAGE', countingHtml(page, {since}), note, true]];
  }
  const note =
    outages.length === 0
      ? outageSource(report)
      : notesOf([...outagesOfReport(report), ...(writes ? [outageSource(report)] : [])]);
  return [['Outage', durationText(outageMs), note]];
}

function clientCells(report: RunReport): readonly Cell[] {
  const {writes, requests, reads, lookups} = report;
  const isBad = writes !== undefined && writes.lost + writes.duplicated > 0;
  return [
    ...(writes
      ? [
          [
            'Lost writes',
            `${isBad ? '✗' : '✓'} ${countText(writes.lost)}`,
            writesSentence(writes),
            isBad,
          ] as const,
        ]
      : []),
    ...comparedFigures(report).map(
      ([name = '', figure = '', note = '']) =>
        [name, escaped(figure), note, figure.startsWith('✗')] as const,
    ),
    ...(requests
      ? [
          [
            'Failed requests',
            countText(requests.failed),
            notesOf([...requestTexts(report), ...failedRequestTexts(requests)]),
          ] as const,
        ]
      : []),
    ...(reads ? [['Failed reads', countText(reads.failed), readsSentence(reads)] as const] : []),
    ...(lookups
      ? [['Wrong lookups', countText(lookups.wrong), lookupsSentence(lookups)] as const]
      : []),
  ];
}

const notesOf = ([first = '', ...more]: readonly string[]): Note => [first, ...more];

/** As the lab measured it, else from the journal. */
function holdCells({report, hold}: RunPage): readonly Cell[] {
  if (report.hold) {
    return [['Hold', durationText(report.hold.ms), holdTexts(report).join('; ')]];
  }
  return hold && !hold.since && hold.totalMs > 0
    ? [
        [
          'Hold',
          durationText(hold.totalMs),
          'How long new connections waited, according to the journal',
        ],
      ]
    : [];
}

const tripCells = (report: RunReport): readonly Cell[] =>
  report.roundTrips === undefined
    ? []
    : [['Round trips', String(report.roundTrips), tripsTexts(report).join('; ')]];

function startedCell({report, isWatched, lastHeard, progress}: RunPage): Cell {
  const {startedAtUtc, endedAtUtc} = report;
  const started = new Date(startedAtUtc);
  const note =
    isWatched || lastHeard
      ? `${momentUtc(started)}; ${counted(progress.seq + 1, 'entry', 'entries')} in the journal`
      : `${momentUtc(started)} to ${momentUtc(new Date(endedAtUtc))}`;
  return ['Started', clockUtc(started), note];
}
