import {hintText} from '../model/hint.ts';
import type {Problem} from '../model/problem.ts';
import {counted, type TextOptions} from './labels.ts';
import {type Flow, flow, flowCommand, pad, widthOf} from './text.ts';

/** A command that works when it is pasted, and what it brings. */
export interface NextCommand {
  readonly command: string;
  readonly what: string;
}

export interface Trouble {
  readonly problem: Problem;
  /** Changes in place, in words. */
  readonly changesInPlace: readonly string[];
  readonly next: readonly NextCommand[];
  /** Each outage of the run so far, in words. */
  readonly outages?: readonly string[];
  /** The message of a foreign system, word for word. */
  readonly cause?: string;
  /** The loudest message there is. */
  readonly reversalFailed?: boolean;
}

/** The problem, the changes in place, what to do next, and the permanent code of the problem. */
export function problemText(trouble: Trouble, options: TextOptions): string {
  const {problem, changesInPlace, next, outages = [], cause} = trouble;
  const {paint, width, paste = (command: string) => `switcharoo ${command}`} = options;
  const loud = (text: string) => paint.red(paint.bold(text));
  return [
    ...(trouble.reversalFailed
      ? flow([{text: '✗✗✗ REVERSAL FAILED. MANUAL INTERVENTION REQUIRED.', paint: loud}], {width})
      : []),
    ...flow([{text: '✗', paint: paint.red}, ' ', {text: problem.message, paint: paint.bold}], {
      width,
      rest: '  ',
    }),
    ...labelled('changes in place', changesInPlace.length > 0 ? changesInPlace : ['none'], options),
    ...labelled('outage', outages, options),
    ...(cause ? labelled('cause', [cause], options) : []),
    ...labelled('next', [withCommands(hintText(problem.hint, paste), paste)], options),
    ...nextText(next, options),
    ...labelled('code', [`${problem.code}   ${paste(`explain ${problem.code}`)}`], options),
  ].join('\n');
}

/**
 * A page or an example inventory that a hint names, as the command that prints it: a project has no such file. A file
 * of the operator's own, in a folder of that name, is named as it is.
 */
const withCommands = (text: string, paste: (command: string) => string): string =>
  text
    .replaceAll(/(?<![\w./-])docs\/([a-z-]+)\.md\b/g, (_file, page: string) =>
      paste(`docs ${page}`),
    )
    .replaceAll(/(?<![\w./-])inventories\/([a-z-]+\.example\.yaml)\b/g, (_file, page: string) =>
      paste(`docs ${page}`),
    );

/** The newest changes in place: as many as fit into `room` rows, or their count. */
export function fitChanges(
  changes: readonly string[],
  {room, width}: {readonly room: number; readonly width: number},
): readonly string[] {
  const rowsOf = (text: string) => Math.ceil(widthOf(text) / Math.max(1, width - labelWidth - 4));
  if (changes.reduce((sum, text) => sum + rowsOf(text), 0) <= room) {
    return changes;
  }
  // One row is for those that are left out.
  let left = room - 1;
  const fits = changes.toReversed().findIndex((text) => {
    left -= rowsOf(text);
    return left < 0;
  });
  if (fits <= 0) {
    return [`${counted(changes.length, 'change')}, which status lists`];
  }
  const others = counted(changes.length - fits, 'earlier change');
  return [...changes.slice(-fits), `and ${others}, which status lists`];
}

const labelWidth = 20;

/** Commands in one column, what they bring in another, if both fit. */
export function nextText(
  next: readonly NextCommand[],
  options: TextOptions,
  first = pad('', labelWidth),
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

export function labelled(
  label: string,
  texts: readonly string[],
  {width, paint}: TextOptions,
): string[] {
  return texts.flatMap((text, index) => {
    const at: Flow = {width, first: pad('', labelWidth)};
    const lines = flow([text], at);
    return lines.map((line, row) =>
      index === 0 && row === 0
        ? `  ${paint.dim(pad(label, labelWidth - 2))}${line.slice(labelWidth)}`
        : line,
    );
  });
}
