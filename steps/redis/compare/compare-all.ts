import {createHash} from 'node:crypto';
import type {Key, KeyHead, RedisReader} from '../contract.ts';
import {pagesOf, partsOf, sideBySide} from '../scope/names.ts';
import type {Scope} from '../scope/scope.ts';
import {keyCount} from '../server/key-text.ts';
import {expireTogether, sameValue} from './compare.ts';
import {Sample} from './sample.ts';

interface Comparing {
  readonly source: RedisReader;
  readonly target: RedisReader;
  readonly scope: Scope;
  readonly sample: number | 'all';
  /** The same one chooses the same sample. */
  readonly seed: string;
  readonly toleranceMs: number;
  readonly signal: AbortSignal;
  readonly say: (progress: string) => void;
}

/** How many keys, and the first of them. */
interface Some {
  count: number;
  readonly first: Key[];
}

export interface Comparison {
  /** That both have, with the same type and expiry. */
  keys: number;
  /** Of these, how many have the same content for sure. */
  compared: number;
  expired: number;
  readonly missing: Some;
  readonly extra: Some;
  readonly otherType: Some;
  readonly otherExpiry: Some;
  readonly otherContent: Some;
}

/** Compares the names, types and expiries of all keys, and the content of all or of a sample. */
export async function compareAll(comparing: Comparing): Promise<Comparison> {
  const {source, target, scope, sample, seed, signal} = comparing;
  const comparison: Comparison = {
    ...{keys: 0, compared: 0, expired: 0},
    ...{missing: none(), extra: none(), otherType: none(), otherExpiry: none()},
    otherContent: none(),
  };
  const chosen = sample === 'all' ? undefined : new Sample(sample, seed);
  const seen = new Names();
  await sideBySide(pagesOf(source, scope.has, signal), async (page) => {
    const same = await compareHeads(comparing, seen.newOf(page), comparison);
    for (const key of chosen ? same : []) {
      chosen?.offer(key);
    }
    if (!chosen) {
      await compareContent(comparing, same, comparison);
    }
  });
  await sideBySide(pagesOf(target, scope.has, signal), (page) =>
    findExtra(comparing, seen.newOf(page), comparison),
  );
  if (chosen) {
    await compareContent(comparing, chosen.keys(), comparison);
  }
  return comparison;
}

const none = (): Some => ({count: 0, first: []});

const mostNamed = 10;

function note(some: Some, key: Key): void {
  some.count += 1;
  if (some.first.length < mostNamed) {
    some.first.push(key);
  }
}

/** SCAN may give a name twice, and a key counts once. Of each name, 12 bytes are remembered. */
class Names {
  readonly #seen = new Set<string>();

  newOf(keys: readonly Key[]): readonly Key[] {
    return keys.filter((key) => {
      const name = createHash('sha256').update(key).digest('base64').slice(0, 16);
      const isNew = !this.#seen.has(name);
      this.#seen.add(name);
      return isNew;
    });
  }
}

/** Those of the source that the target has with the same type and expiry. */
async function compareHeads(
  {source, target, toleranceMs, signal, say}: Comparing,
  keys: readonly Key[],
  comparison: Comparison,
): Promise<readonly Key[]> {
  const [ofSource, ofTarget, nowMs] = await Promise.all([
    source.heads(keys, signal),
    target.heads(keys, signal),
    target.nowMs(signal),
  ]);
  const same = keys.filter((key, index) => {
    const [first, second] = [ofSource[index] ?? null, ofTarget[index] ?? null];
    const is = compared(first, second, {toleranceMs, nowMs});
    if (is !== 'same') {
      if (is === 'expired') {
        comparison.expired += 1;
      } else {
        note(comparison[is], key);
      }
    }
    return is === 'same';
  });
  comparison.keys += same.length;
  say(
    `compared the names of ${keyCount(comparison.keys)}, and the content of ${keyCount(comparison.compared)}`,
  );
  return same;
}

function compared(
  first: KeyHead | null,
  second: KeyHead | null,
  {toleranceMs, nowMs}: {readonly toleranceMs: number; readonly nowMs: number},
) {
  if (first === null || second === null) {
    // The name was read a moment ago. A key without an expiry does not go by itself.
    const expiresAtMs = (first ?? second)?.expiresAtMs;
    const isExpired = first === null || (expiresAtMs ?? Infinity) <= nowMs + toleranceMs;
    return expiresAtMs !== null && isExpired ? 'expired' : first === null ? 'extra' : 'missing';
  }
  if (first.type !== second.type) {
    return 'otherType';
  }
  return expireTogether(first.expiresAtMs, second.expiresAtMs, toleranceMs)
    ? 'same'
    : 'otherExpiry';
}

/** Names of the target that the source did not give: keys that only the target has. */
async function findExtra(
  {source, target, toleranceMs, signal}: Comparing,
  keys: readonly Key[],
  comparison: Comparison,
): Promise<void> {
  const [ofSource, ofTarget, nowMs] = await Promise.all([
    source.heads(keys, signal),
    target.heads(keys, signal),
    target.nowMs(signal),
  ]);
  for (const [index, key] of keys.entries()) {
    const there = ofTarget[index];
    if (there && !ofSource[index]) {
      // By the clock of the source it may have expired a moment ago.
      if ((there.expiresAtMs ?? Infinity) <= nowMs + toleranceMs) {
        comparison.expired += 1;
      } else {
        note(comparison.extra, key);
      }
    } else if (there) {
      // The source had no such name a moment ago: somebody writes there.
      note(comparison.otherContent, key);
    }
  }
}

async function compareContent(
  comparing: Comparing,
  keys: readonly Key[],
  comparison: Comparison,
): Promise<void> {
  const {source, target, signal, say} = comparing;
  for await (const part of partsOf(source, keys, signal)) {
    const [ofSource, ofTarget] = await Promise.all([
      source.stored(part, signal),
      target.stored(part, signal),
    ]);
    for (const [index, key] of part.entries()) {
      const [first, second] = [ofSource[index], ofTarget[index]];
      if (!first || !second) {
        // A moment ago both had it.
        const other = first ?? second;
        if (other && other.expiresAtMs === null) {
          note(comparison.otherContent, key);
        } else {
          comparison.keys -= 1;
          comparison.expired += 1;
        }
      } else if (await sameValue({source, target}, key, [first, second], signal)) {
        comparison.compared += 1;
      } else {
        note(comparison.otherContent, key);
      }
    }
    say(`compared the content of ${keyCount(comparison.compared)}`);
  }
}
