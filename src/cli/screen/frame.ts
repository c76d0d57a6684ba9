import {durationText, painted} from '../../report/labels.ts';
import {oneLine, pad, widthOf} from '../../report/text.ts';
import {entryLines} from './entry-lines.ts';
import {headLines} from './head-lines.ts';
import {type FrameOptions, windowAround} from './layout.ts';
import {factsOf, type RunTask} from './renderer.ts';
import type {RunHead} from './run-head.ts';

/** The picture of this moment: never wider or taller than the terminal. Only the phase at work is shown whole. */
export function frame(run: RunTask, head: RunHead, options: FrameOptions): string[] {
  const top = [...headLines(run, head, options), ''];
  const bottom = footer(head, options);
  // The last row is the cursor's.
  const room = Math.max(1, options.rows - 1 - top.length - bottom.length);
  return [...top, ...phaseLines(run, head, room, options), ...bottom].slice(
    0,
    Math.max(1, options.rows - 1),
  );
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
