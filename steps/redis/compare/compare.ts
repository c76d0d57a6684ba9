import type {Key, RedisReader, StoredKey} from '../contract.ts';
import {payloadBody} from '../server/payload.ts';

interface Pair {
  readonly source: RedisReader;
  readonly target: RedisReader;
}

/** Two times of an expiry that are nearer are the same: PTTL is rounded, and clocks differ. */
const sameExpiryMs = 2_000;

export const expireTogether = (
  first: number | null,
  second: number | null,
  toleranceMs = sameExpiryMs,
): boolean =>
  first === null || second === null ? first === second : Math.abs(first - second) <= toleranceMs;

/**
 * Whether both have the same value. The payloads differ between versions, and where a set or a hash has another order:
 * those are read by their type.
 */
export async function sameValue(
  {source, target}: Pair,
  key: Key,
  [first, second]: readonly [StoredKey, StoredKey],
  signal: AbortSignal,
): Promise<boolean> {
  if (payloadBody(first.payload).equals(payloadBody(second.payload))) {
    return true;
  }
  const [ofSource, ofTarget] = await Promise.all([
    source.contentHash(key, signal),
    target.contentHash(key, signal),
  ]);
  return ofSource === ofTarget;
}
