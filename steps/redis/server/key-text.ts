import type {Key} from '../contract.ts';

const mostShown = 80;
/** A longer last part may be the id of a session: with it, anybody is logged in. */
const longestLastPart = 15;
const shownOfIt = 6;

/** A key for a person: a long last part shortened, and bytes that are no text as `\xff`. */
export function keyText(key: Key): string {
  const all = key.toString('latin1');
  const lastPart = all.lastIndexOf(':') + 1;
  const length = Math.min(
    all.length - lastPart > longestLastPart ? lastPart + shownOfIt : all.length,
    mostShown,
  );
  const text = [...all]
    .slice(0, length)
    .map((character) =>
      /[\x20-\x5b\x5d-\x7e]/.test(character)
        ? character
        : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
    )
    .join('');
  return all.length > length ? `${text}…` : text;
}

const mostNamed = 5;

/** `a, b and 4 more` */
export function keysText(keys: readonly Key[], count = keys.length): string {
  const named = keys.slice(0, mostNamed).map(keyText);
  return `${named.join(', ')}${count > named.length ? ` and ${count - named.length} more` : ''}`;
}

/** `1 key`, `1,204 keys` */
export const keyCount = (count: number): string =>
  count === 1 ? '1 key' : `${count.toLocaleString('en-US')} keys`;
