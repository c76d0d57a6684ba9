import {commonWords} from './common-words.ts';
import {base32Core, base64Core, base64Of, hexOf, type Spelling, spellingsIn} from './spellings.ts';

export const mask = '[redacted]';
export const shortest = 4;
/** So many characters of a secret are worth hiding where it was cut off, or on a line of its own. */
const shortestCut = 4;
const shortestLine = 8;
/** A longer secret is looked for in pieces: a regular expression has its limits. */
const longestPiece = 96;

/** What decides quickly that most patterns cannot be in a text. */
interface Traits {
  /** Nothing in it is escaped, folded or quoted twice: a secret would be in it as it is. */
  readonly isPlain: boolean;
  /** Letters and digits may be written as numbers in it. */
  readonly isEncoded: boolean;
  readonly hasHex: boolean;
}

/** One way in which a secret, or a piece of it, may be in a text. */
export interface Pattern {
  readonly length: number;
  /** Only the beginning or the end of the secret is looked for. */
  readonly isCut: boolean;
  mayBeIn(text: string, traits: Traits): boolean;
  masked(text: string): string;
}

export const traitsOf = (text: string): Traits => ({
  isPlain: !/[\\%&\ufffd\r\n]|['"`]{2}/.test(text),
  isEncoded:
    /(?:(?:%(?:25){0,4}u?[0-9a-fA-F]{2}|\\{1,16}(?:[xuU]|0?[0-7]{2})|&(?:amp;){0,4}#)[^%\\&]{0,8}){2}/.test(
      text,
    ),
  hasHex: /(?:[0-9a-fA-F]{2}(?:0x|\\{1,16}x|[ :,-]|\\?\r?\n)?){4}/.test(text),
});

/** A key of many lines is often quoted a line at a time; and what ends with a line break, without it. */
export function patternsOf(secret: string): readonly Pattern[] {
  const lines = secret.split(/\r?\n/).filter((line) => line.length >= shortestLine);
  const texts = [...new Set([secret, secret.trim()])];
  const short = texts.filter(({length}) => length >= shortest && length <= longestPiece);
  const long = [...texts.filter(({length}) => length > longestPiece).flatMap(piecesOf)];
  const pieces = lines.length > 1 ? [...long, ...lines] : long;
  return [...short.flatMap(patternsOfShort), ...literalsOf([...new Set(pieces)])];
}

/** Of a long text, pieces that overlap: one is whole wherever a server cut it off. */
function piecesOf(text: string): readonly string[] {
  const starts = Array.from({length: Math.ceil((2 * text.length) / longestPiece)}, (_, index) =>
    Math.floor((index * longestPiece) / 2),
  );
  return starts
    .map((start) => text.slice(start, start + longestPiece))
    .filter(({length}) => length >= shortestLine);
}

/** Pieces in their most likely spellings: hundreds of expressions for each character would fill the memory. */
const literalsOf = (pieces: readonly string[]): readonly Pattern[] =>
  pieces.flatMap((piece) => literalForms(piece).map((form) => literal(piece.length, form)));

const literal = (length: number, form: string): Pattern => ({
  length,
  isCut: false,
  mayBeIn: (text) => text.includes(form),
  masked: (text) => text.replaceAll(form, mask),
});

function literalForms(piece: string): readonly string[] {
  const bytes = Buffer.from(piece);
  const inJson = (text: string) => JSON.stringify(text).slice(1, -1);
  const cores = ([0, 1, 2] as const).map((offset) => base64Core(bytes, offset));
  const all = [
    ...[piece, inJson(piece), inJson(inJson(piece)), encodeURIComponent(piece)],
    ...[bytes.toString('hex'), bytes.toString('hex').toUpperCase()],
    ...cores,
    ...cores.map((core) => core.replaceAll('+', '-').replaceAll('/', '_')),
  ];
  return [...new Set(all)].filter((form) => form.length >= shortest);
}

function patternsOfShort(secret: string): readonly Pattern[] {
  const characters = [...secret];
  const whole = patternOf(secret, {
    source: () => sourceOf(spellingsIn(secret)),
    mayBeIn: mayBegin(secret),
    isSecret: standsFor(secret),
  });
  const hasCuts = characters.length > shortestCut && !isWord(secret);
  return [whole, ...encodings(secret), ...(hasCuts ? cutsOf(secret, characters) : [])];
}

interface Parts {
  source(): string;
  readonly isCut?: boolean;
  mayBeIn(text: string, traits: Traits): boolean;
  /** Whether what was matched means the secret. */
  isSecret?(match: string, offset: number, text: string): boolean;
}

/** The expression is made when a text may match it: most secrets are in no text at all. */
function patternOf(secret: string, {source, isSecret, isCut = false, mayBeIn}: Parts): Pattern {
  let expression: RegExp | undefined;
  return {
    length: secret.length,
    isCut,
    mayBeIn,
    masked: (text) => {
      expression ??= new RegExp(source(), 'g');
      return text.replace(expression, (match: string, offset: number, whole: string) =>
        !isSecret || isSecret(match, offset, whole) ? mask : match,
      );
    },
  };
}

function encodings(secret: string): readonly Pattern[] {
  const bytes = Buffer.from(secret);
  const offsets = [0, 1, 2] as const;
  const cores = offsets.map((offset) => base64Core(bytes, offset));
  const literal = [
    ...cores,
    ...cores.map((core) => core.replaceAll('+', '-').replaceAll('/', '_')),
  ];
  // Lines end after 64 letters or more: one part of several is whole.
  const parts = literal.flatMap((core) => partsOf(core, core.length < 16 ? 2 : 4));
  // Base64 in base64, as Kubernetes keeps the logins of a registry.
  const twice = cores.flatMap((core) =>
    offsets.map((offset) => base64Core(Buffer.from(core), offset)),
  );
  const long = twice.filter(({length}) => length >= shortestLine);
  return [
    patternOf(secret, {source: () => hexOf(secret), mayBeIn: (_text, {hasHex}) => hasHex}),
    patternOf(secret, {
      source: () => offsets.map((offset) => base64Of(secret, offset)).join('|'),
      mayBeIn: (text, {isPlain}) =>
        isPlain
          ? literal.some((core) => text.includes(core))
          : parts.some((part) => text.includes(part)) || /%(?:25)*2[bBfF]|\\\/|\\u002/.test(text),
    }),
    oneOf(secret, long),
    oneOf(secret, otherEncodings(secret)),
  ];
}

/** PowerShell encodes UTF-16; seeds of one-time passwords are base32. */
function otherEncodings(secret: string): readonly string[] {
  const wide = Buffer.from(secret, 'utf16le');
  const base32 = [0, 1, 2, 3, 4].map((offset) => base32Core(Buffer.from(secret), offset));
  return [
    ...([0, 1, 2] as const).map((offset) => base64Core(wide, offset)),
    ...base32,
    ...base32.map((core) => core.toLowerCase()),
  ].filter(({length}) => length >= shortestLine);
}

const oneOf = (secret: string, literals: readonly string[]): Pattern =>
  patternOf(secret, {
    source: () => literals.map((text) => text.replaceAll('+', '\\+')).join('|'),
    mayBeIn: (text) => literals.some((each) => text.includes(each)),
  });

const sourceOf = (spellings: readonly Spelling[]): string =>
  spellings.map(({source}) => source).join('');

/** How many of the spellings are the least that a cut leaves. */
function sizeOf(spellings: readonly Spelling[]): number {
  let left = shortestCut;
  const last = spellings.findIndex(({length}) => {
    left -= length;
    return left <= 0;
  });
  return last === -1 ? spellings.length : last + 1;
}

const partsOf = (text: string, count: number): readonly string[] =>
  [...Array(count).keys()].map((index) =>
    text.slice(
      Math.floor((index * text.length) / count),
      Math.floor(((index + 1) * text.length) / count),
    ),
  );

/** The beginning of a secret where a text was cut off, and its end where a server quotes from the middle of it. */
function cutsOf(secret: string, characters: readonly string[]): readonly Pattern[] {
  const head = () => {
    const all = spellingsIn(secret);
    const rest = all.slice(sizeOf(all));
    return (
      sourceOf(all.slice(0, sizeOf(all))) +
      rest.reduceRight((inner, {source}) => `(?:${source}${inner})?`, '')
    );
  };
  const tail = () => {
    const all = spellingsIn(secret);
    const size = sizeOf(all.toReversed());
    const before = all.slice(0, -size);
    return (
      before.reduce((inner, {source}) => `(?:${inner}${source})?`, '') + sourceOf(all.slice(-size))
    );
  };
  return [
    patternOf(secret, {
      isCut: true,
      source: () => `${head()}${end}`,
      mayBeIn: mayBegin(secret, characters.slice(0, shortestCut).join('')),
      isSecret: (match, offset, text) =>
        isCutOff.test(text.slice(offset + match.length)) ||
        isUnclosed(text.slice(0, offset)) ||
        (text.length >= longText && match.length >= shortestLine),
    }),
    patternOf(secret, {
      isCut: true,
      source: () => `${quotedFrom}${tail()}`,
      mayBeIn: (text) => quoting.test(text),
    }),
  ];
}

/** Letters and digits are rarely escaped, and then all of them: the longest row of them is looked for first. */
const mayBegin = (secret: string, part = secret): Pattern['mayBeIn'] => {
  const head = [...secret].slice(0, shortestCut).join('');
  const [row = ''] = (part.match(/[A-Za-z0-9]+/g) ?? []).sort((a, b) => b.length - a.length);
  const isBroken = /[\r\n\t]/.test(secret);
  const hasSpace = secret.includes(' ');
  const isForeign = /[^\p{ASCII}]/u.test(secret);
  return (text, {isPlain, isEncoded}) =>
    isPlain && !isBroken
      ? text.includes(head) || (hasSpace && text.includes('+')) || (isForeign && text.includes('?'))
      : isEncoded || text.includes(row);
};

/** Three dots, MySQL's "near '…' at line 1", or nothing more. */
const end = `(?=\\s*(?:…|\\.\\.\\.|[\\[(]trunc)|\\\\*['"\`]+ at line|\\s*$)`;
const isCutOff = /^\s*(?:…|\.\.\.|[[(]trunc)|^\\*['"`]+ at line/;
const quotedFrom = `(?<=…|\\.\\.\\.|near \\\\*['"\`])`;
const quoting = /…|\.\.\.|near \\*['"`]/;
/** Nobody cuts off a text that is shorter. */
const longText = 500;

/** A quote was opened before and not closed, or a secret is about to follow. */
const isUnclosed = (before: string): boolean =>
  [/(?<![A-Za-z0-9])'|'(?![A-Za-z0-9])/g, /"/g, /`/g].some(
    (quote) => (before.match(quote)?.length ?? 0) % 2 === 1,
  ) || isExpected(before);

/** Whether what was matched means the secret, and no other word. */
function standsFor(secret: string): NonNullable<Parts['isSecret']> {
  if (!isWord(secret)) {
    return () => true;
  }
  if (commonWords.has(secret.toLowerCase()) || /^\p{N}+$/u.test(secret)) {
    return (match, offset, text) =>
      isExpected(text.slice(0, offset)) ||
      (/:\/\/[^/\s]*:$/.test(text.slice(0, offset)) && text[offset + match.length] === '@');
  }
  return (match, offset, text) =>
    !/[\p{L}\p{N}]$/u.test(text.slice(Math.max(0, offset - 2), offset)) &&
    !/^[\p{L}\p{N}]/u.test(text.slice(offset + match.length, offset + match.length + 2));
}

/** Short, and of letters alone or of digits alone; or one that everybody uses. */
const isWord = (secret: string): boolean =>
  (secret.length < shortestLine && /^(?:\p{L}+|\p{N}+)$/u.test(secret)) ||
  commonWords.has(secret.toLowerCase());

/** Whether the words before say that a secret follows. */
export const isExpected = (before: string): boolean => expected.test(before.slice(-80));
const expected =
  /(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|credentials?|identified(?: with \S+)? (?:by|as)|(?:^|\s)-p)\\*["'\]]?\s*(?:[:=]|=>)?\s*\\*["'`(]?$/i;
