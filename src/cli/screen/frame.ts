import type {EntryProgress, Progress} from '../../model/progress.ts';
import {
  clockUtc,
  durationText,
  inventoryText,
  outcomeSigns,
  painted,
  type Sign,
  stateSigns,
} from '../../report/labels.ts';
import {outageMs} from '../../report/outage.ts';
import {reversalText} from '../../report/status.ts';
import {oneLine, pad, widthOf} from '../../report/text.ts';
import {around, elapsedMs, entryLines, type FrameOptions, tallyText} from './frame-entries.ts';
import type {View} from './view.ts';

/** The picture of this moment: never wider or taller than the terminal. Only the phase at work is shown whole. */
export function frame(view: View, options: FrameOptions): string[] {
  const {progress} = view;
  if (!progress) {
    return [];
  }
  const top = [...header(view, progress, options), ''];
  const bottom = footer(view, options);
  // The last row is the cursor's.
  const room = Math.max(1, options.rows - 1 - top.length - bottom.length);
  return [...top, ...phases(view, progress, room, options), ...bottom].slice(
    0,
    Math.max(1, options.rows - 1),
  );
}

function header(view: View, progress: Progress, {columns, now, paint}: FrameOptions): string[] {
  const {run, outcome, startedAt} = progress;
  const out = outageMs(view.outage, now);
  const sign = outcomeSigns[outcome];
  return [
    oneLine(
      [
        {text: `${sign.symbol} ${sign.word}`, paint: (text) => painted(paint, sign.colour, text)},
        ...(out > 0 || view.outage.since
          ? [
              '  ',
              {text: outageText(view, out), paint: view.outage.since ? paint.red : paint.yellow},
            ]
          : []),
        '  ',
        {text: run.runbook.name, paint: paint.bold},
        ' on ',
        inventoryText(paint, run.inventory),
        `  ${durationText(elapsedMs(startedAt, now))}`,
      ],
      columns,
    ),
    oneLine(
      [{text: `${clockUtc(now)} UTC  reversal: ${reversalText(progress)}`, paint: paint.dim}],
      columns,
    ),
  ];
}

/** The one that lasts, and with it the sum where there was one before: on the way back there is a second. */
function outageText({outage: {since, totalMs}}: View, ms: number): string {
  if (!since) {
    return `outage was ${durationText(ms)}`;
  }
  const inAll = totalMs > 0 ? ` (${durationText(ms)} in all)` : '';
  return `OUTAGE ${durationText(ms - totalMs)}${inAll}`;
}

function footer({warning}: View, {columns, paint}: FrameOptions): string[] {
  return warning ? [oneLine([{text: `! ${warning}`, paint: paint.yellow}], columns)] : [];
}

function phases(view: View, progress: Progress, room: number, options: FrameOptions): string[] {
  const byPhase = groupByPhase(progress);
  const titles = [...byPhase.keys()];
  const current = currentPhase(view, progress, titles);
  const columns = Math.min(24, Math.max(...titles.map(widthOf)));
  const shown = around(titles, titles.indexOf(current), Math.max(1, Math.floor(room / 2)));
  const entriesRoom = room - shown.length;
  return shown.flatMap((title) => {
    const entries = byPhase.get(title) ?? [];
    return [
      phaseLine(title, entries, columns, options),
      ...(title === current ? entryLines(view, entries, entriesRoom, options) : []),
    ];
  });
}

function groupByPhase({entries}: Progress): ReadonlyMap<string, readonly EntryProgress[]> {
  const byPhase = new Map<string, EntryProgress[]>();
  for (const entry of entries.values()) {
    const group = byPhase.get(entry.phase);
    if (group) {
      group.push(entry);
    } else {
      byPhase.set(entry.phase, [entry]);
    }
  }
  return byPhase;
}

function currentPhase({last}: View, {entries}: Progress, titles: readonly string[]): string {
  const touched = last === undefined ? undefined : entries.get(last);
  return touched?.phase ?? titles[0] ?? '';
}

function phaseLine(
  title: string,
  entries: readonly EntryProgress[],
  columns: number,
  {columns: width, paint}: FrameOptions,
): string {
  const sign = phaseSign(entries);
  return oneLine(
    [
      {text: sign.symbol, paint: (text) => painted(paint, sign.colour, text)},
      ' ',
      {text: title, paint: paint.bold},
      pad('', columns - widthOf(title)),
      {text: `  ${tallyText(entries)}${tookText(entries)}`, paint: paint.dim},
    ],
    width,
  );
}

function phaseSign(entries: readonly EntryProgress[]): Sign {
  const states = new Set(entries.map(({state}) => state));
  const [only] = states;
  if (states.size === 1 && only) {
    return stateSigns[only];
  }
  const bad = (['reverse-failed', 'failed'] as const).find((state) => states.has(state));
  const settled = [...states].every((state) => state === 'done' || state === 'skipped');
  return stateSigns[bad ?? (settled ? 'done' : 'applying')];
}

/** From the first begin to the last end of a phase that is over. */
function tookText(entries: readonly EntryProgress[]): string {
  const over = entries.every(({state}) => state === 'done' || state === 'skipped');
  const starts = entries.flatMap(({startedAt}) => (startedAt ? [startedAt.getTime()] : []));
  const ends = entries.flatMap(({doneAt}) => (doneAt ? [doneAt.getTime()] : []));
  return over && starts.length > 0
    ? `, ${durationText(Math.max(...ends) - Math.min(...starts))}`
    : '';
}
