import type {EntryProgress, EntryState} from '../../model/progress.ts';
import {counted, durationText, painted, stateSigns} from '../../report/labels.ts';
import type {Colour, Paint} from '../../report/paint.ts';
import {cut, flow, oneLine, type Piece, pad, widthOf} from '../../report/text.ts';
import type {View} from './view.ts';

export interface FrameOptions {
  readonly columns: number;
  readonly rows: number;
  readonly now: Date;
  readonly paint: Paint;
  /** How long each entry took in an earlier run, in ms. */
  readonly earlier: ReadonlyMap<string, number>;
  /** How long each entry may take, in ms. */
  readonly limits?: ReadonlyMap<string, number>;
  /** A person is asked something meanwhile: nothing turns. */
  readonly asks?: boolean;
}

export function tallyText(entries: readonly EntryProgress[]): string {
  const states = [...new Set(entries.map(({state}) => state))];
  const parts = states.map(
    (state) =>
      `${entries.filter((entry) => entry.state === state).length} ${stateSigns[state].word}`,
  );
  return `${counted(entries.length, 'entry', 'entries')}: ${parts.join(', ')}`;
}

const busyForward: ReadonlySet<EntryState> = new Set(['checking', 'applying', 'reversing']);
const busyReversing: ReadonlySet<EntryState> = new Set(['reversing']);
/** During a reversal, what was interrupted on the way forward is not at work any more. */
const busyIn = ({progress}: View): ReadonlySet<EntryState> =>
  progress?.reversingTo ? busyReversing : busyForward;
const bad: ReadonlySet<EntryState> = new Set(['failed', 'reverse-failed']);

const detailRowsMost = 2;
const eventRowsMost = 10;

/** As many entries as fit, around those that are at work; the others are counted. */
export function entryLines(
  view: View,
  entries: readonly EntryProgress[],
  room: number,
  options: FrameOptions,
): string[] {
  const columns = Math.min(24, Math.max(...entries.map(({id}) => widthOf(id))));
  const busy = busyIn(view);
  const atWork = entries.filter(({state}) => busy.has(state) || bad.has(state));
  const rest = Math.max(0, room - entries.length - atWork.length * detailRowsMost);
  const toldRows = Math.min(eventRowsMost, Math.floor(rest / Math.max(1, atWork.length)));
  const details = new Map(
    atWork.map((entry) => [
      entry,
      [...detailLines(view, entry, options), ...eventLines(view, entry, toldRows, options)],
    ]),
  );
  const detailRows = [...details.values()].reduce((rows, lines) => rows + lines.length, 0);
  const size = Math.max(
    1,
    entries.length + detailRows <= room ? entries.length : room - detailRows - 2,
  );
  const at = entries.findIndex(({state}) => busy.has(state) || bad.has(state));
  const shown = around(entries, at >= 0 ? at : lastTouched(view, entries), size);
  const [first] = shown;
  const skipped = first ? entries.indexOf(first) : 0;
  return [
    ...moreLine(entries.slice(0, skipped), 'above', options),
    ...shown.flatMap((entry) => [
      entryLine(view, entry, columns, options),
      ...(details.get(entry) ?? []),
    ]),
    ...moreLine(entries.slice(skipped + shown.length), 'below', options),
  ].slice(0, Math.max(0, room));
}

function lastTouched({last}: View, entries: readonly EntryProgress[]): number {
  return Math.max(
    0,
    entries.findIndex(({id}) => id === last),
  );
}

function moreLine(
  entries: readonly EntryProgress[],
  where: string,
  {columns, paint}: FrameOptions,
): string[] {
  return entries.length === 0
    ? []
    : [oneLine([{text: `  … ${where}: ${tallyText(entries)}`, paint: paint.dim}], columns)];
}

function entryLine(
  view: View,
  entry: EntryProgress,
  idColumns: number,
  {columns, now, paint, earlier, limits, asks = false}: FrameOptions,
): string {
  const sign = stateSigns[entry.state];
  const busy = busyIn(view);
  const outcome = view.progress?.outcome;
  const turns =
    busy.has(entry.state) && !asks && (outcome === 'running' || outcome === 'reversing');
  const signColour = (text: string) => painted(paint, sign.colour, text);
  return oneLine(
    [
      '  ',
      {text: turns ? spinner(now) : sign.symbol, paint: signColour},
      ' ',
      {text: pad(sign.word, signColumns), paint: signColour},
      {text: entry.id, paint: busy.has(entry.state) ? paint.bold : (text: string) => text},
      pad('', idColumns - widthOf(entry.id)),
      '  ',
      ...timeText(view, entry, {now, paint, earlier, ...(limits ? {limits} : {})}),
    ],
    columns,
  );
}

const signColumns = 12;

function timeText(
  view: View,
  entry: EntryProgress,
  {now, paint, earlier, limits}: Pick<FrameOptions, 'now' | 'paint' | 'earlier' | 'limits'>,
): Piece[] {
  const before = earlier.get(entry.id);
  const started = view.startedAt.get(entry.id);
  if (busyIn(view).has(entry.state) && started) {
    const ms = elapsedMs(started, now);
    const late = before !== undefined && before > 0 && ms > 2 * before && ms - before > 1000;
    const colour: Colour = late ? 'yellow' : 'cyan';
    const limit = limits?.get(entry.id);
    const most = ms > limitShownAfterMs && limit ? ` of at most ${durationText(limit)}` : '';
    const then = before && entry.state !== 'reversing' ? ` (${durationText(before)} earlier)` : '';
    return [{text: `${durationText(ms)}${most}${then}`, paint: paint[colour]}];
  }
  if (started && entry.doneAt) {
    return [{text: durationText(elapsedMs(started, entry.doneAt)), paint: paint.dim}];
  }
  return before && entry.state === 'not-started'
    ? [{text: `(${durationText(before)} earlier)`, paint: paint.dim}]
    : [];
}

/** Whoever waits for so long asks until when. */
const limitShownAfterMs = 10_000;

function detailLines(
  {details: says}: View,
  entry: EntryProgress,
  {columns, paint}: FrameOptions,
): string[] {
  const text = bad.has(entry.state) ? entry.problem?.message : says.get(entry.id);
  if (!text) {
    return [];
  }
  const colour = bad.has(entry.state) ? paint.red : (it: string) => it;
  const lines = flow([text], {width: columns, first: '      └ ', rest: '        '});
  const whole = lines.length <= detailRowsMost;
  const rest = lines.slice(detailRowsMost - 1).map((line) => line.trim());
  const shown = whole
    ? lines
    : [...lines.slice(0, detailRowsMost - 1), cut(`        ${rest.join(' ')}`, columns)];
  return shown.map(colour);
}

/** What happened there last: as many lines as there is room for. */
function eventLines(
  view: View,
  {id, state}: EntryProgress,
  rows: number,
  {columns, paint}: FrameOptions,
): string[] {
  const lines = rows > 0 && busyIn(view).has(state) ? (view.events.get(id) ?? []).slice(-rows) : [];
  return lines.map((text) => oneLine([{text: `        ${text}`, paint: paint.dim}], columns));
}

/** A window of `size` items in which `at` is seen, a third from the top. */
export function around<Item>(items: readonly Item[], at: number, size: number): readonly Item[] {
  const start = Math.max(0, Math.min(at - Math.floor(size / 3), items.length - size));
  return items.slice(start, start + size);
}

const spinnerFrames = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const spinner = (now: Date): string =>
  spinnerFrames[Math.floor(now.getTime() / 100) % spinnerFrames.length] ?? '▸';

export const elapsedMs = (from: Date, to: Date): number =>
  Math.max(0, to.getTime() - from.getTime());
