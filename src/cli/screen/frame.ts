import {type Outage, outageMs} from '../../model/outage.ts';
import {
  clockUtc,
  durationText,
  inventoryText,
  outcomeSigns,
  painted,
  type Sign,
} from '../../report/labels.ts';
import {oneLine, pad, widthOf} from '../../report/text.ts';
import {entryLines} from './entry-lines.ts';
import {elapsedMs, type FrameOptions, windowAround} from './layout.ts';
import {factsOf, type RunTask} from './renderer.ts';
import type {RunHead} from './run-head.ts';

/** The picture of this moment: never wider or taller than the terminal. Only the phase at work is shown whole. */
export function frame(run: RunTask, head: RunHead, options: FrameOptions): string[] {
  const top = [...header(run, head, options), ''];
  const bottom = footer(head, options);
  // The last row is the cursor's.
  const room = Math.max(1, options.rows - 1 - top.length - bottom.length);
  return [...top, ...phaseLines(run, head, room, options), ...bottom].slice(
    0,
    Math.max(1, options.rows - 1),
  );
}

function header(run: RunTask, head: RunHead, options: FrameOptions): string[] {
  const {columns, now, paint, asks = false} = options;
  const {outage, outcome, inventory, startedAt, reversal} = head;
  const ms = outageMs(outage, now);
  const sign = asks ? waitingSign : outcomeSigns[outcome];
  const outagePaint = outage.since ? paint.red : paint.yellow;
  const took = asks ? '' : `  ${durationText(elapsedMs(startedAt, now))}`;
  const at = `${asks ? 'asked at ' : ''}${clockUtc(now)} UTC`;
  return [
    oneLine(
      [
        {text: `${sign.symbol} ${sign.word}`, paint: (text) => painted(paint, sign.colour, text)},
        ...(ms > 0 || outage.since
          ? ['  ', {text: outageText(outage, ms, asks), paint: outagePaint}]
          : []),
        '  ',
        {text: run.title ?? '', paint: paint.bold},
        ' on ',
        inventoryText(paint, inventory),
        took,
      ],
      columns,
    ),
    oneLine([{text: `${at}  reversal: ${reversal}`, paint: paint.dim}], columns),
  ];
}

const waitingSign: Sign = {symbol: '?', word: 'waiting for an answer', colour: 'yellow'};

/**
 * The outage that lasts, and with it the sum if there was an outage before: a reversal can start a second outage. The
 * picture does not change above a question: it says since when, because a duration would soon be too short.
 */
function outageText({since, totalMs}: Outage, ms: number, asks: boolean): string {
  if (!since) {
    return `outage was ${durationText(ms)}`;
  }
  if (asks) {
    return `OUTAGE since ${clockUtc(since)} UTC`;
  }
  const sum = totalMs > 0 ? ` (${durationText(ms)} in all)` : '';
  return `OUTAGE ${durationText(ms - totalMs)}${sum}`;
}

function footer({warning, outcome}: RunHead, options: FrameOptions): string[] {
  const {columns, rows, paint, asks = false} = options;
  const isAtWork = outcome === 'running' || outcome === 'reversing';
  const legend = isAtWork && !asks && !warning && rows >= legendFromRows;
  return [
    ...(warning ? [oneLine([{text: `! ${warning}`, paint: paint.yellow}], columns)] : []),
    ...(legend ? [oneLine([{text: keys, paint: paint.dim}], columns)] : []),
  ];
}

/** A signal is a warning on the screen, which tells what the next one does. */
const keys = 'Ctrl-C: finish the action in flight, then pause. No other key does anything.';
const legendFromRows = 20;

function phaseLines(run: RunTask, head: RunHead, room: number, options: FrameOptions): string[] {
  const {subtasks: phases} = run;
  const current = head.last?.parent ?? phases[0];
  const columns = Math.min(24, factsOf(run).subtaskColumns ?? 0);
  const at = phases.findIndex(({id}) => id === current?.id);
  const shown = windowAround(phases, at, Math.max(1, Math.floor(room / 2)));
  return shown.flatMap((phase) => [
    phaseLine(phase, columns, options),
    ...(phase.id === current?.id ? entryLines(phase, head, room - shown.length, options) : []),
  ]);
}

function phaseLine(phase: RunTask, columns: number, {columns: width, paint}: FrameOptions): string {
  const {title = '', output = '', message} = phase;
  const {symbol, colour} = factsOf(phase).sign;
  const took = message.duration === undefined ? '' : `, ${durationText(message.duration)}`;
  return oneLine(
    [
      {text: symbol, paint: (text) => painted(paint, colour, text)},
      ' ',
      {text: title, paint: paint.bold},
      pad('', columns - widthOf(title)),
      {text: `  ${output}${took}`, paint: paint.dim},
    ],
    width,
  );
}
