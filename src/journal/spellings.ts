/**
 * How a secret may be written in what other programs say. Each function gives the source of a regular expression; a
 * spelling may change from character to character, as percent-encoding and shells do.
 */

export interface Spelling {
  readonly source: string;
  /** How many characters of the secret it stands for. */
  readonly length: number;
}

/**
 * The characters of a secret, each however it is quoted, escaped or encoded. Quotes and backslashes in a row are one
 * spelling: if each could be doubled or escaped by itself, the ways to read a row of them would grow without bound.
 */
export const spellingsIn = (secret: string): readonly Spelling[] =>
  (secret.match(/[\\'"`]{2,}|./gsu) ?? []).map((part) =>
    /^[\\'"`]{2}/.test(part)
      ? {source: `(?:${quoteLike}){${part.length},${part.length * mostMarks}}`, length: part.length}
      : {source: spellingsOf(part), length: 1},
  );

/** What one quote becomes when a shell quotes it twice, or JSON three times. */
const mostMarks = 16;

/** Any quote or backslash: which one, the characters around it decide. No two of these begin in the same way. */
const quoteLike = [
  '\\\\(?:[uU](?:0{0,6}(?:27|22|60|5[cC])|\\{0*(?:27|22|60|5[cC])\\})|x(?:27|22|60|5[cC])|0?(?:047|042|140|134))',
  '[\\\\\'"`]',
  '%(?:25){0,4}(?:27|22|60|5[cC])',
  '&(?:amp;){0,4}(?:#0{0,4}(?:39|34|96|92)|#[xX]0{0,4}(?:27|22|60|5[cC])|apos|quot|grave|bsol);?',
].join('|');

/** Regular expression that matches one character of a secret. */
function spellingsOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const bytes = [...Buffer.from(character)];
  const isPlain = /^[\p{L}\p{N}]$/u.test(character);
  const spellings = [
    ...(quotes.get(character) ?? []),
    // An entity by its name: only HTML knows all of them, and the characters around it decide.
    ...(isPlain ? [] : ['&(?:amp;){0,4}[A-Za-z]{2,31};']),
    `&(?:amp;){0,4}#0{0,4}${code};?`,
    `&(?:amp;){0,4}#[xX]0{0,4}${hex(code)};?`,
    bytes.map((byte) => `%(?:25){0,4}${hex(byte, 2)}`).join(''),
    `%(?:25){0,4}u${hex(code, 4)}`,
    [...character].length === character.length ? '' : unitsOf(character),
    `${slashes}[uU](?:0{0,4}${hex(code, 4)}|\\{0{0,4}${hex(code)}\\})`,
    bytes.map((byte) => `${slashes}x${hex(byte, 2)}`).join(''),
    bytes.map((byte) => `${slashes}0?${octal(byte)}`).join(''),
    ...(code > 0x7f ? ['\\ufffd', '\\?'] : []),
    ...(code > 0x7f && code < 0x100 ? [`%${hex(code, 2)}`, `${slashes}x${hex(code, 2)}`] : []),
    ...(controls.get(character) ?? []),
    ...(character === ' ' ? ['\\+'] : []),
    `\\\\{0,16}${escaped(character)}`,
    // Quoted in one way and then in another, such as JSON in XML.
    ...(/[\\'"`]/.test(character) ? [`(?:${quoteLike}){2,${mostMarks}}`] : []),
  ];
  return `(?:${spellings.filter((spelling) => spelling !== '').join('|')})`;
}

/** The base64 of a secret that begins `offset` bytes (0 to 2) after a group of three, and may be folded into lines. */
export function base64Of(secret: string, offset: 0 | 1 | 2): string {
  const core = base64Core(Buffer.from(secret), offset);
  const letters = [...core].map((letter) => base64Letters.get(letter) ?? letter);
  const [before, after] = offset === 0 ? ['', anyLetter] : [anyLetter, anyLetter];
  return `${before}${letters.join(fold)}(?:${fold}${after})?(?:${fold}${padding}){0,2}`;
}

/** The characters that depend on nothing but the bytes themselves. */
export function base64Core(bytes: Buffer, offset: 0 | 1 | 2): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
  const first = Math.ceil((offset * 8) / 6);
  const end = Math.floor(((offset + bytes.length) * 8) / 6);
  return text.slice(first, end);
}

/**
 * The base32 (RFC 4648) of bytes that begin `offset` bytes (0 to 4) after a group of five: the characters that depend
 * on nothing but the bytes themselves.
 */
export function base32Core(bytes: Buffer, offset: number): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const own = bits.slice((5 - ((offset * 8) % 5)) % 5);
  return (own.match(/.{5}/g) ?? [])
    .map((group) => base32Letters[Number.parseInt(group, 2)])
    .join('');
}

const base32Letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * The text without what may be in the middle of a word: soft line breaks and bytes as quoted-printable writes them
 * (RFC 2045, 6.7; the bytes in percent-encoding), and the colours of a terminal. Null where it has none of them.
 */
export function withoutBreaks(text: string): string | null {
  const isPrintable = /=(?:\r?\n|3D|[89A-F][0-9A-F])/.test(text);
  if (!isPrintable && !text.includes(escapeCode)) {
    return null;
  }
  const joined = text.replaceAll(colours, '').replaceAll(/=\r?\n/g, '');
  return isPrintable ? joined.replaceAll(/=([0-9A-F]{2})/g, '%$1') : joined;
}

const escapeCode = '\u001b';
const colours = new RegExp(`${escapeCode}\\[[0-9;]*[A-Za-z]`, 'g');

/** Pairs of hexadecimal digits, with what programs write between them. */
export const hexOf = (secret: string): string =>
  [...Buffer.from(secret)]
    .map((byte) => hex(byte, 2))
    .join('(?:0x|\\\\{1,16}x|[ :,-]|\\\\?\\r?\\n)?');

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

const slashes = '\\\\{1,16}';

/** In lower case, in capitals, or mixed. */
const hex = (value: number, digits = 1): string =>
  [...value.toString(16).padStart(digits, '0')]
    .map((digit) => (/[a-f]/.test(digit) ? `[${digit}${digit.toUpperCase()}]` : digit))
    .join('');

const octal = (byte: number): string => byte.toString(8).padStart(3, '0');

/** Beyond the first 65,536 characters JSON writes two escapes. */
const unitsOf = (character: string): string =>
  [...Array(character.length).keys()]
    .map((index) => `${slashes}u${hex(character.charCodeAt(index), 4)}`)
    .join('');

/** Doubled, as SQL does; closed, escaped and opened again, as shells do. */
const quotes = new Map([
  ["'", [`'"'"'`, `'\\\\{1,16}''`, `"'"`, `\\\\{0,16}''`]],
  ['"', [`"'"'"`, `"\\\\{1,16}""`, `'"'`, `\\\\{0,16}""`]],
  ['`', ['``']],
]);

const controls = new Map([
  ['\n', [`(?:${slashes}r)?${slashes}n`, '\\r?\\n', ' ']],
  ['\r', [`${slashes}r`, ' ']],
  ['\t', [`${slashes}t`, ' ']],
]);

const fold = '(?:[\\r\\n][\\r\\n\\t ]*|(?:\\\\{1,16}[rn])+)?';
const base64Letters = new Map([
  ['+', '(?:[+-]|%(?:25){0,4}2[bB]|\\\\{1,16}u002[bB])'],
  ['/', '(?:\\\\{0,16}/|_|%(?:25){0,4}2[fF]|\\\\{1,16}u002[fF])'],
]);
const anyLetter = '[A-Za-z0-9+/_-]?';
const padding = '(?:=|%(?:25){0,4}3[dD]|\\\\{1,16}u003[dD])';
