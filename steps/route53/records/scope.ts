import type {ZoneReader} from '../contract.ts';
import {canonicalName} from './canonical.ts';
import type {RecordSet} from './record-set.ts';

/** The names and types that a step changes: every set of these, whole groups at a time, and no other. */
export type Scope = readonly {readonly name: string; readonly type: string}[];

/** The live sets at the names of a scope. */
interface ScopedSets {
  /** In the scope, in a fixed order: this becomes the before-image. */
  readonly live: readonly RecordSet[];
  /** Other types at the same names. */
  readonly neighbours: readonly RecordSet[];
}

export async function setsInScope(
  zone: ZoneReader,
  scope: Scope,
  signal: AbortSignal,
): Promise<ScopedSets> {
  const names = scope.map(({name}) => name);
  const sets = await zone.setsAt(names, signal);
  return {
    live: sets.filter((set) => inScope(scope, set)),
    neighbours: sets.filter((set) => !inScope(scope, set)),
  };
}

export const inScope = (
  scope: Scope,
  set: {readonly name: string; readonly type: string},
): boolean => keysOf(scope).has(keyOf(set));

/** A whole zone has ten thousand of them, and each set is looked up among all. */
const keysByScope = new WeakMap<Scope, ReadonlySet<string>>();

function keysOf(scope: Scope): ReadonlySet<string> {
  const keys = keysByScope.get(scope) ?? new Set(scope.map(keyOf));
  keysByScope.set(scope, keys);
  return keys;
}

const keyOf = ({name, type}: {readonly name: string; readonly type: string}): string =>
  `${canonicalName(name)} ${type}`;
