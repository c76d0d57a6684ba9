import {stripVTControlCharacters} from 'node:util';

/** How wide a text may be, and how it is coloured. */
export type Piece = string | {readonly text: string; readonly paint: (text: string) => string};

export interface Flow {
  readonly width: number;
  /** The text before the first line. */
  readonly first?: string;
  /** The text before every later line; as many spaces as `first` is wide, if not given. */
  readonly rest?: string;
}

interface Word {
  /** Spaces before it, when it is not the first of its line. */
  readonly gap: number;
  readonly parts: readonly {readonly text: string; readonly paint: (text: string) => string}[];
}

/**
 * Lays words out in lines no wider than `width`. Only single words that are wider themselves are cut.
 * Runs of spaces inside a line are kept, so that columns stay columns while there is room.
 */
export function flow(pieces: readonly Piece[], {width, first = '', rest}: Flow): string[] {
  const hang = hangOf(first, rest, width);
  const lines: string[] = [];
  let line = first;
  let used = widthOf(first);
  let empty = true;
  for (const word of wordsOf(pieces, Math.max(1, width - Math.max(used, widthOf(hang))))) {
    const wide = widthOfWord(word);
    if (!empty && used + word.gap + wide > width) {
      lines.push(line.trimEnd());
      line = hang;
      used = widthOf(hang);
      empty = true;
    }
    const gap = empty ? 0 : word.gap;
    line += ' '.repeat(gap) + word.parts.map(({text, paint}) => paint(text)).join('');
    used += gap + wide;
    empty = false;
  }
  return [...lines, line.trimEnd()];
}

/** A command over several lines that a shell still takes as one when it is pasted. */
export function flowCommand(command: string, {width, first = ''}: Flow): string[] {
  const lines = flow([command], {width: width - 2, first, rest: hangOf(first, undefined, width)});
  return lines.map((line, index) => (index < lines.length - 1 ? `${line} \\` : line));
}

/** Pieces in one line of at most `width` columns. */
export function oneLine(pieces: readonly Piece[], width: number): string {
  let line = '';
  let left = width;
  for (const piece of pieces) {
    const {text, paint} = typeof piece === 'string' ? {text: piece, paint: asIs} : piece;
    const shown = cut(text, left);
    line += paint(shown);
    left -= widthOf(shown);
  }
  return line.trimEnd();
}

/** One line of at most `width` columns. Cut texts end in an ellipsis. */
export function cut(text: string, width: number): string {
  const clear = clean(text);
  if (widthOf(clear) <= width) {
    return clear;
  }
  let kept = '';
  let used = 0;
  for (const character of clear) {
    const wide = widthOf(character);
    if (used + wide > width - 1) {
      break;
    }
    kept += character;
    used += wide;
  }
  return width > 0 ? `${kept.trimEnd()}…` : '';
}

/** One line of at most `width` columns: whole words, and an ellipsis where some are missing. */
function cutWords(text: string, width: number): string {
  const clear = clean(text);
  if (widthOf(clear) <= width) {
    return clear;
  }
  const words = cut(clear, width).slice(0, -1).split(' ');
  const isBroken = !clear.startsWith(`${words.join(' ')} `);
  const whole = isBroken && words.length > 1 ? words.slice(0, -1) : words;
  return `${whole.join(' ').replace(/[,;:]$/, '')}…`;
}

/** As `cutWords`, at the end of a sentence where one ends in the second half. */
export function cutSentences(text: string, width: number): string {
  const shown = cutWords(text, width);
  const end = Math.max(...['. ', '? '].map((mark) => shown.lastIndexOf(mark)));
  return shown === clean(text) || end < shown.length / 3 ? shown : shown.slice(0, end + 1);
}

/** As `cutWords`, but the words are missing before the end: in an action the new value is last. */
export function cutMiddle(text: string, width: number): string {
  const clear = clean(text);
  if (widthOf(clear) <= width) {
    return clear;
  }
  const words = clear.split(' ');
  const end: string[] = [];
  while (words.length > 1 && widthOf([words.at(-1), ...end].join(' ')) <= width * 0.45) {
    end.unshift(words.pop() ?? '');
  }
  const tail = end.length === 0 ? '' : ` ${end.join(' ')}`;
  return `${cutWords(words.join(' '), width - widthOf(tail))}${tail}`;
}

/** Fills up with spaces, by columns and not by characters. */
export const pad = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - widthOf(text)));

/**
 * What a target, a file or a person said, made harmless: no escape codes, no control characters, and none of the
 * invisible ones that turn the direction of a text around.
 */
export const clean = (text: string): string =>
  stripVTControlCharacters(text)
    .replaceAll(/[\s\u2028\u2029]/gu, ' ')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}]/gu, '');

/**
 * JSON writes what is invisible as it is, but for the first 32 characters: a terminal takes U+009B for an escape, and
 * U+202E turns a line around. In JSON this is the same text; anywhere else it shows what is there.
 */
export const visible = (text: string): string =>
  text.replaceAll(/[\u007f-\u009f\u2028\u2029]|\p{Cf}/gu, (character) =>
    [...Array(character.length).keys()]
      .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
      .join(''),
  );

const combining = /^[\p{Mn}\p{Me}]$/u;
// Unicode's East Asian Width "W" and "F", as blocks, and what is drawn as a picture (UAX 11).
const wideCharacter =
  /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation})$/u;

/** Columns that a text takes on a terminal, without its colours. */
export function widthOf(text: string): number {
  if (/^[\u0020-\u007e]*$/.test(text)) {
    return text.length;
  }
  let columns = 0;
  for (const character of stripVTControlCharacters(text)) {
    columns += combining.test(character) ? 0 : wideCharacter.test(character) ? 2 : 1;
  }
  return columns;
}

function hangOf(first: string, rest: string | undefined, width: number): string {
  const indent = rest ?? ' '.repeat(widthOf(first));
  // On a very narrow terminal an indent may take at most half of the line.
  return widthOf(indent) * 2 > width ? '  ' : indent;
}

const widthOfWord = (word: Word): number =>
  word.parts.reduce((columns, {text}) => columns + widthOf(text), 0);

function wordsOf(pieces: readonly Piece[], most: number): readonly Word[] {
  const words: Word[] = [];
  let gap = 0;
  let open = false;
  for (const piece of pieces) {
    const {text, paint} = typeof piece === 'string' ? {text: piece, paint: asIs} : piece;
    for (const token of clean(text)
      .split(/( +)/)
      .filter((part) => part !== '')) {
      if (token.startsWith(' ')) {
        gap += token.length;
        open = false;
      } else {
        addTo(words, {gap, open, most, token, paint});
        gap = 0;
        open = true;
      }
    }
  }
  return words;
}

function addTo(
  words: Word[],
  {
    gap,
    open,
    most,
    token,
    paint,
  }: {
    gap: number;
    open: boolean;
    most: number;
    token: string;
    paint: (text: string) => string;
  },
): void {
  const [head = '', ...tails] = chunks(token, most);
  const before = words.at(-1);
  // Pieces without a space between them are one word.
  if (open && before && widthOfWord(before) + widthOf(head) <= most) {
    words[words.length - 1] = {...before, parts: [...before.parts, {text: head, paint}]};
  } else {
    words.push({gap: open ? 0 : gap, parts: [{text: head, paint}]});
  }
  words.push(...tails.map((text) => ({gap: 0, parts: [{text, paint}]})));
}

function chunks(token: string, most: number): string[] {
  if (widthOf(token) <= most) {
    return [token];
  }
  const parts: string[] = [''];
  for (const character of token) {
    const last = parts.at(-1) ?? '';
    if (last !== '' && widthOf(last + character) > most) {
      parts.push(character);
    } else {
      parts[parts.length - 1] = last + character;
    }
  }
  return parts;
}

const asIs = (text: string): string => text;
