import {hash} from 'node:crypto';

/**
 * JSON with the keys of every object in order: equal values give equal text. `undefined` members are left out, as in
 * JSON.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    isPlainObject(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

export const sameJson = (a: unknown, b: unknown): boolean =>
  canonicalJson(a ?? null) === canonicalJson(b ?? null);

export const sha256 = (text: string): string => hash('sha256', text, 'hex');

/** A short fingerprint that a person can read aloud and compare. */
export const digestOf = (value: unknown): string => sha256(canonicalJson(value)).slice(0, 16);

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
