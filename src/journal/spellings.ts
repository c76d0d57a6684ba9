/**
 * How a secret may be written in what other programs say. Each function gives the source of a regular expression; a
 * spelling may change from character to character, as percent-encoding and shells do.
 */

/** Regular expression that matches one character of a secret, however it is quoted, escaped or encoded. */
export function spellingsOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const bytes = [...Buffer.from(character)];
  const isPlain = /^[\p{L}\p{N}]$/u.test(character);
  const spellings = [
    ...(quotes.get(character) ?? []),
    // An entity by its name: only HTML knows all of them, and the characters around it decide.
    ...(isPlain ? [] : ['&(?:amp;)*[A-Za-z]{2,31};']),
    `&(?:amp;)*#0*${code};?`,
    `&(?:amp;)*#[xX]0*${hex(code)};?`,
    bytes.map((byte) => `%(?:25)*${hex(byte, 2)}`).join(''),
    `%(?:25)*u${hex(code, 4)}`,
    [...character].length === character.length ? '' : unitsOf(character),
    `${slashes}[uU](?:0{0,4}${hex(code, 4)}|\\{0*${hex(code)}\\})`,
    bytes.map((byte) => `${slashes}x${hex(byte, 2)}`).join(''),
    bytes.map((byte) => `${slashes}0?${octal(byte)}`).join(''),
    ...(code > 0x7f ? ['\\ufffd+', '\\?'] : []),
    ...(code > 0x7f && code < 0x100 ? [`%${hex(code, 2)}`, `${slashes}x${hex(code, 2)}`] : []),
    ...(controls.get(character) ?? []),
    ...(character === ' ' ? ['\\+'] : []),
    `\\\\{0,16}${escaped(character)}`,
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

/** Pairs of hexadecimal digits, with what programs write between them. */
export const hexOf = (secret: string): string =>
  [...Buffer.from(secret)].map((byte) => hex(byte, 2)).join('(?:0x|\\\\+x|[ :,-]|\\\\?\\r?\\n)?');

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
  ['\\', ['\\\\{2,16}']],
]);

const controls = new Map([
  ['\n', [`(?:${slashes}r)?${slashes}n`, '\\r?\\n', ' ']],
  ['\r', [`${slashes}r`, ' ']],
  ['\t', [`${slashes}t`, ' ']],
]);

const fold = '(?:[\\r\\n][\\r\\n\\t ]*|(?:\\\\+[rn])+)?';
const base64Letters = new Map([
  ['+', '(?:[+-]|%(?:25)*2[bB]|\\\\+u002[bB])'],
  ['/', '(?:\\\\*/|_|%(?:25)*2[fF]|\\\\+u002[fF])'],
]);
const anyLetter = '[A-Za-z0-9+/_-]?';
const padding = '(?:=|%(?:25)*3[dD]|\\\\+u003[dD])';
