import {z} from 'zod';
import type {Key} from '../contract.ts';

const prefix = z.string().min(1);

/** Which keys are copied. */
export const scopeInput = z.object({
  /** Only keys that begin with one of these are copied; all, where it is empty. */
  keep: z.array(prefix).default([]),
  /** Keys that begin with one of these are not copied: sessions, caches. The longer prefix decides. */
  drop: z.array(prefix).default([]),
});
type ScopeInput = z.output<typeof scopeInput>;

/** What switcharoo notes in a database begins with this, and is no key of the application. */
export const ownPrefix = 'switcharoo:';

export interface Scope {
  /** `copied`, `own` (a note of switcharoo), or why a key is dropped: its prefix, `` for one that no `keep` names. */
  of(key: Key): 'copied' | 'own' | {readonly droppedBy: string};
  has(key: Key): boolean;
  /** ` without session:, cache:` */
  readonly text: string;
}

export function scopeOf({keep, drop}: ScopeInput): Scope {
  const rules = [
    ...keep.map((text) => ({text, bytes: Buffer.from(text), isKept: true})),
    ...drop.map((text) => ({text, bytes: Buffer.from(text), isKept: false})),
  ].sort((first, second) => second.bytes.length - first.bytes.length);
  const own = Buffer.from(ownPrefix);
  const of = (key: Key) => {
    if (begins(key, own)) {
      return 'own' as const;
    }
    const rule = rules.find(({bytes}) => begins(key, bytes));
    if (rule) {
      return rule.isKept ? ('copied' as const) : {droppedBy: rule.text};
    }
    return keep.length === 0 ? ('copied' as const) : {droppedBy: ''};
  };
  const only = keep.length > 0 ? ` with ${keep.join(', ')}` : '';
  const without = drop.length > 0 ? ` without ${drop.join(', ')}` : '';
  return {of, has: (key) => of(key) === 'copied', text: `${only}${without}`};
}

const begins = (key: Key, bytes: Buffer): boolean =>
  key.length >= bytes.length && key.subarray(0, bytes.length).equals(bytes);
