import type {Problem} from '../model/problem.ts';
import type {TextOptions} from './labels.ts';
import {type Flow, flow, flowCommand, pad, widthOf} from './text.ts';

/** A command that works when it is pasted, and what it brings. */
export interface NextCommand {
  readonly command: string;
  readonly what: string;
}

export interface Trouble {
  readonly problem: Problem;
  /** What is changed now, in words; empty when nothing has been changed. */
  readonly changesInPlace: readonly string[];
  readonly next: readonly NextCommand[];
  /** What a foreign system said, word for word. */
  readonly cause?: string;
  /** The way back failed: the loudest message there is. */
  readonly reversalFailed?: boolean;
}

/** What happened; what stands; what to do next; the permanent name of the problem. */
export function problemText(trouble: Trouble, options: TextOptions): string {
  const {problem, changesInPlace, next, cause} = trouble;
  const {paint, width} = options;
  const loud = (text: string) => paint.red(paint.bold(text));
  return [
    ...(trouble.reversalFailed
      ? flow([{text: '✗✗✗ THE WAY BACK FAILED. A PERSON IS NEEDED NOW.', paint: loud}], {width})
      : []),
    ...flow([{text: '✗', paint: paint.red}, ' ', {text: problem.message, paint: paint.bold}], {
      width,
      rest: '  ',
    }),
    ...labelled(
      'stands',
      changesInPlace.length > 0 ? changesInPlace : ['nothing has been changed'],
      options,
    ),
    ...(cause ? labelled('cause', [cause], options) : []),
    ...labelled('next', [problem.hint], options),
    ...nextText(next, options),
    ...labelled('code', [`${problem.code}   docs/problems.md#${problem.code}`], options),
  ].join('\n');
}

/** Of what stands the newest, as much as leaves room for what happened above it, and what to do below. */
export function fitChanges(
  changes: readonly string[],
  {rows, width}: {readonly rows: number; readonly width: number},
): readonly string[] {
  const rowsOf = (text: string) => Math.ceil(widthOf(text) / Math.max(1, width - labelWidth - 4));
  let left = rows - otherRows;
  const fits = changes.toReversed().findIndex((text) => {
    left -= rowsOf(text);
    return left < 0;
  });
  const shown = fits === -1 ? changes : changes.slice(changes.length - Math.max(1, fits));
  const more = changes.length - shown.length;
  return more === 0
    ? changes
    : [...shown, `and ${more} more, made before: switcharoo status shows them`];
}

const labelWidth = 11;
const otherRows = 15;

/** Commands in one column, what they bring in another, if there is room for both. */
export function nextText(
  next: readonly NextCommand[],
  options: TextOptions,
  first = pad('', 11),
): string[] {
  const {width, paint} = options;
  const columns = Math.max(0, ...next.map(({command}) => widthOf(command)));
  const widest = Math.max(0, ...next.map(({what}) => widthOf(what)));
  const besides = widthOf(first) + columns + 3 + widest <= width;
  return next.flatMap(({command, what}) =>
    besides
      ? [`${first}${paint.cyan(pad(command, columns))}   ${what}`.trimEnd()]
      : [
          ...flowCommand(command, {width, first}).map((line) => paint.cyan(line)),
          ...flow([what], {width, first: `${first}  `}),
        ],
  );
}

function labelled(label: string, texts: readonly string[], {width, paint}: TextOptions): string[] {
  return texts.flatMap((text, index) => {
    const at: Flow = {width, first: pad('', 11)};
    const lines = flow([text], at);
    return lines.map((line, row) =>
      index === 0 && row === 0 ? `  ${paint.dim(pad(label, 9))}${line.slice(11)}` : line,
    );
  });
}
