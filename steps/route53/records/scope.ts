import type {ZoneReader} from '../contract.ts';
import {canonicalName} from './canonical.ts';
import type {RecordSet} from './record-set.ts';

/** Names and types that a step governs: every set of these, whole groups at a time, and no other. */
export type Scope = readonly {readonly name: string; readonly type: string}[];

/** What stands at the names of a scope. */
export interface Standing {
  /** In the scope, in a fixed order: this becomes the before-image. */
  readonly live: readonly RecordSet[];
  /** Other types at the same names. */
  readonly beside: readonly RecordSet[];
}

export async function standingAt(
  zone: ZoneReader,
  scope: Scope,
  signal: AbortSignal,
): Promise<Standing> {
  const names = scope.map(({name}) => name);
  const sets = await zone.setsAt(names, signal);
  return {
    live: sets.filter((set) => inScope(scope, set)),
    beside: sets.filter((set) => !inScope(scope, set)),
  };
}

export const inScope = (
  scope: Scope,
  set: {readonly name: string; readonly type: string},
): boolean => keysOf(scope).has(keyOf(set));

/** Of a whole zone there are ten thousand of them, each asked about all others. */
const known = new WeakMap<Scope, ReadonlySet<string>>();

function keysOf(scope: Scope): ReadonlySet<string> {
  const keys = known.get(scope) ?? new Set(scope.map(keyOf));
  known.set(scope, keys);
  return keys;
}

const keyOf = ({name, type}: {readonly name: string; readonly type: string}): string =>
  `${canonicalName(name)} ${type}`;
