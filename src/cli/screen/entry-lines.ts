import {ListrTaskState} from 'listr2';
import {elapsedMs} from '../../model/moment.ts';
import {clockUtc, durationText, painted} from '../../report/labels.ts';
import {cut, flow, oneLine, type Piece, pad, widthOf} from '../../report/text.ts';
import {type FrameOptions, windowAround} from './layout.ts';
import {tallyText} from './phase-task.ts';
import {factsOf, type RunTask} from './renderer.ts';
import type {RunHead} from './run-head.ts';
import {readOutput} from './task-output.ts';

const signColumns = 12;
const maxDetailRows = 2;
const maxEventRows = 10;
/** After so long a wait an operator asks until when. */
const limitShownAfterMs = 10_000;

/** As many entries as there are rows for, around those at work. The others are counted. */
export function entryLines(
  phase: RunTask,
  head: RunHead,
  rows: number,
  options: FrameOptions,
): string[] {
  const {subtasks: entries} = phase;
  const columns = Math.min(24, factsOf(phase).subtaskColumns ?? 0);
  const isOpen = (entry: RunTask) => isAtWork(entry, head) || entry.hasFailed();
  const open = entries.filter(isOpen);
  const spare = Math.max(0, rows - entries.length - open.length * maxDetailRows);
  const eventRows = Math.min(maxEventRows, Math.floor(spare / Math.max(1, open.length)));
  const details = new Map(
    open.map((entry) => [
      entry,
      [...detailLines(entry, options), ...eventLines(entry, head, eventRows, options)],
    ]),
  );
  const detailRows = [...details.values()].reduce((sum, lines) => sum + lines.length, 0);
  const size = Math.max(
    1,
    entries.length + detailRows <= rows ? entries.length : rows - detailRows - 2,
  );
  const isAsked = ({title}: RunTask) => options.asks === true && title === head.question?.entry;
  const asked = entries.findIndex(isAsked);
  const firstOpen = asked >= 0 ? asked : entries.findIndex(isOpen);
  const last = entries.findIndex(({id}) => id === head.last?.id);
  const shown = windowAround(entries, firstOpen >= 0 ? firstOpen : Math.max(0, last), size);
  const above = shown[0] ? entries.indexOf(shown[0]) : 0;
  const lines = shown.flatMap((entry) => [
    entryLine(entry, head, columns, options),
    ...(details.get(entry) ?? []),
  ]);
  // What is at work or has failed matters more than how many are above it.
  const isTight = lines.length >= rows;
  return [
    ...(isTight ? [] : moreLine(entries.slice(0, above), 'above', options)),
    ...lines,
    ...moreLine(entries.slice(above + shown.length), 'below', options),
  ].slice(0, Math.max(0, rows));
}

/** In a reversal, entries that were interrupted on the way forward are not at work any more. */
const isAtWork = (entry: RunTask, {isReversing}: RunHead): boolean =>
  entry.isRollingBack() || (entry.isStarted() && !isReversing);

function moreLine(
  entries: readonly RunTask[],
  where: string,
  {columns, paint}: FrameOptions,
): string[] {
  return entries.length === 0
    ? []
    : [oneLine([{text: `  … ${where}: ${tallyText(entries)}`, paint: paint.dim}], columns)];
}

function entryLine(
  entry: RunTask,
  head: RunHead,
  idColumns: number,
  options: FrameOptions,
): string {
  const {columns, now, paint, asks = false} = options;
  const {title = ''} = entry;
  const {symbol, word, colour} = factsOf(entry).sign;
  const atWork = isAtWork(entry, head);
  const turns = atWork && !asks && (head.outcome === 'running' || head.outcome === 'reversing');
  const signPaint = (text: string) => painted(paint, colour, text);
  return oneLine(
    [
      '  ',
      {text: turns ? spinner(now) : symbol, paint: signPaint},
      ' ',
      {text: pad(word, signColumns), paint: signPaint},
      {text: title, paint: atWork ? paint.bold : (text: string) => text},
      pad('', idColumns - widthOf(title)),
      '  ',
      ...timeText(entry, atWork, options),
    ],
    columns,
  );
}

function timeText(entry: RunTask, atWork: boolean, options: FrameOptions): Piece[] {
  const {now, paint, asks = false} = options;
  const {attemptAt, earlierMs = 0, limitMs} = factsOf(entry);
  if (atWork && attemptAt && asks) {
    return [{text: `since ${clockUtc(attemptAt)} UTC`, paint: paint.cyan}];
  }
  if (atWork && attemptAt) {
    const ms = elapsedMs(attemptAt, now);
    const isLate = earlierMs > 0 && ms > 2 * earlierMs && ms - earlierMs > 1000;
    const limit = ms > limitShownAfterMs && limitMs ? ` of at most ${durationText(limitMs)}` : '';
    const earlier =
      earlierMs > 0 && !entry.isRollingBack() ? ` (${durationText(earlierMs)} earlier)` : '';
    return [
      {text: `${durationText(ms)}${limit}${earlier}`, paint: isLate ? paint.yellow : paint.cyan},
    ];
  }
  if (entry.message.duration !== undefined) {
    return [{text: durationText(entry.message.duration), paint: paint.dim}];
  }
  return earlierMs > 0 && isWaiting(entry)
    ? [{text: `(${durationText(earlierMs)} earlier)`, paint: paint.dim}]
    : [];
}

/** listr2 asks for every other state by a method. */
const isWaiting = ({state}: RunTask): boolean => state === ListrTaskState.WAITING;

function detailLines(entry: RunTask, {columns, paint}: FrameOptions): string[] {
  const isFailed = entry.hasFailed();
  const text = isFailed ? entry.message.error : readOutput(entry.output).detail;
  if (!text) {
    return [];
  }
  const colour = isFailed ? paint.red : (line: string) => line;
  const lines = flow([text], {width: columns, first: '      └ ', rest: '        '});
  if (lines.length <= maxDetailRows) {
    return lines.map(colour);
  }
  const tail = lines.slice(maxDetailRows - 1).map((line) => line.trim());
  return [...lines.slice(0, maxDetailRows - 1), cut(`        ${tail.join(' ')}`, columns)].map(
    colour,
  );
}

/** What happened there last: as many lines as there are rows for. */
function eventLines(
  entry: RunTask,
  head: RunHead,
  rows: number,
  {columns, paint}: FrameOptions,
): string[] {
  const events = isAtWork(entry, head) ? readOutput(entry.output).events : [];
  const shown = rows > 0 ? events.slice(-rows) : [];
  return shown.map((text) => oneLine([{text: `        ${text}`, paint: paint.dim}], columns));
}

const spinnerFrames = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const spinner = (now: Date): string =>
  spinnerFrames[Math.floor(now.getTime() / 100) % spinnerFrames.length] ?? '▸';
