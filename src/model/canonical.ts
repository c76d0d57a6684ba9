import {hash} from 'node:crypto';

/**
 * JSON with the keys of every object in order: equal values give equal text. `undefined` members are left out, as in
 * JSON.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(inOrder(value));
}

/** A replacer of `JSON.stringify` would do the same in several times the time. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(inOrder);
  }
  if (!isObject(value)) {
    return value;
  }
  if (typeof value['toJSON'] === 'function') {
    return inOrder(value['toJSON']());
  }
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, inOrder(value[key])]));
}

export const sameJson = (a: unknown, b: unknown): boolean =>
  canonicalJson(a ?? null) === canonicalJson(b ?? null);

export const sha256 = (text: string): string => hash('sha256', text, 'hex');

/** A short fingerprint that a person can read aloud and compare. */
export const digestOf = (value: unknown): string => sha256(canonicalJson(value)).slice(0, 16);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
