import {createHash} from 'node:crypto';

// One row a file: words, with `-` for a file that is not there, and texts in base64 after a colon: the word of an empty
// file is the colon.

/** Defines `encode`, which prints its input as a word of a row. */
export const defineEncode = `encode() { printf :; base64 | tr -d '\\n'; }`;

export const rowsIn = (output: string): readonly (readonly string[])[] =>
  output
    .trim()
    .split('\n')
    .map((line) => line.split(' '));

/** The text of a word, one character a byte (Latin-1 keeps every byte of any encoding); `null` for `-`. */
export const textIn = (word: string | undefined): string | null =>
  word === undefined || word === '-'
    ? null
    : Buffer.from(word.slice(1), 'base64').toString('latin1');

/** The base64 of a text that `textIn` gave. */
export const base64Of = (text: string): string => Buffer.from(text, 'latin1').toString('base64');

/** The digest of the bytes of a text that `textIn` gave. */
export const sha256 = (text: string): string =>
  createHash('sha256').update(text, 'latin1').digest('hex');
