import type {Difference} from '../../../src/index.ts';
import {identityOf, sameSet} from './canonical.ts';
import type {RecordSet} from './record-set.ts';

/** `www.shop.test A`, with its identifier where it has one. */
export function recordName({name, type, setIdentifier}: RecordSet): string {
  const plain = name.replace(/\\052/g, '*').replace(/\.$/, '');
  return `${plain} ${type}${setIdentifier === undefined ? '' : ` "${setIdentifier}"`}`;
}

/** The answer of a set: `192.0.2.11, 192.0.2.12 (TTL 60 s)`. */
export function contentOf(set: RecordSet | undefined): string {
  if (!set) {
    return 'absent';
  }
  const answer = set.alias ? `alias to ${set.alias.dnsName}` : (set.values ?? []).join(', ');
  const facts = [
    ...(set.ttlSeconds === undefined ? [] : [`TTL ${set.ttlSeconds} s`]),
    ...(set.weight === undefined ? [] : [`weight ${set.weight}`]),
    ...(set.healthCheckId === undefined ? [] : [`health check ${set.healthCheckId}`]),
    ...Object.keys(set.routing ?? {}),
  ];
  return facts.length === 0 ? answer : `${answer} (${facts.join(', ')})`;
}

export const contentsOf = (sets: readonly RecordSet[]): string =>
  sets.map((set) => `${recordName(set)} ${contentOf(set)}`).join('; ') || 'absent';

export function differencesOf(
  from: readonly RecordSet[],
  to: readonly RecordSet[],
): readonly Difference[] {
  return changedPairs(from, to).map(([old, next]) => ({
    what: recordName(old ?? next),
    is: contentOf(old),
    shouldBe: contentOf(next),
  }));
}

/** The changes of one batch, in the imperative. */
export const batchText = (from: readonly RecordSet[], to: readonly RecordSet[]): string =>
  changedPairs(from, to).map(pairText).join('; ');

type Pair = readonly [RecordSet, RecordSet | undefined] | readonly [undefined, RecordSet];

function changedPairs(from: readonly RecordSet[], to: readonly RecordSet[]): readonly Pair[] {
  const successors = new Map(to.map((set) => [identityOf(set), set]));
  const originals = new Set(from.map(identityOf));
  const kept = from.map((set) => [set, successors.get(identityOf(set))] as const);
  const added = to
    .filter((set) => !originals.has(identityOf(set)))
    .map((set) => [undefined, set] as const);
  return [...kept.filter(([old, next]) => !(next && sameSet(old, next))), ...added];
}

function pairText([old, next]: Pair): string {
  if (!old) {
    return `create ${recordName(next)}: ${contentOf(next)}`;
  }
  if (!next) {
    return `delete ${recordName(old)}: ${contentOf(old)}`;
  }
  if (sameSet({...old, weight: next.weight}, next)) {
    return `set the weight of ${recordName(old)} from ${old.weight} to ${next.weight}`;
  }
  return sameSet({...old, ttlSeconds: next.ttlSeconds}, next)
    ? `set the TTL of ${recordName(old)} from ${old.ttlSeconds} s to ${next.ttlSeconds} s`
    : `replace ${recordName(old)}: ${contentOf(old)} by ${contentOf(next)}`;
}
