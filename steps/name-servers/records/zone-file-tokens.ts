import {labelText, nameBytes} from './names.ts';

/** One word of a zone file, its escapes still in it. */
export interface Word {
  readonly text: string;
  /** It was in quotes, and is always a string. */
  readonly quoted: boolean;
}

/** A logical line: what parentheses hold together, without comments. */
export interface Line {
  /** Where it begins. */
  readonly number: number;
  /** It begins with a space: its owner is the one before. */
  readonly indented: boolean;
  readonly words: readonly Word[];
}

/**
 * Cuts a zone file into lines and words (RFC 1035, 5.1). One character of `text` is one byte: a zone file may hold any,
 * in whatever encoding. As in BIND, a string in quotes ends in its line.
 */
export function linesOf(text: string): readonly Line[] {
  const lines: Line[] = [];
  let [number, depth, from, indented] = [1, 0, 1, false];
  let words: Word[] = [];
  const pattern =
    /(\n)|(;[^\n]*)|([ \t\r]+)|([()])|"((?:\\[\s\S]|[^"\\\n])*)"|((?:\\[\s\S]|[^ \t\r\n;()"\\]|(?<=[^ \t\r\n;()"])"(?:\\[\s\S]|[^"\\\n])*")+)|([\s\S])/g;
  const end = () => {
    if (words.length > 0) {
      lines.push({number: from, indented, words});
    }
    words = [];
  };
  for (const {0: whole, index, ...groups} of text.matchAll(pattern)) {
    const [newline, , space, bracket, string, word, stray] = [1, 2, 3, 4, 5, 6, 7].map(
      (at) => (groups as Record<number, string | undefined>)[at],
    );
    if (stray !== undefined) {
      throw new LineProblem(
        number,
        stray === '"' ? 'a quote is never closed' : 'nothing follows its last backslash',
      );
    }
    if (depth === 0 && (index === 0 || text[index - 1] === '\n')) {
      end();
      from = number;
      indented = space !== undefined;
    }
    depth += bracket === '(' ? 1 : bracket === ')' ? -1 : 0;
    if (depth < 0) {
      throw new LineProblem(number, 'it closes a parenthesis that is not open');
    }
    if (string !== undefined) {
      words.push({text: string, quoted: true});
    } else if (word !== undefined) {
      words.push({text: word, quoted: false});
    }
    number += newline ? 1 : (whole.match(/\n/g)?.length ?? 0);
  }
  if (depth > 0) {
    throw new LineProblem(from, 'a parenthesis is never closed');
  }
  end();
  return lines;
}

/** A line of a zone file that cannot be read. */
export class LineProblem extends Error {
  readonly line: number;

  constructor(line: number, what: string) {
    super(what);
    this.line = line;
  }
}

/** A word as a person reads it, where its bytes are text. */
export const readable = (text: string): string => Buffer.from(text, 'latin1').toString();

/** The bytes of a string: `\065` (decimal, RFC 1035) and `\"` are one each. */
export const bytesOf = (text: string): Buffer =>
  Buffer.concat(charactersOf(text).map(({bytes}) => bytes));

/** A name in Route 53's notation. Relative ones are completed by `origin`. */
export function zoneFileName(text: string, origin: string): string {
  if (text === '@') {
    return origin;
  }
  if (text === '.') {
    return '.';
  }
  const labels: Buffer[][] = [[]];
  for (const {bytes, escaped} of charactersOf(text)) {
    if (!escaped && bytes.equals(dot)) {
      labels.push([]);
    } else {
      labels.at(-1)?.push(bytes);
    }
  }
  const absolute = labels.length > 1 && labels.at(-1)?.length === 0;
  const texts = (absolute ? labels.slice(0, -1) : labels).map((label) =>
    labelText(Buffer.concat(label)),
  );
  if (texts.some((label) => label === '')) {
    throw new RangeError(`"${readable(text)}" has an empty label`);
  }
  const long = labels.map((label) => Buffer.concat(label)).find(({length}) => length > mostInLabel);
  if (long) {
    throw new RangeError(
      `"${readable(text)}" has a label of ${long.length} bytes, and DNS allows ${mostInLabel}`,
    );
  }
  const name = `${texts.join('.')}.${absolute ? '' : origin === '.' ? '' : origin}`;
  const {length} = nameBytes(name);
  if (length > mostInName) {
    throw new RangeError(
      `"${readable(text)}" is a name of ${length} bytes, and DNS allows ${mostInName}`,
    );
  }
  return name;
}

/** RFC 1035, 2.3.4: bytes of a label, and of a name with the lengths of its labels. */
const [mostInLabel, mostInName] = [63, 255];

const dot = Buffer.from('.');

function charactersOf(
  text: string,
): readonly {readonly bytes: Buffer; readonly escaped: boolean}[] {
  const characters = [...text.matchAll(/\\(\d{3})|\\([\s\S])|([\s\S])/g)];
  for (const [whole, decimal, escaped] of characters) {
    // RFC 1035, 5.1: three digits are the number of a byte; a digit alone is not escaped.
    if (Number(decimal ?? 0) > 255 || /^\d$/.test(escaped ?? '')) {
      throw new RangeError(
        `"${readable(text)}" has ${whole}, which is no byte: three digits follow the backslash, 255 at most`,
      );
    }
  }
  return characters.map(([, decimal, escaped, plain]) => ({
    bytes:
      decimal === undefined
        ? Buffer.from(escaped ?? plain ?? '', 'latin1')
        : Buffer.from([Number(decimal)]),
    escaped: plain === undefined,
  }));
}
