import type {Key} from '../contract.ts';

const mostShown = 80;

/** A key for a person, shortened; bytes that are no text as `\xff`. */
export function keyText(key: Key): string {
  const text = [...key.toString('latin1')]
    .slice(0, mostShown)
    .map((character) =>
      /[\x20-\x5b\x5d-\x7e]/.test(character)
        ? character
        : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
    )
    .join('');
  return key.length > mostShown ? `${text}…` : text;
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
