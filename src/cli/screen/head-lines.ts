import {elapsedMs} from '../../model/moment.ts';
import {type Outage, outageMs} from '../../model/outage.ts';
import {clockUtc, durationText, inventoryText, outcomeSigns, painted} from '../../report/labels.ts';
import {oneLine, type Piece} from '../../report/text.ts';
import type {FrameOptions} from './layout.ts';
import type {RunTask} from './renderer.ts';
import type {RunHead} from './run-head.ts';

/** What is above the tasks. Above a question it does not change: it has moments then, and no durations. */
export function headLines(run: RunTask, head: RunHead, options: FrameOptions): string[] {
  const {columns, now, paint, asks = false} = options;
  const {inventory, startedAt, reversal} = head;
  const outage = asks ? stillOutage(head.outage) : tickingOutage(head.outage, now);
  return [
    oneLine(
      [
        signPiece(head, options),
        ...outagePieces(outage, head, options),
        '  ',
        {text: run.title ?? '', paint: paint.bold},
        ' on ',
        inventoryText(paint, inventory),
        ...(asks ? [] : [`  ${durationText(elapsedMs(startedAt, now))}`]),
      ],
      columns,
    ),
    oneLine(
      [
        {
          text: `${asks ? 'asked at ' : ''}${clockUtc(now)} UTC  ${forecastPart(head, asks)}reversal: ${reversal}`,
          paint: paint.dim,
        },
      ],
      columns,
    ),
  ];
}

const forecastPart = ({forecast}: RunHead, asks: boolean): string =>
  forecast && !asks ? `${forecast}  ` : '';

/** How long the outage has lasted, and who is waited for: drawn again and again while a question is up. */
export function waitingLine(
  head: RunHead,
  options: Pick<FrameOptions, 'columns' | 'now' | 'paint'>,
): string {
  const {columns, now, paint} = options;
  const since = head.question?.since;
  const [, ...outage] = outagePieces(tickingOutage(head.outage, now), head, options);
  return oneLine(
    [
      ...outage,
      ...(outage.length > 0 ? ['  '] : []),
      {text: waitsFor(head), paint: paint.yellow},
      ...(since ? [`, ${durationText(elapsedMs(since, now))}`] : []),
    ],
    columns,
  );
}

function signPiece(head: RunHead, {paint, asks = false}: FrameOptions): Piece {
  if (asks) {
    return {text: `? ${waitsFor(head)}`, paint: paint.yellow};
  }
  const {symbol, word, colour} = outcomeSigns[head.outcome];
  return {text: `${symbol} ${word}`, paint: (text) => painted(paint, colour, text)};
}

function waitsFor({question}: RunHead): string {
  if (!question) {
    return 'waiting for an answer';
  }
  const {person, entry} = question;
  return `waiting for ${person}${entry === null ? '' : `: ${entry}`}`;
}

function outagePieces(
  text: string,
  {outage}: RunHead,
  {paint}: Pick<FrameOptions, 'paint'>,
): Piece[] {
  return text === '' ? [] : ['  ', {text, paint: outage.since ? paint.red : paint.yellow}];
}

/** The outage that lasts, and with it the sum if there was an outage before: a reversal can start a second outage. */
function tickingOutage(outage: Outage, now: Date): string {
  const {since, totalMs} = outage;
  const ms = outageMs(outage, now);
  if (!since) {
    return pastOutage(outage);
  }
  const sum = totalMs > 0 ? ` (${durationText(ms)} in all)` : '';
  return `OUTAGE ${durationText(ms - totalMs)}${sum}`;
}

const stillOutage = (outage: Outage): string =>
  outage.since ? `OUTAGE since ${clockUtc(outage.since)} UTC` : pastOutage(outage);

const pastOutage = ({totalMs}: Outage): string =>
  totalMs > 0 ? `outage was ${durationText(totalMs)}` : '';
